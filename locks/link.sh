#!/usr/bin/env bash
# Makes .venv from a lock file and links the house's rooms into it as the package `ostiary`.
# Usage: locks/link.sh PYTHON run|dev
set -euo pipefail
cd "$(dirname "$0")/.."
python=$1 kind=$2
stop() { printf '%s\n' "$*" >&2; exit 1; }

"$python" - <<'PY' || stop "Ostiary needs Python 3.11, 3.12 or 3.13. Name one with: make PYTHON=python3.12 …"
import sys
raise SystemExit(not (3, 11) <= sys.version_info[:2] <= (3, 13))
PY

if [ ! -x .venv/bin/python ]; then
    echo "1/3  Making a Python environment in .venv …"
    "$python" -m venv .venv || stop "python3-venv is missing. On Debian and Raspberry Pi OS: sudo apt install python3-venv"
fi
echo "2/3  Installing the locked dependencies ($kind); the first time this takes a minute …"
quiet=-q; [ -t 1 ] && quiet=
.venv/bin/python -m pip install $quiet --disable-pip-version-check --require-hashes --no-deps -r "locks/$kind.lock" \
    || stop "The packages could not be installed. The lines above say which one; check the network and run make again."

echo "3/3  Linking the rooms into the package 'ostiary' …"
site=$(.venv/bin/python -c 'import sysconfig; print(sysconfig.get_paths()["purelib"])')
mkdir -p .venv/rooms/ostiary
for room in protocol models hardware scenarios firmware controller; do ln -sfn "$PWD/$room" ".venv/rooms/ostiary/$room"; done
echo "$PWD/.venv/rooms" > "$site/ostiary.pth"
cat > .venv/bin/ostiary <<PY
#!$PWD/.venv/bin/python
from ostiary.controller.cli.main import app
app()
PY
chmod +x .venv/bin/ostiary
# The development lock holds everything that the run lock holds.
touch .venv/ready; [ "$kind" = dev ] && touch .venv/ready-dev
exit 0
