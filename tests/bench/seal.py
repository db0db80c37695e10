"""`ostiary bench node` asks this for the seal: what sealing and unsealing one message costs on MicroPython and here.

MicroPython is its unix port, the very interpreter of the contract's tests; a microcontroller is slower, and no number
here says by how much. The first number of each case is the median over the rounds, with the smallest and the largest.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from rounds import FEWEST_ROUNDS, say, setting

import ostiary.protocol

CEILING_US = 1_000
TIMES = 50
PROGRAM = Path(__file__).parent / "seal_rounds.py"
MICROPYTHON = Path(sys.executable).parent / "micropython"


def timed(command: list[str], environment: dict[str, str], rounds: int) -> dict[str, Any]:
    """Microseconds of each case on one interpreter, and the plaintexts' sizes."""
    done = subprocess.run(
        [*command, str(PROGRAM), str(rounds), str(TIMES)], env=environment, capture_output=True, text=True, check=True
    )
    took: dict[str, list[float]] = {}
    for line in done.stdout.splitlines():
        name, _, value = line.partition(" ")
        took.setdefault(name, []).append(float(value))
    return {
        name: int(each[0])
        if name.startswith("bytes-")
        else {
            "us": round(statistics.median(each), 1),
            "us_least": round(min(each), 1),
            "us_most": round(max(each), 1),
            "per_s": round(1e6 / statistics.median(each)),
            "spread_percent": round(100 * (max(each) - min(each)) / statistics.median(each), 1),
        }
        for name, each in took.items()
    }


def report(rounds: int) -> dict[str, Any]:
    """What `main` says; MicroPython is None where this machine has none."""
    made: dict[str, Any] = {"bench": "seal", "setting": setting("cryptography"), "micropython": None}
    made["cpython"] = timed([sys.executable], dict(os.environ), rounds)
    if MICROPYTHON.exists():
        with tempfile.TemporaryDirectory() as library:
            (Path(library) / "ostiary").mkdir()
            room = Path(ostiary.protocol.__file__ or "").resolve().parent
            (Path(library) / "ostiary" / "protocol").symlink_to(room)
            environment = {**os.environ, "MICROPYPATH": f".frozen:{library}"}
            made["micropython"] = timed([str(MICROPYTHON)], environment, rounds)
        slowest = max(each["us"] for name, each in made["micropython"].items() if not name.startswith("bytes-"))
        made["ceiling_us"] = CEILING_US
        made["slowest_us"] = slowest
        made["within_ceiling"] = slowest <= CEILING_US
    return made


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=FEWEST_ROUNDS, help="how often each case is timed")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    chosen = parser.parse_args()
    made = report(max(FEWEST_ROUNDS, chosen.rounds))
    say(made, as_json=chosen.json)
    return 0 if made.get("within_ceiling", True) else 1


if __name__ == "__main__":
    sys.exit(main())
