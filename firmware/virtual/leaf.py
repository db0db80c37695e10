"""The virtual door itself: pin levels, edges with their time, and what a person at it can do; no sockets, no clock."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

MOST_EDGES = 10_000
# What somebody at the door can move by hand; the contact moves with the leaf, and the strike is its owner's.
BY_HAND = ("rex", "fire", "tamper", "power", "config")


@dataclass(frozen=True, slots=True)
class Edge:
    """One change of a pin. `level`: strike on, contact open, rex pressed, fire alarm, housing opened, mains there,
    somebody sets the node up.
    `at_ms` is the board's monotonic time; `by` who moved it: guard, one-shot or person."""

    number: int
    pin: str
    level: bool
    at_ms: int
    by: str


class Leaf:
    """Levels stay as they were last set, whoever set them and whatever became of him, like a wire's do."""

    def __init__(self) -> None:
        self._levels = {"strike": False, "contact": False, **dict.fromkeys(BY_HAND, False), "power": True}
        self._edges: deque[Edge] = deque(maxlen=MOST_EDGES)
        self._count = 0

    def on(self, pin: str) -> bool:
        """A pin's level; for the contact: whether it reads open."""
        return self._levels[pin]

    @property
    def strike(self) -> bool:
        """Whether the strike is on, so that the door can be pulled open."""
        return self._levels["strike"]

    @property
    def count(self) -> int:
        """How many edges there have been."""
        return self._count

    def set(self, pin: str, level: bool, now_ms: int, by: str) -> Edge | None:
        """Set a pin; returns the edge, if that is one."""
        if self._levels[pin] == level:
            return None
        self._levels[pin] = level
        self._count += 1
        self._edges.append(Edge(self._count, pin, level, now_ms, by))
        return self._edges[-1]

    def edges(self, since: int = 0) -> list[Edge]:
        """Edges after the first `since`, oldest first; the board remembers the last 10,000."""
        return [edge for edge in self._edges if edge.number > since]

    def levels(self) -> dict[str, bool | str]:
        """The pins as a person at the doorstep reads them."""
        return {**self._levels, "contact": "open" if self._levels["contact"] else "closed"}

    def why_it_opens(self) -> str:
        """What lets the door open now: `pulse`, `exit` or `fire` (both cut the lock by wire), or `forced`."""
        if self.strike:
            return "pulse"
        return "exit" if self._levels["rex"] else "fire" if self._levels["fire"] else "forced"
