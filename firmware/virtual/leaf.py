"""The virtual door itself: pin levels, edges with their time, and what a person at it can do; no sockets, no clock."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

MOST_EDGES = 10_000


@dataclass(frozen=True, slots=True)
class Edge:
    """One change of a pin. `level`: strike on, contact open, rex pressed. `at_ms` is the board's monotonic time."""

    number: int
    pin: str
    level: bool
    at_ms: int


class Leaf:
    """Levels stay as they were last set, whoever set them and whatever became of him, like a wire's do."""

    def __init__(self) -> None:
        self._levels = {"strike": False, "contact": False, "rex": False}
        self._edges: deque[Edge] = deque(maxlen=MOST_EDGES)
        self._count = 0

    @property
    def strike(self) -> bool:
        """Whether the strike is on, so that the door can be pulled open."""
        return self._levels["strike"]

    @property
    def open(self) -> bool:
        """Whether the contact reads open."""
        return self._levels["contact"]

    @property
    def rex(self) -> bool:
        """Whether somebody presses the request to exit."""
        return self._levels["rex"]

    @property
    def count(self) -> int:
        """How many edges there have been."""
        return self._count

    def set(self, pin: str, level: bool, now_ms: int) -> bool:
        """Set a pin; True when that is an edge."""
        if self._levels[pin] == level:
            return False
        self._levels[pin] = level
        self._count += 1
        self._edges.append(Edge(self._count, pin, level, now_ms))
        return True

    def edges(self, since: int = 0) -> list[Edge]:
        """Edges after the first `since`, oldest first; the board remembers the last 10,000."""
        return [edge for edge in self._edges if edge.number > since]

    def levels(self) -> dict[str, bool | str]:
        """The pins as a person at the doorstep reads them."""
        return {"strike": self.strike, "contact": "open" if self.open else "closed", "rex": self.rex}

    def why_it_opens(self) -> str:
        """What lets the door open now: `pulse`, `exit` (the REX cuts the lock by wire), or `forced`."""
        if self.strike:
            return "pulse"
        return "exit" if self.rex else "forced"
