"""Doubts: faces that look like somebody who is enrolled already, held until a human has said who it is.

Promise: such a face waits in memory alone, shielded, for a few minutes; it is taken once, by whoever enrolled it, and
nobody is told how alike the two are.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

HELD_MS = 600_000
MOST_HELD = 64


@dataclass(frozen=True, slots=True)
class Doubt:
    """A shielded face (float32 unit vector), what made it, whom it looks like, and who enrols it. `seen` is set once
    the names were looked up with a purpose; `judged` is the record in which a human then said who it is: `same`, who is
    one of `alike`, or None for somebody else."""

    vector: "np.ndarray"
    model: str
    runtime: str
    alike: tuple[str, ...]
    operator: str
    until_ms: int
    seen: bool = False
    judged: int | None = None
    same: str | None = None


class Doubts:
    """The faces that wait for a human, by a name that says nothing."""

    def __init__(self) -> None:
        self._held: dict[str, Doubt] = {}

    def hold(self, name: str, doubt: Doubt, now_ms: int) -> None:
        self._forget(now_ms)
        while len(self._held) >= MOST_HELD:
            self._wipe(next(iter(self._held)))
        self._held[name] = doubt

    def find(self, name: str, operator: str, now_ms: int) -> Doubt | None:
        """The doubt of this name, for whoever enrolled the face; None where it is past or another's."""
        self._forget(now_ms)
        doubt = self._held.get(name)
        return doubt if doubt is not None and doubt.operator == operator else None

    def replace(self, name: str, doubt: Doubt) -> None:
        if name in self._held:
            self._held[name] = doubt

    def settled(self, name: str) -> None:
        """It was decided: the face is held no longer."""
        if name in self._held:
            self._wipe(name)

    def forget_person(self, person: str) -> None:
        """A withdrawn face is compared with nobody's, so no doubt about it stands."""
        for name in [name for name, doubt in self._held.items() if person in doubt.alike]:
            self._wipe(name)

    def _forget(self, now_ms: int) -> None:
        for name in [name for name, doubt in self._held.items() if doubt.until_ms <= now_ms]:
            self._wipe(name)

    def _wipe(self, name: str) -> None:
        self._held.pop(name).vector.fill(0)
