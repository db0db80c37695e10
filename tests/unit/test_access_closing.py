"""Closing: each decision gets one outcome, across failures and restarts, and what comes later says what it corrects."""

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostiary.controller.access.closing import PIECE, UNKNOWN, WAIT_MS, Closing
from ostiary.controller.access.fleet_record import record_fleet
from ostiary.controller.access.journals import Decided
from ostiary.controller.app import Keeper, open_keeper
from ostiary.controller.fleet.nodes import fleet_nodes
from ostiary.controller.founding import found
from ostiary.controller.record.errors import RecordFailed
from ostiary.controller.record.opening import Erased
from ostiary.controller.record.reading import Row
from ostiary.controller.record.record import Draft, month_of
from ostiary.controller.site import Site
from ostiary.controller.store.places import Places

PERSON = "p-a"


def test_what_is_told_in_time_is_not_closed_and_the_rest_is_once() -> None:
    closing = Closing()
    for position in (3, 5, 8):
        closing.decided(position, "front", position)
    assert closing.told(5)
    assert closing.due(WAIT_MS + 2, PIECE) == []
    assert [held.position for held in closing.due(WAIT_MS + 8, PIECE)] == [3, 8]
    closing.settled([3, 5, 8])
    assert closing.due(10 * WAIT_MS, PIECE) == []
    assert not closing.told(3), "closed before: this outcome is a correction"
    assert closing.upto() == 9


def test_an_outcome_that_was_not_recorded_is_still_owed() -> None:
    closing = Closing()
    closing.decided(1, "front", 0)
    closing.decided(2, "front", 0)
    assert closing.told(2)
    closing.failed([2])
    due = [held.position for held in closing.due(WAIT_MS, PIECE)]
    assert sorted(due) == [1, 2]
    assert closing.upto() == 1 and closing.upto(due) == 3
    closing.failed(due)
    assert sorted(held.position for held in closing.due(WAIT_MS, PIECE)) == [1, 2]


@given(st.lists(st.tuples(st.sampled_from(["decided", "told", "due", "settled", "failed"]), st.integers(0, 9))))
def test_how_far_all_is_closed_is_the_lowest_that_waits(steps: list[tuple[str, int]]) -> None:
    closing, opened, settling, seen = Closing(), dict[int, None](), set[int](), 0
    for what, number in steps:
        if what == "decided" and number not in settling:
            closing.decided(number, "front", 0)
            opened[number], seen = None, max(seen, number + 1)
        elif what == "told":
            assert closing.told(number) == (number in opened)
            if number in opened:
                del opened[number]
                settling.add(number)
        elif what == "due":
            found = {held.position for held in closing.due(WAIT_MS, number)}
            assert len(found) == min(number, len(opened))
            settling |= found
            opened = {position: None for position in opened if position not in found}
        elif what == "settled":
            closing.settled([number])
            settling.discard(number)
        elif what == "failed":
            closing.failed([number])
            opened |= {number: None} if number in settling else {}
            settling.discard(number)
        waiting = opened.keys() | settling
        assert closing.upto() == min(waiting, default=seen)
        assert closing.upto([number]) == min(waiting - {number}, default=seen)


@given(st.lists(st.sampled_from(["decision", "event", "outcome", "refusal"]), max_size=60), st.randoms())
def test_a_restart_finds_exactly_the_open_decisions(kinds: list[str], chance: Any) -> None:
    rows: list[Row] = []
    still: set[int] = set()
    for position, kind in enumerate(kinds):
        about = chance.choice(sorted(still)) if kind == "outcome" and still else None
        rows.append(Row(position, kind, "front", 0, None, None, about))
        if kind == "decision":
            still.add(position)
        still.discard(-1 if about is None else about)
    closing = Closing()
    closing.follow(rows, 0)
    assert closing.upto() == min(still, default=len(rows))
    assert {held.position for held in closing.due(WAIT_MS, len(rows))} == still


# --- the keeper, with its log, without a broker ---------------------------------------------------------------------


def keeper_in(data: Path) -> Keeper:
    found(Places(data), Site("northside", 1, 2), ("front",))
    return open_keeper(data)


def decision(number: int) -> Draft:
    return Draft("decision", 1_772_500_000_000 + number, {"person": PERSON}, (PERSON,), "front", "grant", "granted")


async def ended(keeper: Keeper) -> None:
    await keeper.log.close()
    keeper.keys.close()


def test_a_lost_answer_is_closed_once_also_by_a_keeper_that_starts_later(tmp_path: Path) -> None:
    async def story() -> None:
        keeper = keeper_in(tmp_path)
        await keeper.log.append([decision(number) for number in range(3)])
        await keeper.log.append([Draft("outcome", 1, {}, (), "front", code="acted", about=1)])
        await ended(keeper)  # a crash before anybody heard of the other two

        keeper = keeper_in(tmp_path)
        late = 10**15
        await keeper.closer.close_due(0)
        assert keeper.log.size == 4, "nothing is closed before its time"
        await keeper.closer.close_due(late)
        await keeper.closer.close_due(late)
        reading = keeper.log.reading()
        closed = [(row.about, row.code) for row in reading.since(3)]
        assert closed == [(0, UNKNOWN), (2, UNKNOWN)]
        body = keeper.log.open(4)
        assert isinstance(body, dict) and body["about"] == 0
        assert keeper.keys.destroy(f"record/{PERSON}/{month_of(keeper.now_ms())}")
        assert isinstance(keeper.log.opened(5), Erased), "filed under the person whom it concerns, and nobody else"
        await ended(keeper)

        keeper = keeper_in(tmp_path)
        await keeper.closer.close_due(late)
        assert keeper.log.size == 6, "closed by the keeper before"
        # The node is heard after all: its word stands beside the first and says what it corrects.
        before = {about: keeper._journals.closed_by(about) for about in (1, 2)}
        assert [(row.position, row.code) for row in before.values() if row] == [(3, "acted"), (5, UNKNOWN)]
        # A replayed answer is refused again, and that is no second outcome; a first word of the node is one.
        refused = {"v": 1, "boot": 1, "at": {"ms": 1, "clock": "set"}, "kind": "refused"}
        notes: list[Any] = []
        for seq, about in ((1, 1), (2, 2)):
            code = f"{about:016d}"
            keeper._journals.decided(code, Decided(about, "front", (), True))
            standing = SimpleNamespace(node="front-1", door="front", roles=("reader", "strike"))
            notes.append(SimpleNamespace(standing=standing, message={**refused, "seq": seq, "receipt": code}))
        drafts = keeper._journals.taken(notes, 1).drafts
        assert [(draft.kind, draft.body["corrects"]) for draft in drafts] == [("event", None), ("outcome", 5)]
        await ended(keeper)

    asyncio.run(story())


def test_an_ask_waits_for_one_piece_of_what_is_closed_late_and_not_for_all(tmp_path: Path) -> None:
    async def story() -> None:
        many = 4 * PIECE
        keeper = keeper_in(tmp_path)
        await keeper.log.append([decision(number) for number in range(many)])
        keeper.closer.take_up()
        closing = asyncio.create_task(keeper.closer.close_due(10**15))
        await asyncio.sleep(0)  # the first piece is on its way
        [asked] = await keeper.log.append([decision(many)])
        assert asked.position <= many + 2 * PIECE
        await closing
        closed = [row for row in keeper.log.reading().since(many - 1) if row.kind == "outcome"]
        assert [row.about for row in closed] == list(range(many))
        assert keeper._closing.upto() == many
        await ended(keeper)

    asyncio.run(story())


def test_a_store_that_refuses_is_an_alarm_once_and_a_record_when_it_works_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def story() -> None:
        keeper = keeper_in(tmp_path)
        await keeper.log.append([decision(0)])
        keeper.closer.take_up()
        refused = RecordFailed("Nothing was recorded.", "The disk is full.", "Make space.")
        keeper._outage.failed(refused, 3, 7)
        keeper._outage.failed(refused, 2, 9)
        assert keeper.outage() == {"since_ms": 7, "why": "The disk is full.", "unanswered": 5}
        assert len([line for line in caplog.messages if "ALARM" in line]) == 1
        await keeper.closer.close_due(0)  # nothing is due; it only finds out
        assert keeper.outage() is None
        row = keeper.log.reading().last_of("alarm")
        assert row is not None and row.code == "store-failed"
        body = keeper.log.open(row.position)
        assert isinstance(body, dict) and (body["since_ms"], body["unanswered"]) == (7, 5)
        await ended(keeper)

    asyncio.run(story())


def test_who_may_speak_for_a_door_is_recorded_when_it_changes(tmp_path: Path) -> None:
    async def story() -> None:
        keeper = keeper_in(tmp_path)
        await record_fleet(keeper.site, keeper.log, fleet_nodes(keeper._places), keeper.now_ms())
        await record_fleet(keeper.site, keeper.log, fleet_nodes(keeper._places), keeper.now_ms())
        assert keeper.log.size == 1
        await ended(keeper)
        found(Places(tmp_path), Site("northside", 1, 2), ("front", "studio"))
        keeper = open_keeper(tmp_path)
        await record_fleet(keeper.site, keeper.log, fleet_nodes(keeper._places), keeper.now_ms())
        row = keeper.log.reading().last_of("fleet")
        body = keeper.log.open(row.position) if row else None
        assert isinstance(body, dict) and [node["door"] for node in body["nodes"]] == ["front", "studio"]
        await ended(keeper)

    asyncio.run(story())
