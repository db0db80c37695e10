"""The chip's wires in real MicroPython, on pins that a program beside them sets and reads."""

import subprocess
import sys
from pathlib import Path

import pytest

import ostiary.firmware

MICROPYTHON = Path(sys.executable).parent / "micropython"
CHIP = Path(__file__).parent / "chip"


def test_strike_inputs_reader_and_lamp_follow_their_wires() -> None:
    if not MICROPYTHON.exists():
        pytest.skip("MicroPython is not installed beside this Python: its wheel exists for x86-64 Linux only.")
    done = subprocess.run(
        [MICROPYTHON, CHIP / "wires.py"],
        env={"MICROPYPATH": f".frozen:{CHIP}:{Path(ostiary.firmware.__file__).parents[2]}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "well\n", done.stdout + done.stderr
