#!/usr/bin/env bash
# Writes the lock files anew from pyproject.toml: every package with its hashes, no address.
# `uv` resolves for every supported Python and processor at once; it is fetched for this and not kept.
set -euo pipefail
cd "$(dirname "$0")/.."
python=$1
tool=$(mktemp -d); trap 'rm -rf "$tool"' EXIT
"$python" -m pip install -q --disable-pip-version-check --target "$tool" uv
pin() {
    local name=$1; shift
    "$tool/bin/uv" pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
        --no-emit-find-links --no-annotate --no-header "$@" pyproject.toml -o "locks/$name.lock"
    echo "locks/$name.lock: $(grep -c '==' "locks/$name.lock") packages"
}
pin run --extra face --extra prove
pin dev --extra face --extra prove --extra postgres --extra dev
pin pi --extra face --extra pi
# What an ESP32's MicroPython has, for `make check`.
"$tool/bin/uv" pip compile -q --python-version 3.11 --generate-hashes --no-emit-index-url \
    --no-emit-find-links --no-annotate --no-header locks/stubs.in -o locks/stubs.lock
# The peers of `make bench-models`: dlib as a wheel, so face-recognition's own wish for its source is left out.
"$tool/bin/uv" pip compile -q --no-deps --python-version 3.11 --generate-hashes --no-emit-index-url \
    --no-emit-find-links --no-annotate --no-header locks/peers.in -o locks/peers.lock
