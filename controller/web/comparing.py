"""Comparisons, one at a time: the keeper judges many requests for one, and doors should not feel two."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Any

from ostiary.controller.web.problem import Problem, TooBusy

Progress = Callable[[int, int], None]


class Comparing:
    """One for the process. A comparison that was begun goes on when its asker leaves: nobody can call it back from the
    keeper, so no other begins before its end."""

    def __init__(self) -> None:
        self._running: asyncio.Task[dict[str, Any]] | None = None

    def begin(self, act: Callable[[Progress], Awaitable[dict[str, Any]]]) -> "Underway":
        """Begin one. Raises `TooBusy` while another is under way."""
        if self._running is not None and not self._running.done():
            raise TooBusy(
                "Nothing was compared.",
                "Another comparison is under way, and one is done at a time.",
                "Try again when it is done.",
            )
        underway = Underway(act)
        self._running = underway.task
        return underway


class Underway:
    """A comparison under way."""

    def __init__(self, act: Callable[[Progress], Awaitable[dict[str, Any]]]) -> None:
        self._told: asyncio.Queue[tuple[int, int] | None] = asyncio.Queue()
        self._begun = asyncio.Event()
        self.task = asyncio.create_task(self._run(act))
        # Where the asker has left, nobody else asks how it ended.
        self.task.add_done_callback(lambda task: task.cancelled() or task.exception())

    async def _run(self, act: Callable[[Progress], Awaitable[dict[str, Any]]]) -> dict[str, Any]:
        try:
            return await act(self._hear)
        finally:
            self._told.put_nowait(None)

    def _hear(self, done: int, of: int) -> None:
        self._told.put_nowait((done, of))
        self._begun.set()

    async def begun(self) -> None:
        """Wait until it goes on or is done. Raises the `Problem` where it was refused at once."""
        waiting = asyncio.create_task(self._begun.wait())
        await asyncio.wait({waiting, self.task}, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        if self.task.done():
            self.task.result()

    async def told(self) -> AsyncGenerator[dict[str, Any]]:
        """`{"progress": [done, of]}` as it goes on, then `{"done": …}`, or `{"problem": {what, why, now}}`."""
        while (told := await self._told.get()) is not None:
            yield {"progress": list(told)}
        try:
            yield {"done": await asyncio.shield(self.task)}
        except Problem as problem:
            yield {"problem": {"what": problem.what, "why": problem.why, "now": problem.now}}
