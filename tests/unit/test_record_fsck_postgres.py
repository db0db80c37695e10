"""Fsck of a log in PostgreSQL: the same judge, the same words, whatever keeps the records."""

import asyncio
from pathlib import Path

import psycopg
import pytest

from ostiary.controller.record import fsck
from ostiary.controller.record.fsck import Report
from ostiary.controller.record.log import Log
from ostiary.controller.store.errors import StoreUnavailable
from ostiary.controller.store.keys import KeyStore, load_or_make_master
from ostiary.controller.store.log_store import LogPlace
from ostiary.controller.store.places import Places
from tests.postgres_server import PostgresServer
from tests.unit.test_record_fsck import decision, erasure, event

DECISIONS, OUTCOMES = 280, 9
TOTAL = DECISIONS + OUTCOMES


class Kept:
    """A site whose log is in a schema of its own."""

    def __init__(self, data: Path, server: PostgresServer) -> None:
        self.places = Places(data)
        self.place = LogPlace(self.places.log_db, server.place())
        asyncio.run(self._fill())

    async def _fill(self) -> None:
        keys = KeyStore(self.places.keys_db, load_or_make_master(self.places.master_key))
        log = Log.start(self.place, keys, "northside")
        for start in range(0, DECISIONS, 20):
            await log.append([decision(number) for number in range(start, start + 20)])
        for number in range(1, OUTCOMES + 1):
            await log.append([event(number, number)], journal={"front-1": number})
        await log.close()
        keys.close()

    def edit(self, statement: str) -> None:
        """Change the store behind the log's back, triggers or not."""
        with psycopg.connect(self.place.dsn or "", autocommit=True) as db:
            db.execute("ALTER TABLE record DISABLE TRIGGER ALL")
            db.execute(statement)

    def judged(self) -> Report:
        return fsck.check(self.places, "northside", self.place, lambda _stage, _done, _total: None)


@pytest.fixture
def kept(tmp_path: Path, postgres: PostgresServer) -> Kept:
    return Kept(tmp_path, postgres)


def test_a_whole_log_is_whole(kept: Kept) -> None:
    report = kept.judged()
    assert report.findings == []
    assert (report.records, report.readable, report.published) == (TOTAL, TOTAL, TOTAL)
    assert report.open_decisions == DECISIONS - OUTCOMES


@pytest.mark.parametrize(
    ("edit", "position", "why"),
    [
        ("UPDATE record SET door = 'back' WHERE position = 17", 17, "something else than the record: door"),
        ("UPDATE record SET receipt_tag = NULL WHERE position = 17", 17, "receipt_tag"),
        ("UPDATE record SET commitment = decode(repeat('00', 32), 'hex') WHERE position = 17", 17, "it was changed"),
        ("UPDATE record SET sealed = decode(repeat('00', 300), 'hex') WHERE position = 17", 17, "it was changed"),
        ("UPDATE record SET wraps = decode('00', 'hex') WHERE position = 17", 17, "torn"),
        ("UPDATE record SET wraps = '' WHERE position = 17", 17, "nobody can read it"),
        ("DELETE FROM record WHERE position = 17", 17, "missing"),
        ("DELETE FROM record WHERE position >= 285", None, "went back"),
        ("DELETE FROM checkpoint WHERE size = 289", TOTAL - 1, "under no checkpoint"),
        ("UPDATE checkpoint SET note = replace(note, '20', '21') WHERE size = 20", 19, "does not sign"),
        ("UPDATE journal SET upto = 40", None, "kept up to 40, and its records end at 9"),
        ("INSERT INTO journal VALUES ('/closed', 1)", 0, "no record says what became of it"),
    ],
)
def test_every_damage_is_named_with_its_record(kept: Kept, edit: str, position: int | None, why: str) -> None:
    kept.edit(edit)
    report = kept.judged()
    assert any(why in finding.why and finding.position == position for finding in report.findings), report.findings
    first = report.first()
    assert first is not None
    assert len(report.neighbours) == (0 if first.position is None else 3)


def test_an_unreadable_record_is_accepted_where_an_erasure_names_it(kept: Kept) -> None:
    kept.edit("UPDATE record SET wraps = '' WHERE position = 17")

    async def erase() -> None:
        keys = KeyStore(kept.places.keys_db, load_or_make_master(kept.places.master_key))
        log = Log.start(kept.place, keys, "northside")
        await log.append([erasure(17)])
        await log.close()
        keys.close()

    asyncio.run(erase())
    report = kept.judged()
    assert report.findings == [] and report.erased == 1


def test_a_server_that_is_away_is_no_verdict(tmp_path: Path) -> None:
    nowhere = LogPlace(tmp_path / "log.db", f"host={tmp_path} dbname=postgres")
    with pytest.raises(StoreUnavailable):
        fsck.check(Places(tmp_path), "northside", nowhere, lambda _stage, _done, _total: None)
