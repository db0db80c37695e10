"""Group commit: whatever waits while one commit runs goes into the next one, in the order in which it came."""

import asyncio
import contextlib
import threading
from collections.abc import Callable, Sequence
from functools import partial
from queue import SimpleQueue
from typing import Generic, TypeVar

Item = TypeVar("Item")
Staged = TypeVar("Staged")
Told = TypeVar("Told")


class GroupCommit(Generic[Item, Staged, Told]):
    """`stage` runs on the event loop, `commit` in one thread of its own, and `tell` makes each item's answer.

    `commit` returns what it has committed, which may be another value than it was given. `tell` is called while the
    disk works; its answers are given out when the commit is durable. If any of them raises, every item of that commit
    gets the error, and the next commit is tried afresh.
    """

    def __init__(
        self,
        stage: Callable[[Sequence[Item]], Staged],
        commit: Callable[[Staged], Staged],
        tell: Callable[[Staged, Sequence[Item]], Sequence[Told]],
    ) -> None:
        self._stage, self._commit, self._tell = stage, commit, tell
        self._work: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._writer: threading.Thread | None = None
        self._waiting: list[tuple[Item, asyncio.Future[Told]]] = []
        self._busy = False
        self._idle: asyncio.Future[None] | None = None

    async def put(self, item: Item) -> Told:
        """Returns when `item` is durable. A caller who is cancelled meanwhile does not take the item back."""
        loop = asyncio.get_running_loop()
        told: asyncio.Future[Told] = loop.create_future()
        self._waiting.append((item, told))
        if not self._busy:
            self._busy = True
            # Not at once: whoever else puts in this turn of the loop comes along.
            loop.call_soon(self._begin, loop)
        return await told

    async def close(self) -> None:
        """Wait for everything that was put, then end the thread."""
        if self._busy:
            self._idle = asyncio.get_running_loop().create_future()
            await self._idle
        self._work.put(None)
        if self._writer is not None:
            self._writer.join()

    def _begin(self, loop: asyncio.AbstractEventLoop) -> None:
        while self._waiting:
            group, self._waiting = self._waiting, []
            items = [item for item, _ in group]
            try:
                staged = self._stage(items)
            except BaseException as error:
                # Whatever it was, those who wait must hear of it: a keeper that hangs is worse than one that fails.
                _fail(group, error)
                if not isinstance(error, Exception):
                    self._rest()
                    raise
                continue
            if self._writer is None:
                self._writer = threading.Thread(target=self._write, name="log-writer", daemon=True)
                self._writer.start()
            ahead: list[Sequence[Told] | BaseException] = []
            self._work.put(partial(self._committed, loop, group, staged, ahead))
            try:
                ahead.append(self._tell(staged, items))
            except Exception as error:  # noqa: BLE001 - told to those who wait, when the commit is settled
                ahead.append(error)
            return
        self._rest()

    def _rest(self) -> None:
        self._busy = False
        if self._idle is not None:
            self._idle.set_result(None)
            self._idle = None

    def _write(self) -> None:
        while (work := self._work.get()) is not None:
            work()

    def _committed(
        self,
        loop: asyncio.AbstractEventLoop,
        group: list[tuple[Item, asyncio.Future[Told]]],
        staged: Staged,
        ahead: list[Sequence[Told] | BaseException],
    ) -> None:
        """In the thread: commit, and have the loop tell what became of it."""
        try:
            done: Staged | None = self._commit(staged)
            error: BaseException | None = None
        except BaseException as raised:  # noqa: BLE001
            done, error = None, raised
        # A loop that is closed has nobody left who waits.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(self._settle, loop, group, staged, ahead, done, error)

    def _settle(
        self,
        loop: asyncio.AbstractEventLoop,
        group: list[tuple[Item, asyncio.Future[Told]]],
        staged: Staged,
        ahead: list[Sequence[Told] | BaseException],
        done: Staged | None,
        error: BaseException | None,
    ) -> None:
        if error is None and done is not None:
            try:
                # What was told ahead counts only if exactly that was committed.
                [answers] = ahead if done is staged else [self._tell(done, [item for item, _ in group])]
            except Exception as raised:  # noqa: BLE001 - told to those who wait, just below
                answers = raised
            if isinstance(answers, BaseException):
                error = answers
            else:
                for (_, told), answer in zip(group, answers, strict=True):
                    if not told.done():
                        told.set_result(answer)
        if error is not None:
            _fail(group, error)
        self._begin(loop)


def _fail(group: Sequence[tuple[object, "asyncio.Future[Told]"]], error: BaseException) -> None:
    for _, told in group:
        if not told.done():
            told.set_exception(error)
