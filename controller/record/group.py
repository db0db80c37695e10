"""Group commit: whatever waits while one commit runs goes into the next one, in the order in which it came."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
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
        self._writer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="log-writer")
        self._waiting: list[tuple[Item, asyncio.Future[Told]]] = []
        self._draining: asyncio.Task[None] | None = None

    async def put(self, item: Item) -> Told:
        """Returns when `item` is durable. A caller who is cancelled meanwhile does not take the item back."""
        told: asyncio.Future[Told] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, told))
        if self._draining is None:
            self._draining = asyncio.create_task(self._drain())
        return await told

    async def close(self) -> None:
        """Wait for everything that was put, then end the thread."""
        while self._draining is not None:
            await asyncio.wait({self._draining})
        self._writer.shutdown(wait=True)

    async def _drain(self) -> None:
        try:
            while self._waiting:
                group, self._waiting = self._waiting, []
                await self._one_commit(group)
        finally:
            self._draining = None

    async def _one_commit(self, group: list[tuple[Item, asyncio.Future[Told]]]) -> None:
        try:
            items = [item for item, _ in group]
            staged = self._stage(items)
            writing = asyncio.get_running_loop().run_in_executor(self._writer, self._commit, staged)
            ahead = self._tell(staged, items)
            done = await writing
            answers = ahead if done is staged else self._tell(done, items)
        except BaseException as error:
            # Whatever it was, those who wait must hear of it: a keeper that hangs is worse than one that fails.
            for _, told in group:
                if not told.done():
                    told.set_exception(error)
            if not isinstance(error, Exception):
                raise
            return
        for (_, told), answer in zip(group, answers, strict=True):
            if not told.done():
                told.set_result(answer)
