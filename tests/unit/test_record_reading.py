"""Reading rows without a key: right rows, right order, and no way to write."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from ostiary.controller.record.log import Log
from ostiary.controller.record.reading import Reading, receipt_tag
from ostiary.controller.record.record import Draft
from ostiary.controller.store.errors import StoreUnavailable
from ostiary.controller.store.keys import KeyStore
from ostiary.controller.store.log_sqlite import SqliteReader


def drafts() -> list[Draft]:
    return [
        Draft("publish", 10, {}, (), code="publish"),
        Draft("decision", 20, {}, ("p-a",), "front", "grant", "ok", "0123456789ABCDEF"),
        Draft("decision", 30, {}, ("p-a",), "front", "deny", "score", "ZZZZZZZZZZZZZZZZ"),
        Draft("outcome", 40, {}, ("p-a",), "front", code="acted", about=1),
        Draft("event", 50, {}, (), "front", code="closed"),
        Draft("publish", 60, {}, (), code="publish"),
        Draft("decision", 70, {}, (), "studio", "deny", "stranger", "1111111111111110"),
    ]


@pytest.fixture
def reading(tmp_path: Path) -> Iterator[Reading]:
    async def write() -> None:
        log = Log.start(tmp_path / "log.db", KeyStore(tmp_path / "keys.db", bytes(32)), "northside")
        await log.append(drafts())
        await log.close()

    asyncio.run(write())
    reading = Reading(tmp_path / "log.db")
    yield reading
    reading.close()


def test_pages_go_backward_from_the_newest(reading: Reading) -> None:
    assert [row.position for row in reading.newest(3)] == [6, 5, 4]
    assert [row.position for row in reading.newest(3, before=4)] == [3, 2, 1]
    assert [row.position for row in reading.newest(9, before=1)] == [0]
    assert reading.newest(3, before=0) == []


def test_following_goes_forward(reading: Reading) -> None:
    assert [row.position for row in reading.since(-1)] == list(range(7))
    assert [row.position for row in reading.since(4)] == [5, 6]
    assert [row.position for row in reading.since(-1, limit=2)] == [0, 1]
    assert reading.since(6) == []
    assert reading.size() == 7


def test_a_row_has_the_columns_of_its_draft(reading: Reading) -> None:
    for expected, row in zip(drafts(), reading.since(-1), strict=True):
        assert (row.kind, row.at_ms, row.door, row.verdict, row.code, row.about) == (
            expected.kind,
            expected.at_ms,
            expected.door,
            expected.verdict,
            expected.code,
            expected.about,
        )
        assert reading.at(row.position) == row
    assert reading.at(7) is None
    assert reading.at(-1) is None


@pytest.mark.parametrize(
    ("typed", "position"),
    [
        ("0123456789ABCDEF", 1),
        ("0123-4567-89AB-CDEF", 1),
        ("o123 4567 89ab cdef", 1),
        ("zzzz-zzzz-zzzz-zzzz", 2),
        ("IL11-1111-1111-111O", 6),
        ("0123456789ABCDE", None),
        ("", None),
        ("\ud800", None),
    ],
)
def test_a_receipt_code_is_found_as_people_type_it(reading: Reading, typed: str, position: int | None) -> None:
    row = reading.by_receipt(typed)
    assert (row.position if row else None) == position
    assert reading.by_receipt_tag(receipt_tag("0123456789ABCDEF")) == reading.at(1)


def test_outcomes_and_the_last_of_a_kind(reading: Reading) -> None:
    assert reading.outcome_of(1) == reading.at(3)
    assert reading.outcome_of(2) is None
    assert reading.last_of("publish") == reading.at(5)
    assert reading.last_of("decision") == reading.at(6)
    assert reading.last_of("look-up") is None


@pytest.mark.parametrize("kind", ["publish", "decision"])
def test_the_last_of_a_kind_needs_no_walk_through_the_log(reading: Reading, kind: str) -> None:
    asked: list[str] = []
    assert isinstance(reading._db, SqliteReader)
    db = reading._db.connection
    db.set_trace_callback(asked.append)
    reading.last_of(kind)
    db.set_trace_callback(None)
    [plan] = db.execute(f"EXPLAIN QUERY PLAN {asked[0]}").fetchall()
    # A seldom kind by its index; an everyday kind from the end, where one is near.
    assert ("record_act" in plan[3]) == (kind == "publish")


def test_decisions_are_counted_by_verdict(reading: Reading) -> None:
    assert reading.count() == {"grant": 1, "deny": 2}
    assert reading.count(among=1) == {"deny": 1}


def test_the_connection_cannot_write(reading: Reading) -> None:
    with pytest.raises(StoreUnavailable, match="readonly"):
        reading.ask(lambda db: db.execute("DELETE FROM checkpoint"))


def test_no_log_is_told_in_three_parts(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable) as refused:
        Reading(tmp_path / "log.db")
    assert refused.value.what and refused.value.why and refused.value.now
    assert not (tmp_path / "log.db").exists()


def test_rows_appear_while_the_log_is_written(tmp_path: Path) -> None:
    async def run() -> None:
        log = Log.start(tmp_path / "log.db", KeyStore(tmp_path / "keys.db", bytes(32)), "northside")
        web = Reading(tmp_path / "log.db")
        for number in range(5):
            await log.append([Draft("decision", number, {}, (), verdict="deny")])
            assert [row.position for row in web.since(number - 1)] == [number]
        web.close()
        await log.close()

    asyncio.run(run())


def test_a_persons_decisions_are_found_without_an_index_of_persons(tmp_path: Path) -> None:
    day_ms = 86_400_000
    at_ms = [day * day_ms for day in (10, 20, 40, 70, 71)]
    persons = [("p-a",), ("p-b",), ("p-a",), ("p-a", "p-b"), ()]

    async def story() -> dict[str, list[int]]:
        keys = KeyStore(tmp_path / "keys.db", bytes(32))
        log = Log.start(tmp_path / "log.db", keys, "northside")
        drafts = [
            Draft("decision", at, {"n": number}, who, "front", "deny", "score")
            for number, (at, who) in enumerate(zip(at_ms, persons, strict=True))
        ]
        await log.append([*drafts, Draft("event", at_ms[4], {}, ("p-a",), "front", code="closed")])
        until_ms = 80 * day_ms

        def found(person: str, since_ms: int, most: int = 9) -> list[int]:
            return [one.row.position for one in log.decisions_of(person, since_ms, until_ms, most)]

        told = {
            "all": found("p-a", 0),
            "some": found("p-a", 0, 2),
            "late": found("p-a", 30 * day_ms),
            "other": found("p-b", 0),
            "nobody": found("p-z", 0),
        }
        keys.destroy("record/p-a/1970-02")  # the month of the third
        told["erased"] = found("p-a", 0)
        assert [row.position for row in log.reading().all_of("publish")] == []
        await log.close()
        return told

    assert asyncio.run(story()) == {
        "all": [3, 2, 0],
        "some": [3, 2],
        "late": [3, 2],
        "other": [3, 1],
        "nobody": [],
        "erased": [3, 0],
    }


def test_all_records_of_a_kind_are_found_newest_first(reading: Reading) -> None:
    assert [row.position for row in reading.all_of("publish")] == [5, 0]
