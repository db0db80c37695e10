"""Builds the TFLite core for this machine: a shared library for tests, and a native module (.mpy) for MicroPython here.

    python -m ostiary.firmware.esp32.tflite.build DIRECTORY

A firmware for a board builds the same files through `micropython.cmake` (hardware/firmware.md). Needs gcc, and for the
native module `mpy-cross`.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
CORE = ("flat.c", "kernels.c", "load.c", "plan.c", "quantize.c", "read_op.c", "run.c", "shell.c", "tensor.c")
WARNINGS = ("-std=c11", "-Wall", "-Wextra", "-Wconversion", "-Werror")
LIBRARY = "libostiary_tflite.so"
NATIVE = "ostiary_tflite.mpy"

# A name that holds machine code, in the one shape that mpy-cross makes: the code is put in the place of this body.
TEMPLATE = "import micropython\n@micropython.viper\ndef call(a): return len(a)\n"
_NATIVE_CODE, _VIPER = 4, 2


class BuildFailed(RuntimeError):
    """A compiler is missing, or refused; the message says which and what to do."""


def library(out: Path, *options: str) -> Path:
    """The core as a shared library in `out`; `options` go to gcc, as a sanitizer's."""
    made = out / LIBRARY
    _run("gcc", "-O3", *WARNINGS, "-shared", "-fPIC", *options, "-o", made, *(HERE / name for name in CORE))
    return made


def native(out: Path) -> Path:
    """The core as a native module for MicroPython on x86-64, in `out`."""
    blob, linked = out / "native.bin", out / "native.elf"
    free = ("-ffreestanding", "-fno-jump-tables", "-fno-tree-loop-distribute-patterns", "-fno-stack-protector")
    bare = ("-fPIE", "-fcf-protection=none", "-fno-asynchronous-unwind-tables", "-mcmodel=small")
    objects = []
    for name in (*CORE, "native_module.c"):
        made = out / name.replace(".c", ".o")
        _run("gcc", "-O3", *WARNINGS, *free, *bare, "-fvisibility=hidden", "-c", HERE / name, "-o", made)
        objects.append(made)
    _run("ld", "-n", "-T", HERE / "native.ld", "-e", "entry", "-o", linked, *objects)
    _run("objcopy", "-O", "binary", "-j", ".all", linked, blob)
    made = out / NATIVE
    made.write_bytes(_around(blob.read_bytes(), out))
    return made


def _around(code: bytes, out: Path) -> bytes:
    """`code` in the place of TEMPLATE's function (.mpy format, version 6: docs.micropython.org, reference/mpyfiles)."""
    source, compiled = out / "template.py", out / "template.mpy"
    source.write_text(TEMPLATE)
    _run(sys.executable, "-m", "mpy_cross", "-march=x64", "-o", compiled, source)
    data = compiled.read_bytes()
    if data[:2] != b"M\x06":
        raise BuildFailed("mpy-cross makes another version of .mpy files than 6. Install the pinned one: make lock")
    at = 4
    names, at = _number(data, at)
    objects, at = _number(data, at)
    for _ in range(names):
        length, at = _number(data, at)
        at += 0 if length & 1 else (length >> 1) + 1  # an odd one is a name that MicroPython knows by heart
    kind = data[at]
    outer, after = _number(data, at + 1)
    at = after + (outer >> 3)
    children, at = _number(data, at)
    inner, _ = _number(data, at)
    if (objects, kind, outer & _NATIVE_CODE, children, inner & 3) != (1, 0, _NATIVE_CODE, 1, _VIPER):
        raise BuildFailed("mpy-cross makes the template in another shape than this program knows. Use the pinned one.")
    return data[:at] + _spelled(len(code) << 3 | _VIPER) + code + _spelled(0)


def _number(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    while True:
        value = value << 7 | data[at] & 0x7F
        at += 1
        if not data[at - 1] & 0x80:
            return value, at


def _spelled(value: int) -> bytes:
    groups = [value & 0x7F]
    while value := value >> 7:
        groups.append(value & 0x7F | 0x80)
    return bytes(reversed(groups))


def _run(*command: str | Path) -> None:
    words = [str(word) for word in command]
    try:
        subprocess.run(words, check=True, capture_output=True, text=True)  # noqa: S603  # our own words
    except FileNotFoundError as missing:
        raise BuildFailed(
            f"{words[0]} is missing, which builds the TFLite core. On Debian: sudo apt install gcc libc6-dev"
        ) from missing
    except subprocess.CalledProcessError as refused:
        raise BuildFailed(f"{' '.join(words)}\n{refused.stderr}") from refused


def main() -> int:
    """Exit status 1 with one message when a compiler is missing or refuses."""
    parser = argparse.ArgumentParser(description="Build the TFLite core for this machine.")
    parser.add_argument("directory", type=Path)
    out: Path = parser.parse_args().directory
    out.mkdir(parents=True, exist_ok=True)
    try:
        print(library(out))
        print(native(out))
    except BuildFailed as failed:
        print(failed, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
