"""Group commit: order is kept, what waits goes together, and one failure is nobody else's."""

import asyncio
import threading
from collections.abc import Sequence

import pytest

from ostiary.controller.record.group import GroupCommit


class Disk:
    """Commits groups of numbers when the test lets it, and remembers each group."""

    def __init__(self) -> None:
        self.groups: list[list[int]] = []
        self.threads: set[int] = set()
        self.begun = threading.Event()
        self.may = threading.Semaphore(0)
        self.refuse = False

    def commit(self, group: list[int]) -> list[int]:
        self.threads.add(threading.get_ident())
        self.begun.set()
        self.may.acquire()
        if self.refuse:
            raise OSError("the disk refused")
        self.groups.append(group)
        return group


def grouped(disk: Disk) -> GroupCommit[int, list[int], int]:
    return GroupCommit(list, disk.commit, lambda group, items: [number * 10 for number in group])


async def begun(disk: Disk) -> None:
    await asyncio.to_thread(disk.begun.wait)
    disk.begun.clear()


def test_what_waits_during_a_commit_goes_into_the_next_in_order() -> None:
    async def run() -> None:
        disk = Disk()
        group = grouped(disk)
        first = asyncio.create_task(group.put(0))
        await begun(disk)
        later = [asyncio.create_task(group.put(number)) for number in range(1, 50)]
        await asyncio.sleep(0)  # one turn of the loop: all of them are waiting
        assert not first.done()
        disk.may.release(2)
        assert await first == 0
        assert await asyncio.gather(*later) == [number * 10 for number in range(1, 50)]
        assert disk.groups == [[0], list(range(1, 50))]
        assert disk.threads.isdisjoint({threading.get_ident()}) and len(disk.threads) == 1
        await group.close()

    asyncio.run(run())


def test_everybody_in_a_failed_commit_hears_of_it_and_the_next_one_is_tried() -> None:
    async def run() -> None:
        disk = Disk()
        group = grouped(disk)
        disk.refuse = True
        failing = [asyncio.create_task(group.put(number)) for number in range(3)]
        await begun(disk)
        disk.may.release()
        for result in await asyncio.gather(*failing, return_exceptions=True):
            assert isinstance(result, OSError)
        disk.refuse = False
        disk.may.release()
        assert await group.put(7) == 70
        await group.close()

    asyncio.run(run())


def test_a_caller_who_goes_away_takes_nobody_with_it() -> None:
    async def run() -> None:
        disk = Disk()
        group = grouped(disk)
        leaving, staying = asyncio.create_task(group.put(1)), asyncio.create_task(group.put(2))
        await begun(disk)
        leaving.cancel()
        disk.may.release()
        assert await staying == 20
        with pytest.raises(asyncio.CancelledError):
            await leaving
        assert disk.groups == [[1, 2]]
        await group.close()

    asyncio.run(run())


def test_close_waits_for_what_was_put() -> None:
    async def run() -> None:
        disk = Disk()
        group = grouped(disk)
        put = [asyncio.create_task(group.put(number)) for number in range(3)]
        await begun(disk)
        disk.may.release(10)
        await group.close()
        assert [task.result() for task in put] == [0, 10, 20]

    asyncio.run(run())


def test_what_was_committed_is_told_not_what_was_staged() -> None:
    async def run() -> None:
        def commit(group: list[int]) -> list[int]:
            return [number + 1 for number in group]

        def tell(group: list[int], items: Sequence[int]) -> list[tuple[int, int]]:
            return list(zip(items, group, strict=True))

        group = GroupCommit(list, commit, tell)
        assert await group.put(4) == (4, 5)
        await group.close()

    asyncio.run(run())
