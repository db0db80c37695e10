"""What the ESP32 node takes of the heap does not grow unseen. The numbers are the unix port's, not a chip's."""

import subprocess
import sys
from pathlib import Path

import pytest

import ostiary.firmware

MICROPYTHON = Path(sys.executable).parent / "micropython"
PROGRAM = Path(__file__).parents[1] / "bench" / "esp32_heap.py"
# Bytes, with a tenth more than measured: contract 70,656, mind 74,336, line 18,176, files 7,680,
# a door 4,608, its keys 2,592.
MOST = {"contract": 78_000, "mind": 82_000, "line": 20_000, "files": 8_500, "a door": 5_100, "its keys": 2_900}
MOST_TOGETHER = 200_000


def test_no_part_takes_more_than_it_did() -> None:
    if not MICROPYTHON.exists():
        pytest.skip("MicroPython is not installed beside this Python: its wheel exists for x86-64 Linux only.")
    rooms = str(Path(ostiary.firmware.__file__).parents[2])
    done = subprocess.run(
        [MICROPYTHON, "-X", "heapsize=16m", PROGRAM, rooms], capture_output=True, text=True, check=True
    )
    took = {name: int(size) for name, _, size in (line.rpartition(" ") for line in done.stdout.splitlines())}
    together = took.pop("together")
    assert set(took) == set(MOST)
    assert {name: size for name, size in took.items() if size > MOST[name]} == {}
    assert together <= MOST_TOGETHER
