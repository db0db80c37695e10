"""Builds the fuzzing programs, and the small whole files that hostile ones are made from."""

import subprocess
import sys
from pathlib import Path

from ostiary.firmware.esp32.tflite import build

sys.path.insert(0, str(Path(__file__).parents[2] / "unit"))

from made_tflite import Made, every_operator

HERE = Path(__file__).parent
SANITIZED = ("-g", "-O1", "-std=c11", "-fno-sanitize-recover=all")
CORE = [build.HERE / name for name in build.CORE]


def seeds(folder: Path) -> list[Path]:
    """Whole files: one with every operator, and small ones in which a wound more often hits what is read."""
    folder.mkdir(parents=True)
    small = []
    for seed in range(3):
        made = Made(seed)
        at = made.conv(made.input((1, 5, 4, 2)), 3, 2, stride=1 + seed % 2)
        made.prelu(at)
        small.append(made.bytes)
        made = Made(seed)
        at = made.reshape(made.input((1, 2, 2, 2)), (1, 8))
        made.softmax(made.fully_connected(made.concat(at, at, 1), 3))
        small.append(made.bytes)
        made = Made(seed)
        at = made.depthwise(made.input((1, 4, 4, 2)), 3)
        at = made.pool(made.pad(at, ((0, 0), (1, 1), (0, 0), (0, 1))))
        made.add(at, at)
        small.append(made.bytes)
    files = []
    for number, data in enumerate([every_operator(), *small]):
        files.append(folder / f"{number}.tflite")
        files[-1].write_bytes(data)
    return files


def mutating(out: Path) -> Path:
    """one_input.c with mutate.c, by gcc."""
    return _built(out / "mutate", "gcc", "-fsanitize=address,undefined", HERE / "mutate.c")


def coverage_guided(out: Path, clang: str) -> Path:
    """one_input.c with libFuzzer."""
    return _built(out / "fuzz", clang, "-fsanitize=fuzzer,address,undefined")


def _built(made: Path, compiler: str, sanitizers: str, *more: Path) -> Path:
    words = [compiler, *SANITIZED, sanitizers, f"-I{build.HERE}", "-o", made, HERE / "one_input.c", *more, *CORE]
    subprocess.run(words, check=True)
    return made
