"""The short form of `make fuzz-tflite`: the same hostile files every time, under both sanitizers."""

import subprocess
from pathlib import Path

from tests.fuzz.tflite.building import mutating, seeds

CASES = 60_000


def test_hostile_model_files_are_refused_or_run_within_their_bounds(tmp_path: Path) -> None:
    words = [mutating(tmp_path), "1", str(CASES), *seeds(tmp_path / "seeds")]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, f"{CASES} cases\n"), done.stderr[-3000:]
