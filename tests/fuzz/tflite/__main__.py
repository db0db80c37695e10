"""`make fuzz-tflite`: libFuzzer where clang is there, else our own mutations; RUNS files, and the seeds' own."""

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.fuzz.tflite.building import coverage_guided, mutating, seeds


def main() -> int:
    asked = argparse.ArgumentParser(description="Feed hostile model files to the TFLite core.")
    asked.add_argument("--runs", type=int, default=10_000_000)
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--corpus", type=Path, default=Path(".fuzz/tflite"), help="kept from run to run (.fuzz/tflite)")
    chosen = asked.parse_args()
    chosen.corpus.mkdir(parents=True, exist_ok=True)
    clang = next((name for name in ("clang", "clang-19", "clang-16", "clang-14") if shutil.which(name)), None)
    with tempfile.TemporaryDirectory() as out:
        files = seeds(Path(out) / "seeds")
        if clang is None:
            print("clang is not installed: mutations without coverage. On Debian: sudo apt install clang")
            program = mutating(Path(out))
            words = [program, str(chosen.seed), str(chosen.runs), *files]
        else:
            program = coverage_guided(Path(out), clang)
            options = (f"-runs={chosen.runs}", f"-seed={chosen.seed}", "-max_len=16384", "-print_final_stats=1")
            words = [program, *options, f"-artifact_prefix={chosen.corpus}/", chosen.corpus, files[0].parent]
        return subprocess.run(words, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
