"""Closer: closes what no journal told in time, over restarts, and finds out by it that a store works again."""

import asyncio
import time
from collections.abc import Callable

from ostiary.controller.access.closing import MARK, MARK_EVERY, PIECE, Closing, unknown
from ostiary.controller.access.journals import Journals
from ostiary.controller.access.outage import Outage
from ostiary.controller.record.log import Log
from ostiary.controller.store.errors import ThreePartError

BREATH_S = 0.05  # between two pieces of what is closed late: asks go first, however much there is


class Closer:
    """Writes the outcomes that `closing` misses. `now_ms` is the wall clock; the times of its methods say which."""

    def __init__(
        self,
        site: str,
        log: Log,
        closing: Closing,
        journals: Journals,
        outage: Outage,
        now_ms: Callable[[], int],
    ) -> None:
        self._site, self._log, self._closing = site, log, closing
        self._journals, self._outage, self._now_ms = journals, outage, now_ms

    def take_up(self) -> None:
        """The decisions that an earlier keeper left open."""
        now_ms, reading, last = time.monotonic_ns() // 1_000_000, self._log.reading(), self._closing.marked - 1
        while rows := reading.since(last):
            self._closing.follow(rows, now_ms)
            last = rows[-1].position

    async def close_due(self, now_ms: int) -> None:
        """Close what no journal told by `now_ms` (monotonic), and say how far all is closed.

        After an outage, or with a log from before decisions were closed, that is much: it is done a piece at a time,
        since no ask is heard while one is made.
        """
        more = await self._close_a_piece(now_ms)
        while more:
            await asyncio.sleep(BREATH_S)
            more = await self._close_a_piece(now_ms)

    async def _close_a_piece(self, now_ms: int) -> bool:
        """Whether there was something to close, so that there may be more."""
        at_ms, due = self._now_ms(), self._closing.due(now_ms, PIECE)
        positions = [held.position for held in due]
        upto = self._closing.upto(positions)
        if not due and not self._outage.alarm and upto - self._closing.marked < MARK_EVERY:
            return False
        try:
            drafts = [unknown(self._site, held, self._journals.persons_of(held.position), at_ms) for held in due]
            await self._log.append(drafts, journal={MARK: upto})
            self._closing.settled(positions)
            self._closing.marked = upto
        except ThreePartError as error:
            self._closing.failed(positions)
            self._outage.failed(error, 0, at_ms)
            return False
        await self.works_again(at_ms)
        return bool(due)

    async def works_again(self, at_ms: int) -> None:
        """Something was recorded at `at_ms` (Unix ms): where that ends an outage, it becomes a record."""
        if over := self._outage.over(self._site, at_ms):
            try:
                await self._log.append([over])
            except ThreePartError as error:
                self._outage.failed(error, 0, at_ms)
