"""The wiring behind the pins: the one-shot on the strike line, which drops what no program drops any more."""

from __future__ import annotations

from collections.abc import Callable

from ostiary.firmware.virtual.leaf import Edge, Leaf
from ostiary.firmware.virtual.quick.clockwork import Clockwork

ONE_SHOT, NEEDLESS = "one-shot", "one-shot, and a program could have"


class WiredLeaf(Leaf):
    """A leaf whose strike line has a one-shot of `one_shot_ms`; None: it has none, and a level stays for ever.

    `able` says at the moment of the drop whether a program could have done it, for a judge who asks why none did.
    """

    def __init__(self, clockwork: Clockwork, one_shot_ms: int | None) -> None:
        super().__init__()
        self._clockwork, self._one_shot_ms = clockwork, one_shot_ms
        self.able: Callable[[], bool] = lambda: True

    def set(self, pin: str, level: bool, now_ms: int, by: str) -> Edge | None:
        edge = super().set(pin, level, now_ms, by)
        if edge is not None and pin == "strike" and level and self._one_shot_ms is not None:
            self._clockwork.after(self._one_shot_ms, lambda: self._fire(edge.number))
        return edge

    def _fire(self, rose: int) -> None:
        # Only if this very rise is the strike's last edge: each rise has a one-shot of its own.
        if self.strike and not any(edge.pin == "strike" for edge in self.edges(rose)):
            self.set("strike", False, self._clockwork.now_ms, NEEDLESS if self.able() else ONE_SHOT)
