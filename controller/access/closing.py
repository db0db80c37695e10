"""Closing: every decision gets its outcome, once. What the door's journal does not tell in time is closed as unknown.

An answer can be lost on the wire, and then no door ever names that decision again. So the keeper closes it when the
answer is long dead: *unknown*, since nobody can say more. A journal that comes later still has the last word: its
outcome is recorded beside the first and says which record it corrects.
"""

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from heapq import heappop, heappush
from typing import Any

from ostiary.controller.access.record import OUTCOMES
from ostiary.controller.record.reading import Row
from ostiary.controller.record.record import Draft

UNKNOWN = "unknown"
# An answer lives 5 s and a pulse at most 30; then the journal's entry is on its way.
WAIT_MS = 60_000
# The keeper's own line among the nodes' journals: every decision below this position has its outcome. No node has
# such a name.
MARK = "/closed"
MARK_EVERY = 5_000
PIECE = 50  # decisions that are closed at once: each record is opened, and meanwhile the keeper hears nobody


@dataclass(frozen=True, slots=True)
class Open:
    """A decision without an outcome, to be closed at `until_ms` (monotonic) if nobody tells before."""

    position: int
    door: str | None
    until_ms: int


class Closing:
    """The decisions that wait for their outcome. `mark` is how far the log said that all have one."""

    def __init__(self, mark: int = 0) -> None:
        self.marked = mark
        self._seen = mark
        self._open: OrderedDict[int, Open] = OrderedDict()
        self._settling: dict[int, Open] = {}
        self._lowest: list[int] = []  # a heap of all that wait, and of some that no longer do

    def follow(self, rows: Iterable[Row], now_ms: int) -> None:
        """Take up what the log holds from the mark on, in order: a restart forgets no open decision."""
        for row in rows:
            self._seen = row.position + 1
            if row.kind == "decision":
                self.decided(row.position, row.door, now_ms)
            elif row.kind == "outcome" and row.about is not None:
                self._open.pop(row.about, None)

    def decided(self, position: int, door: str | None, now_ms: int) -> None:
        self._open[position] = Open(position, door, now_ms + WAIT_MS)
        heappush(self._lowest, position)
        self._seen = max(self._seen, position + 1)

    def told(self, position: int) -> bool:
        """An outcome is about to be recorded; False: this decision was closed before, and is being corrected."""
        held = self._open.pop(position, None)
        if held is None:
            return False
        self._settling[position] = held
        return True

    def due(self, now_ms: int, most: int) -> list[Open]:
        """Up to so many of those that nobody told in time; about to be recorded as unknown."""
        found: list[Open] = []
        while len(found) < most and self._open and next(iter(self._open.values())).until_ms <= now_ms:
            position, held = self._open.popitem(last=False)
            self._settling[position] = held
            found.append(held)
        return found

    def settled(self, positions: Iterable[int]) -> None:
        """Their outcomes are durable."""
        for position in positions:
            self._settling.pop(position, None)

    def failed(self, positions: Iterable[int]) -> None:
        """Their outcomes were not recorded; they wait again, and longest of all."""
        for position in sorted(positions, reverse=True):
            if (held := self._settling.pop(position, None)) is not None:
                self._open[position] = held
                self._open.move_to_end(position, last=False)

    def upto(self, closing: Iterable[int] = ()) -> int:
        """Every decision below this position has its outcome, once those of `closing` have theirs."""
        passed_over: list[int] = []
        closing = frozenset(closing)
        while self._lowest and (self._lowest[0] in closing or not self._waits(self._lowest[0])):
            position = heappop(self._lowest)
            if self._waits(position):
                passed_over.append(position)
        lowest = self._lowest[0] if self._lowest else self._seen
        for position in passed_over:
            heappush(self._lowest, position)
        return lowest

    def _waits(self, position: int) -> bool:
        return position in self._open or position in self._settling


def unknown(site: str, held: Open, persons: tuple[str, ...], at_ms: int) -> Draft:
    """The record that closes a decision of which nobody heard any more."""
    body: dict[str, Any] = {
        "at_ms": at_ms,
        "site": site,
        "door": held.door,
        "kind": UNKNOWN,
        "about": held.position,
        "waited_ms": WAIT_MS,
        "detail": "The door's journal did not tell in time; the answer may have been lost on its way.",
    }
    return Draft("outcome", at_ms, body, persons, door=held.door, code=UNKNOWN, about=held.position)


def outcomes_in(drafts: Iterable[Draft]) -> list[int]:
    """Which decisions these drafts close."""
    return [draft.about for draft in drafts if draft.about is not None and draft.code in OUTCOMES]
