"""What happens at the site, as it happens: one task looks for all viewers, and nobody watching means nobody looking.

A viewer that does not keep up is let go; its browser comes back by itself and says what it saw last.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import lru_cache

from ostiary.controller.web.problem import TooManyViewers
from ostiary.controller.web.views import AlarmsNow, DoorNow, DoorState, Row

LOG_EVERY_S = 0.1
DOORS_EVERY_S = 0.4
BEAT_EVERY_S = 15.0
MOST_VIEWERS = 256
MOST_WAITING = 256
MOST_AT_ONCE = 128
MOST_SHOWN = 50
MOST_MISSED = 500
MOST_TOGETHER = 64

Standing = DoorState | DoorNow | AlarmsNow
Happening = Row | Standing


@dataclass(frozen=True, slots=True)
class Sources:
    """Where the feed looks. `mark` changes when the log does, is cheap and never blocks; `last` is the log's last
    position; `since` gives the decisions among so many records after a position, and the last position looked at."""

    mark: Callable[[], int | None]
    last: Callable[[], int]
    since: Callable[[int, int], tuple[list[Row], int]]
    doors: Callable[[], Awaitable[list[Standing]]]


class Feed:
    """Fans out decisions and door states to every open viewer. `close` ends all streams at once."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self._viewers: set[asyncio.Queue[Happening | None]] = set()
        self._looking: list[asyncio.Task[None]] = []
        self._closed = False
        self._arriving = asyncio.Lock()
        self._states: dict[tuple[type[Standing], str], Standing] = {}

    @property
    def viewers(self) -> int:
        return len(self._viewers)

    def require_room(self) -> None:
        """Raises `TooManyViewers` when no viewer can be added now."""
        if self._closed or len(self._viewers) >= MOST_VIEWERS:
            raise TooManyViewers(
                "The live list is full.",
                f"{MOST_VIEWERS} pages are watching already, or the panel is closing.",
                "Close a page that is not needed, then load this one again.",
            )

    @asynccontextmanager
    async def viewer(self) -> AsyncIterator[asyncio.Queue[Happening | None]]:
        """A queue of what happens from now on; None is its end. Raises `TooManyViewers`."""
        queue: asyncio.Queue[Happening | None] = asyncio.Queue(MOST_WAITING)
        async with self._arriving:
            self.require_room()
            if not self._viewers:
                await self._begin()
            for state in self._states.values():
                queue.put_nowait(state)
            self._viewers.add(queue)
        try:
            yield queue
        finally:
            self._viewers.discard(queue)
            if not self._viewers:
                for task in self._looking:
                    task.cancel()

    async def _begin(self) -> None:
        # In this order: a decision between the two is told twice, which a viewer notices, and never missed.
        mark = self._sources.mark()
        seen = await asyncio.to_thread(self._sources.last)
        self._states.clear()
        self._looking = [
            asyncio.create_task(self._follow_log(mark, seen)),
            asyncio.create_task(self._follow_doors()),
        ]

    async def missed(self, after: int) -> list[Row]:
        """The decisions after position `after`, oldest first; the last ones only if a page cannot show all."""
        last = await asyncio.to_thread(self._sources.last)
        rows, _ = await asyncio.to_thread(self._sources.since, max(after, last - MOST_MISSED), MOST_MISSED)
        return rows[-MOST_SHOWN:]

    def close(self) -> None:
        self._closed = True
        for queue in self._viewers:
            _end(queue)

    def _tell(self, happening: Happening) -> None:
        for queue in self._viewers:
            try:
                queue.put_nowait(happening)
            except asyncio.QueueFull:
                _end(queue)

    async def _follow_log(self, mark: int | None, seen: int) -> None:
        while True:
            await asyncio.sleep(LOG_EVERY_S)
            now = self._sources.mark()
            if now == mark:
                continue
            mark = now
            while True:
                rows, upto = await asyncio.to_thread(self._sources.since, seen, MOST_AT_ONCE)
                for row in rows:
                    self._tell(row)
                if upto == seen:
                    break
                seen = upto

    async def _follow_doors(self) -> None:
        while True:
            for state in await self._sources.doors():
                known = (type(state), state.id)
                if self._states.get(known) != state:
                    self._states[known] = state
                    self._tell(state)
            await asyncio.sleep(DOORS_EVERY_S)


def _end(queue: asyncio.Queue[Happening | None]) -> None:
    while True:
        try:
            queue.put_nowait(None)
        except asyncio.QueueFull:
            queue.get_nowait()
        else:
            return


async def stream(feed: Feed, say: Callable[[Happening], tuple[str, str]], after: int | None) -> AsyncGenerator[bytes]:
    """Server-sent events: the newest decisions after position `after`, if given, then everything as it happens.

    `say` gives an event's name and data. An event's id is the log position, which a browser sends back when it returns.
    """
    async with feed.viewer() as queue:
        yield b"retry: 2000\n\n"
        told = -1
        for row in await feed.missed(after) if after is not None else []:
            told = row.position
            yield event(row, say)
        while True:
            try:
                async with asyncio.timeout(BEAT_EVERY_S):
                    happening = await queue.get()
            except TimeoutError:
                # A comment keeps the line open, and finds out when nobody is there any more.
                yield b": still here\n\n"
                continue
            # What waits already goes with it: two hundred viewers would else cost a write each for each decision.
            together = [happening, *(queue.get_nowait() for _ in range(min(queue.qsize(), MOST_TOGETHER)))]
            said: list[bytes] = []
            for one in together:
                if isinstance(one, Row):
                    if one.position <= told:
                        continue
                    told = one.position
                if one is not None:
                    said.append(event(one, say))
            if said:
                yield b"".join(said)
            if together[-1] is None:
                return


@lru_cache(maxsize=512)
def event(happening: Happening, say: Callable[[Happening], tuple[str, str]]) -> bytes:
    """One server-sent event (HTML Standard, 9.2.6); said once for all viewers."""
    name, data = say(happening)
    lines = [f"event: {name}"]
    if isinstance(happening, Row):
        lines.append(f"id: {happening.position}")
    lines += [f"data: {line}" for line in data.splitlines()]
    return ("\n".join(lines) + "\n\n").encode()
