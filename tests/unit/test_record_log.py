"""The log: receipts that verify, order, sealing, erasure, and a failure that leaves no trace."""

import asyncio
import re
import shutil
import sqlite3
from base64 import b64encode
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest

from ostiary.controller.record.checkpoint import read_checkpoint
from ostiary.controller.record.errors import BadDraft, Broken, LogClosed, LogInUse, RecordFailed
from ostiary.controller.record.log import Log
from ostiary.controller.record.opening import Erased, Opened
from ostiary.controller.record.reading import receipt_tag
from ostiary.controller.record.receipt import verify
from ostiary.controller.record.record import Draft
from ostiary.controller.record.sealing import holders_in
from ostiary.controller.record.tree import leaf_hash, verify_consistency, verify_inclusion
from ostiary.controller.store.errors import NewerSchema, StoreUnavailable
from ostiary.controller.store.keys import KeyStore
from ostiary.controller.store.log_sqlite import SqliteWriter
from ostiary.controller.store.log_store import LogPlace

MASTER = bytes(range(32))
ZERO = "00" * 32
MARCH = 1_772_500_000_000
APRIL = 1_775_500_000_000


class House:
    """A data directory with keys, and logs started in it."""

    def __init__(self, data: Path, dsn: str | None) -> None:
        self.data = data
        self.place = LogPlace(data / "log.db", dsn)
        self.keys = KeyStore(data / "keys.db", MASTER)

    def start(self) -> Log:
        return Log.start(self.place, self.keys, "northside")

    def edit(self, *statements: str) -> None:
        """Change the store behind the log's back, triggers or not."""
        with self.connected() as db:
            if self.place.dsn:
                db.execute("ALTER TABLE record DISABLE TRIGGER ALL")
            else:
                for trigger in ("record_stays", "record_wraps", "record_remains"):
                    db.execute(f"DROP TRIGGER {trigger}")
            for statement in statements:
                db.execute(self.spelled(statement))

    def connected(self) -> Any:
        if self.place.dsn:
            return closing(psycopg.connect(self.place.dsn, autocommit=True))
        return closing(sqlite3.connect(self.data / "log.db", isolation_level=None))

    def spelled(self, statement: str) -> str:
        """BYTES('x') are the bytes x, and ZERO a commitment's length of zeros."""
        statement = statement.replace("ZERO", ZERO)
        if self.place.dsn:
            return re.sub(r"BYTES\(([^)]*)\)", r"decode(\1, 'hex')", statement)
        return re.sub(r"BYTES\('([^)]*)'\)", r"x'\1'", statement)


@pytest.fixture(params=["sqlite", "postgres"])
def house(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[House]:
    dsn = request.getfixturevalue("postgres").place() if request.param == "postgres" else None
    house = House(tmp_path, dsn)
    yield house
    house.keys.close()


@pytest.fixture
def sqlite_house(tmp_path: Path) -> House:
    return House(tmp_path, None)


def draft(number: int = 0, *persons: str, at_ms: int = MARCH, about: int | None = None) -> Draft:
    body = {"number": number, "sentence": f"Sentence number {number}."}
    return Draft("decision", at_ms, body, persons, "front", "deny", "score", f"CODE{number}", about)


def running(house: House, work: Callable[[Log], Awaitable[object]]) -> None:
    """Start the log, do `work`, close it."""

    async def run() -> None:
        log = house.start()
        try:
            await work(log)
        finally:
            await log.close()

    asyncio.run(run())


def test_a_receipt_verifies_when_append_returns_and_again_later(house: House) -> None:
    async def work(log: Log) -> None:
        [receipt] = await log.append([draft(1, "p-a")])
        await log.append([draft(number) for number in range(2, 9)])
        assert (receipt.position, receipt.size, log.size) == (0, 1, 8)
        opened = log.opened(0)
        assert isinstance(opened, Opened)
        assert opened.body == {"number": 1, "sentence": "Sentence number 1."}
        assert verify(log.receipt_file(opened, receipt), log.verifier_key).ok
        later = log.receipt(opened)
        assert 1 <= later.size <= 8, "against the published checkpoint, which follows within a second"
        assert verify(log.receipt_file(opened, later), log.verifier_key).ok
        old, new = (read_checkpoint(note, log.verifier_key).root for note in (receipt.checkpoint, log.checkpoint))
        assert verify_consistency(1, 8, old, new, log.consistency(1))

    running(house, work)


def test_a_receipt_asked_for_at_any_moment_of_a_rotation_verifies_by_the_old_key_and_by_the_new(house: House) -> None:
    """What is published may be a second old, and signed by the key before."""

    async def work(log: Log) -> None:
        await log.append([draft(1, "p-a")])
        opened, first = log.opened(0), log.verifier_key
        assert isinstance(opened, Opened)
        while True:
            if log.receipt(opened).checkpoint == log.checkpoint:  # published, by the first key
                break
            await asyncio.sleep(0)
        await log.rotate_key(lambda handover: Draft("log-key", MARCH, {"line": handover.line}, (), code="log-key"))
        for number in range(2, 60):
            await log.append([draft(number)])
            file = log.receipt_file(opened)
            assert verify(file, first).ok
            assert verify(file, log.verifier_key).ok

    running(house, work)


def test_appends_at_once_keep_their_order_and_their_own_receipts(house: House) -> None:
    async def work(log: Log) -> None:
        wishes = [[draft(10 * number + part) for part in range(number % 4)] for number in range(60)]
        answers = await asyncio.gather(*(log.append(drafts) for drafts in wishes))
        asked = [one for drafts in wishes for one in drafts]
        told = [receipt for receipts in answers for receipt in receipts]
        assert [receipt.position for receipt in told] == list(range(len(asked)))
        for expected, receipt in zip(asked, told, strict=True):
            assert log.open(receipt.position) == expected.body
            root = read_checkpoint(receipt.checkpoint, log.verifier_key).root
            assert verify_inclusion(receipt.leaf, receipt.position, receipt.size, receipt.proof, root)

    running(house, work)


def test_a_new_start_finds_the_same_log(house: House) -> None:
    before: list[str] = []

    async def first(log: Log) -> None:
        await log.append(
            [draft(number, "p-a") for number in range(70)], freshness={"front-1": (3, 9)}, journal={"front-1": 4}
        )
        await log.append([], freshness={"front-1": (3, 8), "back-1": (1, 1)}, journal={"front-1": 2})
        before.extend([log.checkpoint, log.verifier_key])

    async def second(log: Log) -> None:
        assert [log.checkpoint, log.verifier_key] == before
        assert log.freshness() == {"front-1": (3, 9), "back-1": (1, 1)}
        assert log.journal() == {"front-1": 4}
        assert log.open(69) == draft(69).body
        [receipt] = await log.append([draft(70)])
        assert receipt.position == 70

    running(house, first)
    running(house, second)


def test_nothing_of_a_record_shows_in_any_file(sqlite_house: House) -> None:
    planted = "PLANTED-in-the-body"
    person = "p-abcdefghijklmnop"

    async def work(log: Log) -> None:
        secret = Draft("decision", MARCH, {"x": planted}, (person,), "front", "deny", "score", "0123456789ABCDEF")
        [receipt] = await log.append([secret])
        files = [path for path in sqlite_house.data.iterdir() if path.is_file()]
        assert {path.name for path in files} >= {"log.db", "log.db-wal", "keys.db"}
        for path in files:
            held = path.read_bytes()
            for words in (planted, person, "0123456789ABCDEF", "record/", "sentence"):
                assert words.encode() not in held, (path.name, words)
            assert receipt.salt not in held
        row = log.reading().at(0)
        assert row is not None and (row.door, row.verdict, row.code) == ("front", "deny", "score")

    running(sqlite_house, work)
    published = b"".join(path.read_bytes() for path in (sqlite_house.data / "log").rglob("*") if path.is_file())
    assert b"ostiary/northside" in published
    for words in (planted, person, "0123456789ABCDEF", "front", "deny", "score"):
        assert words.encode() not in published


def test_a_destroyed_month_is_erased_and_the_tree_still_verifies(house: House) -> None:
    async def work(log: Log) -> None:
        await log.append(
            [
                draft(0, "p-a", at_ms=MARCH),
                draft(1, "p-a", at_ms=APRIL),
                draft(2, "p-a", "p-b", at_ms=MARCH),
                draft(3, at_ms=MARCH),
            ]
        )
        assert house.keys.destroy("record/p-a/2026-03")
        erased = log.opened(0)
        assert isinstance(erased, Erased) and erased.row.code == "score"
        assert log.open(1) == draft(1).body
        assert log.open(2) == draft(2).body  # the other person's key still opens it
        assert log.open(3) == draft(3).body
        assert house.keys.destroy("record/p-b/2026-03") and house.keys.destroy("record/site/2026-03")
        assert isinstance(log.open(2), Erased) and isinstance(log.open(3), Erased)
        root = read_checkpoint(log.checkpoint, log.verifier_key).root
        leaf = log.reading().ask(
            lambda db: db.execute("SELECT commitment FROM record WHERE position = 0").fetchone()[0]
        )
        assert verify_inclusion(leaf_hash(leaf), 0, 4, log.inclusion(0), root)

    async def later(log: Log) -> None:
        assert log.size == 4 and isinstance(log.open(0), Erased)
        await log.append([draft(4, "p-a", at_ms=MARCH)])  # a new key, which opens nothing old
        assert log.open(4) == draft(4).body
        assert isinstance(log.open(0), Erased)

    running(house, work)
    running(house, later)


def test_a_key_destroyed_between_sealing_and_committing_leaves_no_unreadable_record(house: House) -> None:
    async def work(log: Log) -> None:
        waiting = asyncio.ensure_future(log.append([draft(0, "p-a")]))
        await asyncio.sleep(0)  # sealed, not yet staged
        house.keys.destroy("record/p-a/2026-03")
        await waiting
        assert log.open(0) == draft(0).body

    running(house, work)


def test_one_bad_draft_fails_its_own_caller_only(house: House) -> None:
    async def work(log: Log) -> None:
        bad = Draft("decision", MARCH, {"x": float("nan")}, ())
        good, refused = await asyncio.gather(
            log.append([draft(0)]), log.append([draft(1), bad]), return_exceptions=True
        )
        assert isinstance(refused, BadDraft)
        assert isinstance(good, list) and good[0].position == 0
        assert log.size == 1

    running(house, work)


@pytest.mark.parametrize("refuse", ["log.db is locked", "keys.db is locked", "log.db is full"])
def test_a_failed_commit_leaves_nothing_and_the_next_one_works(sqlite_house: House, refuse: str) -> None:
    async def work(log: Log) -> None:
        await log.append([draft(number) for number in range(5)])
        before = (log.size, log.checkpoint, log.freshness())
        writer, keys = log._db, sqlite_house.keys._db
        assert isinstance(writer, SqliteWriter)
        db = writer.connection
        other = sqlite3.connect(sqlite_house.data / refuse.split()[0], isolation_level=None)
        if refuse.endswith("locked"):
            db.execute("PRAGMA busy_timeout = 1")
            keys.execute("PRAGMA busy_timeout = 1")
            other.execute("BEGIN IMMEDIATE")
        else:
            db.execute(f"PRAGMA max_page_count = {db.execute('PRAGMA page_count').fetchone()[0]}")
        body = {"much": "x" * 40_000}
        failing = [
            log.append([Draft("decision", MARCH, {"n": n, **body}, ("p-new",))], freshness={"front-1": (1, n)})
            for n in range(3)
        ]
        for failure in await asyncio.gather(*failing, return_exceptions=True):
            assert isinstance(failure, RecordFailed)
            assert failure.what == "Nothing was recorded." and "tries again" in failure.now
            assert any(word in failure.why for word in ("locked", "full"))
        assert (log.size, log.checkpoint, log.freshness()) == before
        assert log.reading().size() == 5
        if refuse.endswith("locked"):
            other.execute("ROLLBACK")
        other.close()
        [receipt] = await log.append([draft(9, "p-new")])
        assert (receipt.position, log.size) == (5, 6)
        assert log.open(5) == draft(9).body

    running(sqlite_house, work)


def test_records_that_reached_the_disk_though_the_commit_failed_are_taken_up(house: House) -> None:
    async def work(log: Log) -> None:
        await log.append([draft(0)])
        failed = log.stage([draft(1), draft(2)])
        writer = log._db
        assert writer is not None
        # What a commit leaves that reached the disk and was reported as failed.
        house.keys.keep()
        writer.write(failed.rows(), lambda: (3, failed.checkpoint), {}, {})
        log._drop_writer()
        assert log.size == 1
        [receipt] = await log.append([draft(3)])
        assert (receipt.position, receipt.size, log.size) == (3, 4, 4)
        opened = log.opened(3)
        assert isinstance(opened, Opened) and verify(log.receipt_file(opened, receipt), log.verifier_key).ok
        assert log.open(1) == draft(1).body

    running(house, work)


def test_nothing_is_seen_before_it_is_durable(house: House) -> None:
    async def work(log: Log) -> None:
        await log.append([draft(0)])
        batch = log.stage([draft(1), draft(2)])
        assert batch.growth.size == 3
        assert (log.size, log.reading().size()) == (1, 1)
        with pytest.raises(IndexError):
            log.open(1)
        with pytest.raises(IndexError):
            log.inclusion(1)
        assert log.commit(batch) is batch
        assert (log.size, log.reading().size()) == (3, 3)

    running(house, work)


@pytest.mark.parametrize(
    ("edit", "why"),
    [
        (
            ("UPDATE record SET commitment = BYTES('ZERO') WHERE position = 3",),
            "not the ones that it signed",
        ),
        (("DELETE FROM record WHERE position = 3",), "record 3 is missing"),
        (("DELETE FROM record WHERE position = 9",), "signed for 10 records and has 9"),
        (("DELETE FROM checkpoint WHERE size = 10",), "signed for 5 records and has 10"),
        (("DELETE FROM checkpoint",), "no checkpoint"),
        (("UPDATE checkpoint SET note = replace(note, 'a', 'b')",), "not signed by this site's key"),
        (("UPDATE checkpoint SET size = 11 WHERE size = 10",), "signed for 10"),
        (
            (
                "DELETE FROM checkpoint WHERE size = 10",
                "UPDATE checkpoint SET size = 10",
            ),
            "signed for 5",
        ),
    ],
)
def test_a_log_that_disagrees_with_its_signature_does_not_start(house: House, edit: tuple[str, ...], why: str) -> None:
    async def work(log: Log) -> None:
        await log.append([draft(number) for number in range(5)])
        await log.append([draft(number) for number in range(5, 10)])

    running(house, work)
    house.edit(*edit)
    with pytest.raises(Broken) as refused:
        house.start()
    assert why in refused.value.why
    assert "restore" in refused.value.now


def test_keys_of_another_site_do_not_start_the_log(house: House, tmp_path: Path) -> None:
    running(house, lambda log: log.append([draft(0)]))
    other = KeyStore(tmp_path / "other.db", MASTER)
    with pytest.raises(Broken, match="no key that signs"):
        Log.start(house.place, other, "northside")
    other.get_or_create("log/sign")
    with pytest.raises(Broken, match="not signed by this site's key"):
        Log.start(house.place, other, "northside")


@pytest.mark.parametrize(
    ("edit", "why"),
    [
        ("UPDATE record SET verdict = 'grant' WHERE position = 1", "verdict"),
        ("UPDATE record SET door = 'back' WHERE position = 1", "door"),
        ("UPDATE record SET at_ms = 1 WHERE position = 1", "at_ms"),
        ("UPDATE record SET about = 0 WHERE position = 1", "about"),
        ("UPDATE record SET receipt_tag = NULL WHERE position = 1", "receipt_tag"),
        ("UPDATE record SET sealed = (SELECT sealed FROM record WHERE position = 0) WHERE position = 1", "belong"),
        (
            "UPDATE record SET commitment = BYTES('ZERO') WHERE position = 1",
            "in the tree|belong together",
        ),
        ("UPDATE record SET wraps = (SELECT wraps FROM record WHERE position = 0) WHERE position = 1", "belong"),
        ("DELETE FROM record WHERE position = 1", "missing"),
    ],
)
def test_a_record_that_was_changed_behind_our_back_is_broken(house: House, edit: str, why: str) -> None:
    async def work(log: Log) -> None:
        await log.append([draft(0, "p-a"), draft(1, "p-a")])
        house.edit(edit)
        with pytest.raises(Broken) as refused:
            log.open(1)
        assert re.search(why, refused.value.why)
        assert log.open(0) == draft(0).body

    running(house, work)


def test_the_store_itself_refuses_changes(house: House) -> None:
    async def work(log: Log) -> None:
        await log.append([draft(0)])
        added = "INSERT INTO record (position, kind, at_ms, commitment, wraps, sealed)"
        held = "'decision', 1, BYTES('ZERO'), BYTES(''), BYTES('')"
        with house.connected() as db:
            for statement in (
                "UPDATE record SET code = 'x'",
                "UPDATE record SET sealed = BYTES('')",
                "UPDATE record SET wraps = sealed",
                "DELETE FROM record",
                f"{added} VALUES (0, {held})",
            ):
                with pytest.raises((sqlite3.IntegrityError, psycopg.errors.IntegrityError)):
                    db.execute(house.spelled(statement))
            db.execute(house.spelled("UPDATE record SET wraps = BYTES('')"))  # an erasure
        assert isinstance(log.opened(0), Erased)

    running(house, work)


# The tables of schema 1, which held leaves, and wraps one to a row.
SCHEMA_1 = """
CREATE TABLE old (
  position INTEGER PRIMARY KEY, kind TEXT NOT NULL, door TEXT, at_ms INTEGER NOT NULL, verdict TEXT, code TEXT,
  receipt_tag BLOB, about INTEGER, leaf BLOB NOT NULL CHECK (length(leaf) = 32), sealed BLOB NOT NULL
) STRICT;
CREATE TABLE wrap (
  position INTEGER NOT NULL, holder BLOB NOT NULL, wrapped BLOB NOT NULL, PRIMARY KEY (position, holder)
) STRICT, WITHOUT ROWID;
INSERT INTO old SELECT position, kind, door, at_ms, verdict, code, receipt_tag, about, leaf_hash(commitment), sealed
FROM record;
DROP TABLE record;
ALTER TABLE old RENAME TO record;
CREATE INDEX record_receipt ON record (receipt_tag) WHERE receipt_tag IS NOT NULL;
CREATE INDEX record_about ON record (about) WHERE about IS NOT NULL;
CREATE INDEX record_act ON record (kind, position) WHERE kind NOT IN ('decision', 'event', 'outcome', 'refusal');
CREATE TRIGGER record_follows BEFORE INSERT ON record BEGIN SELECT 1; END;
CREATE TRIGGER record_stays BEFORE UPDATE ON record BEGIN SELECT raise(ABORT, 'records are never changed'); END;
CREATE TRIGGER record_remains BEFORE DELETE ON record BEGIN SELECT raise(ABORT, 'records are never deleted'); END;
PRAGMA user_version = 1
"""


def test_a_file_of_the_first_schema_is_brought_forward(sqlite_house: House) -> None:
    before: list[str] = []

    async def first(log: Log) -> None:
        await log.append([draft(0, "p-a"), draft(1, "p-a", "p-b"), draft(2)], freshness={"front-1": (3, 9)})
        before.append(log.checkpoint)

    running(sqlite_house, first)
    with sqlite_house.connected() as db:
        db.create_function("leaf_hash", 1, leaf_hash)
        wraps = db.execute("SELECT position, wraps FROM record").fetchall()
        db.executescript(SCHEMA_1)
        rows = [(position, *one) for position, packed in wraps for one in holders_in(packed)]
        db.executemany("INSERT INTO wrap VALUES (?, ?, ?)", rows)
        assert len(rows) == 4
    shutil.rmtree(sqlite_house.data / "log")  # nor were there any tiles

    async def second(log: Log) -> None:
        assert [log.checkpoint] == before
        assert log.freshness() == {"front-1": (3, 9)}
        for number in range(3):
            assert log.open(number) == draft(number).body
        assert log.reading().by_receipt_tag(receipt_tag("CODE1")) == log.reading().at(1)
        [receipt] = await log.append([draft(3)])
        assert receipt.position == 3

    running(sqlite_house, second)
    running(sqlite_house, lambda log: log.append([draft(4)]))
    with sqlite_house.connected() as db, pytest.raises(sqlite3.IntegrityError):
        db.execute("DELETE FROM record")


def test_one_keeper_at_a_time(house: House) -> None:
    async def work(log: Log) -> None:
        with pytest.raises(LogInUse, match="Another keeper"):
            house.start()

    running(house, work)
    running(house, lambda log: log.append([draft(0)]))


def test_a_closed_log_takes_nothing_and_finishes_what_waits(house: House) -> None:
    async def run() -> None:
        log = house.start()
        waiting = [asyncio.ensure_future(log.append([draft(number)])) for number in range(5)]
        await asyncio.sleep(0)
        await log.close()
        assert [task.result()[0].position for task in waiting] == list(range(5))
        with pytest.raises(LogClosed):
            await log.append([draft(9)])
        await log.close()

    asyncio.run(run())


def test_a_newer_log_and_no_log_are_refused_in_words(sqlite_house: House, tmp_path: Path) -> None:
    running(sqlite_house, lambda log: log.append([draft(0)]))
    db = sqlite3.connect(sqlite_house.data / "log.db")
    db.execute("PRAGMA user_version = 99")
    db.close()
    with pytest.raises(NewerSchema, match="schema 99"):
        sqlite_house.start()
    with pytest.raises(StoreUnavailable):
        Log.start(tmp_path / "nowhere" / "log.db", sqlite_house.keys, "northside")
    (tmp_path / "noise.db").write_bytes(b64encode(bytes(8192)))
    with pytest.raises(StoreUnavailable, match="not a database"):
        Log.start(tmp_path / "noise.db", sqlite_house.keys, "northside")


def test_a_line_that_is_cut_just_after_it_was_opened_refuses_and_is_opened_again(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut(db: Any) -> None:
        raise db.errors[0]("terminating connection")

    async def work(log: Log) -> None:
        await log.append([draft(0)])
        log._drop_writer()
        with monkeypatch.context() as patched:
            patched.setattr("ostiary.controller.store.log_db.last_checkpoint", cut)
            with pytest.raises(RecordFailed, match="terminating connection"):
                await log.append([draft(1)])
        [receipt] = await log.append([draft(2)])
        assert (receipt.position, log.size) == (1, 2)

    running(house, work)
