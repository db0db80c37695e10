"""How every benchmark measures and speaks: rounds that take turns, medians with their spread, and what they ran on."""

import gc
import json
import os
import platform
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from ostiary.controller import __version__

FEWEST_ROUNDS = 5


@dataclass(frozen=True, slots=True)
class Case:
    """One thing to time. `prepare` makes what a round needs and is not timed; `run` is timed; it does its work `times`
    times."""

    name: str
    times: int
    run: Callable[[Any], object]
    prepare: Callable[[], Any] = lambda: None


@dataclass(frozen=True, slots=True)
class Timing:
    """CPU seconds of this process a piece of work: the median over rounds, the smallest and the largest."""

    median_s: float
    least_s: float
    most_s: float

    def as_document(self) -> dict[str, float]:
        """In microseconds, with pieces of work a second and the spread in percent of the median."""
        spread = 100 * (self.most_s - self.least_s) / self.median_s
        return {
            "us": round(self.median_s * 1e6, 3),
            "us_least": round(self.least_s * 1e6, 3),
            "us_most": round(self.most_s * 1e6, 3),
            "per_s": round(1 / self.median_s),
            "spread_percent": round(spread, 1),
        }


def measure(cases: Sequence[Case], rounds: int, step: Callable[[str], None]) -> dict[str, Timing]:
    """Times every case once a round, all cases in turn, so that noise of the machine falls on each alike. CPU time of
    this process is counted, since other processes may share its core."""
    took: dict[str, list[float]] = {case.name: [] for case in cases}
    for number in range(rounds):
        for case in cases:
            step(f"round {number + 1} of {rounds}: {case.name}")
            ready = case.prepare()
            gc.collect()  # what preparing left behind is not this case's to pay; what it makes itself is
            begun = time.process_time()
            case.run(ready)
            took[case.name].append((time.process_time() - begun) / case.times)
            del ready
    return {name: Timing(statistics.median(each), min(each), max(each)) for name, each in took.items()}


def setting(*packages: str) -> dict[str, Any]:
    """The machine and the versions that the numbers belong to, and how busy the machine was."""
    return {
        "machine": platform.machine(),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "load": [round(one, 2) for one in os.getloadavg()],
        "system": platform.platform(),
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "ostiary": __version__,
        **{name: metadata.version(name) for name in packages},
    }


def say(report: Mapping[str, Any], *, as_json: bool) -> None:
    """Prints a report: one JSON object, or its lines indented by depth."""
    if as_json:
        print(json.dumps(report, ensure_ascii=False))
        return
    _lines(report, 0)


def _lines(report: Mapping[str, Any], depth: int) -> None:
    for name, value in report.items():
        if isinstance(value, Mapping) and "us" in value:
            each = f"{value['us']:12,.2f} µs  {value['per_s']:12,} /s  ± {value['spread_percent'] / 2:.0f} %"
            print(f"{'  ' * depth}{name:<{44 - 2 * depth}}{each}")
        elif isinstance(value, Mapping):
            print(f"{'  ' * depth}{name}")
            _lines(value, depth + 1)
        else:
            print(f"{'  ' * depth}{name:<{44 - 2 * depth}}{value}")


def _processor() -> str:
    try:
        told = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in told if line.startswith("model name")), "")
