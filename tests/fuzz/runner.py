"""Feeds hostile input to targets; every case follows from its number alone, so whoever has the number has the case.

A target is a file in `targets/` with three names:

* `NAME`, such as "policy-bytes",
* `make(random) -> bytes`: one hostile input, made with this `random.Random` and nothing else,
* `judge(data)`: gives the input to our code; returns where that behaved, raises where it did not.

What several targets share lies beside this file. Whatever `judge` raises is a finding. Inputs that once were one are
kept in `corpus/NAME/` and are judged first, always.
"""

import importlib
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Target:
    """A target as its file says it."""

    name: str
    make: Callable[[random.Random], bytes]
    judge: Callable[[bytes], None]

    def case(self, number: int) -> bytes:
        """The input with this number; the same on every machine."""
        return self.make(random.Random(f"{self.name}:{number}"))

    def kept(self) -> list[Path]:
        """The inputs that once were findings."""
        return sorted(path for path in (HERE / "corpus" / self.name).glob("*") if path.is_file())


@dataclass(frozen=True, slots=True)
class Finding:
    """An input at which our code misbehaved: where it comes from, and what was raised."""

    source: str
    data: bytes
    error: Exception


def targets() -> dict[str, Target]:
    """Every target by its name."""
    found: dict[str, Target] = {}
    for path in sorted((HERE / "targets").glob("*.py")):
        module = importlib.import_module(f"tests.fuzz.targets.{path.stem}")
        found[module.NAME] = Target(module.NAME, module.make, module.judge)
    return found


def run(target: Target, first: int, count: int) -> Iterator[Finding | None]:
    """Judges what is kept, then `count` cases from number `first` on; one item each, a finding or None."""
    for path in target.kept():
        yield _judged(target, path.name, path.read_bytes())
    for number in range(first, first + count):
        yield _judged(target, f"case {number}", target.case(number))


def _judged(target: Target, source: str, data: bytes) -> Finding | None:
    try:
        target.judge(data)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is what we are looking for
        return Finding(source, data, error)
    return None
