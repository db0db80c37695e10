"""The live feed tells every viewer everything once, lets go of the slow, and rests when nobody looks."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from ostiary.controller.web import live
from ostiary.controller.web.live import Feed, Sources, event, stream
from ostiary.controller.web.problem import TooManyViewers
from ostiary.controller.web.views import DoorState, Row


class House:
    """A log and a door that can be looked at; counts its looks."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.door = DoorState("front", "Front", here=True)
        self.looked = asyncio.Semaphore(0)

    def decide(self, many: int = 1) -> None:
        for _ in range(many):
            # Every second record is a decision, as with the outcomes between them.
            position = 2 * len(self.rows)
            self.rows.append(Row(position, 1000 + position, "front", "grant", "granted", "every clause holds"))

    def sources(self) -> Sources:
        async def doors() -> list[DoorState]:
            self.looked.release()
            return [self.door]

        def since(position: int, limit: int) -> tuple[list[Row], int]:
            upto = min(position + limit, self.last())
            return [row for row in self.rows if position < row.position <= upto], max(upto, position)

        return Sources(lambda: len(self.rows), self.last, since, doors)

    def last(self) -> int:
        return 2 * len(self.rows) - 1


def say(happening: Row | DoorState) -> tuple[str, str]:
    return ("decision", str(happening.position)) if isinstance(happening, Row) else ("door", happening.contact)


def run(story: Callable[[House, Feed], Awaitable[None]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "LOG_EVERY_S", 0.001)
    monkeypatch.setattr(live, "DOORS_EVERY_S", 0.001)

    async def told() -> None:
        house = House()
        async with asyncio.timeout(20):
            await story(house, Feed(house.sources()))

    asyncio.run(told())


async def positions(queue: "asyncio.Queue[Row | DoorState | None]", many: int) -> list[int]:
    found: list[int] = []
    while len(found) < many:
        happening = await queue.get()
        if isinstance(happening, Row):
            found.append(happening.position)
    return found


def test_every_viewer_sees_every_decision_once_and_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(house: House, feed: Feed) -> None:
        house.decide(3)
        async with feed.viewer() as one, feed.viewer() as other:
            house.decide(200)
            wanted = [row.position for row in house.rows[3:]]
            assert await positions(one, 200) == wanted
            assert await positions(other, 200) == wanted

    run(story, monkeypatch)


def test_a_door_is_told_when_it_changes_and_not_again(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(house: House, feed: Feed) -> None:
        async with feed.viewer() as queue:
            assert await queue.get() == house.door
            for _ in range(4):
                await house.looked.acquire()
            assert queue.empty()
            house.door = DoorState("front", "Front", here=True, contact="open")
            assert await queue.get() == house.door
        async with feed.viewer() as late:
            assert await late.get() == house.door, "who comes later learns how the door stands now"

    run(story, monkeypatch)


def test_nobody_watching_means_nobody_looking(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(house: House, feed: Feed) -> None:
        async with feed.viewer() as queue:
            await queue.get()
        assert feed.viewers == 0
        others = asyncio.all_tasks() - {asyncio.current_task()}
        await asyncio.wait(others)
        assert all(task.cancelled() for task in others)

    run(story, monkeypatch)


def test_a_viewer_that_does_not_keep_up_is_let_go_and_others_are_not(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(house: House, feed: Feed) -> None:
        async with feed.viewer() as slow, feed.viewer() as quick:
            house.decide(live.MOST_WAITING + 50)
            assert len(await positions(quick, live.MOST_WAITING + 50)) == live.MOST_WAITING + 50
            left = [slow.get_nowait() for _ in range(slow.qsize())]
            assert None in left

    run(story, monkeypatch)


def test_closing_ends_every_stream(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(house: House, feed: Feed) -> None:
        bodies = [stream(feed, say, None) for _ in range(3)]
        for body in bodies:
            assert (await anext(body)).startswith(b"retry:")
        feed.close()
        for body in bodies:
            async for _ in body:
                pass
        assert feed.viewers == 0
        with pytest.raises(TooManyViewers):
            feed.require_room()

    run(story, monkeypatch)


def test_a_viewer_who_returns_gets_what_was_missed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(house: House, feed: Feed) -> None:
        house.decide(10)
        body = stream(feed, say, house.rows[4].position)
        await anext(body)
        seen = [await anext(body)]
        house.decide(5)
        while len(seen) < 10:
            # What came together is told together; each event ends with an empty line.
            told = (await anext(body)).split(b"\n\n")
            seen += [one + b"\n\n" for one in told if one.startswith(b"event: decision")]
        assert seen == [event(row, say) for row in house.rows[5:]]
        await body.aclose()
        assert feed.viewers == 0

    run(story, monkeypatch)


def test_room_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "MOST_VIEWERS", 1)

    async def story(house: House, feed: Feed) -> None:
        async with feed.viewer():
            with pytest.raises(TooManyViewers):
                async with feed.viewer():
                    pass
        async with feed.viewer():
            pass

    run(story, monkeypatch)


def test_an_event_is_one_event_whatever_its_data() -> None:
    row = Row(7, 0, "front", "deny", "x", "x")
    told = event(row, lambda _: ("decision", "<li>\n\n  event: forged\r\n</li>"))
    assert told.count(b"\n\n") == 1
    assert told.endswith(b"\n\n")
    for line in told.decode().strip().split("\n"):
        assert line.split(":")[0] in ("event", "id", "data")
