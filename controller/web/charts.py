"""What a page draws: series of numbers as one JSON value for static/charts.js, and as rows for the table beside it."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Chart:
    """`x` rises; each of `y` has as many values (None: nothing there). `kind` is step, line or bar. With `time`, `x` is
    in Unix seconds, and else `across` says what it is. `levels` are lines across with a name, `marks` upright ones."""

    kind: str
    x: tuple[float, ...]
    y: tuple[tuple[float | None, ...], ...]
    labels: tuple[str, ...]
    time: bool = True
    unit: str = ""
    levels: tuple[tuple[float, str], ...] = ()
    marks: tuple[tuple[float, str], ...] = ()
    lowest: float | None = None
    highest: float | None = None
    across: str = ""

    @property
    def rows(self) -> tuple[tuple[float, tuple[float | None, ...]], ...]:
        """The same for a table; times in milliseconds."""
        across = [int(x * 1000) if self.time else x for x in self.x]
        return tuple(zip(across, zip(*self.y, strict=True), strict=True))

    @property
    def data(self) -> str:
        return json.dumps(asdict(self), separators=(",", ":"))


def thinned(points: Sequence[tuple[float, float]], most: int) -> list[tuple[float, float]]:
    """At most `most` points, first and last among them."""
    if len(points) <= most:
        return list(points)
    step = (len(points) - 1) / (most - 1)
    return [points[round(at * step)] for at in range(most)]
