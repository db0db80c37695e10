"""The benchmark of the seal runs and says what it measured; its numbers are nobody's test."""

import json
import subprocess
import sys
from pathlib import Path

BENCH = Path(__file__).resolve().parents[1] / "bench" / "seal.py"


def test_it_reports_every_case_on_each_interpreter() -> None:
    done = subprocess.run(
        [sys.executable, str(BENCH), "--rounds", "1", "--json"], stdout=subprocess.PIPE, check=False, timeout=100
    )
    report = json.loads(done.stdout)
    for interpreter in ("cpython", *(["micropython"] if report["micropython"] else [])):
        for case in ("ask-face", "ask-card", "answer", "pack-part", "whole-visit"):
            assert report[interpreter][case]["us"] > 0
