"""Fsck: silent on a whole log, and loud wherever a byte of it was changed."""

import asyncio
import binascii
import json
import os
import random
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ostiary.controller import site as settings
from ostiary.controller.record import fsck
from ostiary.controller.record.fsck import Report
from ostiary.controller.record.fsck_words import in_words
from ostiary.controller.record.handover import Handover
from ostiary.controller.record.log import Log
from ostiary.controller.record.record import Draft
from ostiary.controller.site import Site
from ostiary.controller.store.keys import KeyStore, load_or_make_master
from ostiary.controller.store.log_store import LogPlace
from ostiary.controller.store.places import Places

LONG = os.environ.get("OSTIARY_LONG") == "1"
MARCH, APRIL = 1_772_500_000_000, 1_775_500_000_000
SIZE = 600


def decision(number: int) -> Draft:
    body = {"person": f"p-{number % 7}", "sentence": "No."}
    persons = (f"p-{number % 7}",) if number % 3 else (f"p-{number % 7}", "p-guest")
    at_ms = MARCH if number < 400 else APRIL
    return Draft("decision", at_ms, body, persons, "front", "deny", "score", f"CODE{number:012d}")


def event(number: int, about: int) -> Draft:
    body = {"node": "front-1", "boot": 1, "seq": number, "kind": "acted"}
    return Draft("outcome", MARCH, body, (), "front", None, "acted", None, about)


def erasure(*indices: int) -> Draft:
    body = {"indices": list(indices), "requester": "p-3", "reason": "asked", "second_approver": "anna"}
    return Draft("erase", APRIL, body, (), code="erase")


def handed(handover: Handover) -> Draft:
    return Draft("log-key", APRIL, {"line": handover.line}, (), code="log-key")


async def _fill(places: Places) -> None:
    keys = KeyStore(places.keys_db, load_or_make_master(places.master_key))
    log = Log.start(places.log_db, keys, "northside")
    for start in range(0, SIZE, 20):
        await log.append([decision(number) for number in range(start, start + 20)])
        if start == SIZE - 20:
            await log.rotate_key(handed)
    for number in range(1, 40):
        await log.append([event(number, number)], journal={"front-1": number})
    await log.close()
    keys.close()


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site's data directory with a log of a few hundred records, closed cleanly."""
    places = Places(tmp_path_factory.mktemp("site"))
    settings.write(places.site_toml, Site("northside", 1, 2))
    asyncio.run(_fill(places))
    node = places.node("front-1")
    node.mkdir(parents=True)
    lines = [["e", 1, 9, 0, "set", "strike-on", "CODE000000000017", None], ["u", 5, [], ["CODE000000000018"]]]
    (node / "journal").write_bytes(b"".join(map(_framed, lines)))
    return places.data


@pytest.fixture
def places(original: Path, tmp_path: Path) -> Places:
    """The same, to be damaged."""
    shutil.copytree(original, tmp_path / "site")
    return Places(tmp_path / "site")


def _framed(fields: list[object]) -> bytes:
    body = json.dumps(fields, separators=(",", ":")).encode()
    return f"{binascii.crc32(body):08x} ".encode() + body + b"\n"


def judged(places: Places) -> Report:
    return fsck.check(places, "northside", LogPlace(places.log_db), lambda _stage, _done, _total: None)


def edit(path: Path, *statements: str) -> None:
    db = sqlite3.connect(path, isolation_level=None)
    for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        db.execute(f"DROP TRIGGER {name}")
    for statement in statements:
        db.execute(statement)
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    db.close()


def files_of(data: Path) -> Iterator[Path]:
    """Every file that the judge answers for."""
    yield from (data / name for name in ("log.db", "keys.db", "master.key"))
    yield from sorted(path for path in (data / "log").rglob("*") if path.is_file())


def test_a_whole_log_is_whole(places: Places) -> None:
    report = judged(places)
    assert report.findings == []
    total = SIZE + 1 + 39
    assert (report.records, report.readable, report.published) == (total, total, total)
    assert report.open_decisions == SIZE - 39
    assert in_words(report)[0] == "The log is whole."
    assert "Unwitnessed" in in_words(report)[2]


@pytest.mark.parametrize(
    ("edits", "position", "why"),
    [
        (("UPDATE record SET door = 'back' WHERE position = 17",), 17, "something else than the record: door"),
        (("UPDATE record SET at_ms = at_ms + 1 WHERE position = 17",), 17, "at_ms"),
        (("UPDATE record SET code = NULL WHERE position = 17",), 17, "code"),
        (("UPDATE record SET receipt_tag = zeroblob(32) WHERE position = 17",), 17, "receipt_tag"),
        (("UPDATE record SET about = 3 WHERE position = 17",), 17, "about"),
        (("UPDATE record SET commitment = zeroblob(32) WHERE position = 17",), 17, "it was changed"),
        (("UPDATE record SET sealed = zeroblob(300) WHERE position = 17",), 17, "it was changed"),
        (("UPDATE record SET wraps = zeroblob(92) WHERE position = 17",), 17, "nobody can read it"),
        (("UPDATE record SET wraps = substr(wraps, 1, 92) WHERE position = 18",), 18, "one whom it concerns"),
        (("UPDATE record SET wraps = x'00' WHERE position = 17",), 17, "torn"),
        (("UPDATE record SET wraps = x'' WHERE position = 17",), 17, "nobody can read it"),
        (("DELETE FROM record WHERE position = 17",), 17, "missing"),
        (("UPDATE record SET position = 9999 WHERE position = 639",), 639, "missing; the next one is 9999"),
        (("DELETE FROM checkpoint WHERE size = 640",), 639, "under no checkpoint"),
        (("UPDATE checkpoint SET note = replace(note, '20', '21') WHERE size = 20",), 19, "does not sign"),
        (("UPDATE checkpoint SET size = 39 WHERE size = 40",), 38, "does not sign"),
        (("INSERT INTO checkpoint VALUES (10000, 'x')",), None, "speaks of 10000 records"),
        (("UPDATE journal SET upto = 40",), None, "kept up to 40, and its records end at 39"),
        (("DELETE FROM journal",), None, "kept up to None"),
        (("INSERT INTO journal VALUES ('/closed', 1)",), 0, "no record says what became of it"),
    ],
)
def test_every_damage_is_named_with_its_record(
    places: Places, edits: tuple[str, ...], position: int | None, why: str
) -> None:
    edit(places.log_db, *edits)
    report = judged(places)
    first = report.first()
    assert first is not None and first.position == position
    assert any(why in finding.why for finding in report.findings), report.findings
    if position is not None:
        assert [line.split(":")[0] for line in report.neighbours] == [
            f"record {position + step}" for step in (-1, 0, 1)
        ]
    assert in_words(report)[0] == "The log is NOT whole."


def test_a_log_that_lost_its_end_went_back(places: Places) -> None:
    edit(places.log_db, "DELETE FROM record WHERE position >= 620", "DELETE FROM checkpoint WHERE size > 620")
    assert any("went back" in finding.why for finding in judged(places).findings)


def test_an_answer_without_a_record_is_found_in_the_node_s_own_notes(places: Places) -> None:
    with (places.node("front-1") / "journal").open("ab") as file:
        file.write(_framed(["e", 1, 10, 0, "set", "strike-on", "NEVERRECORDED000", None]) + b"torn, never durable")
    [finding] = judged(places).findings
    assert "NEVERRECORDED000" in finding.why and "without a record" in finding.why


def _append(places: Places, *drafts: Draft, destroy: tuple[str, ...] = (), journal: int | None = None) -> None:
    async def run() -> None:
        keys = KeyStore(places.keys_db, load_or_make_master(places.master_key))
        log = Log.start(places.log_db, keys, "northside")
        for name in destroy:
            assert keys.destroy(name)
        await log.append(drafts, journal={} if journal is None else {"front-1": journal})
        await log.close()
        keys.close()

    asyncio.run(run())


def test_an_unreadable_record_is_accepted_where_an_erasure_names_it_and_nowhere_else(places: Places) -> None:
    concerned = [number for number in range(400) if number % 7 == 3]
    alone = [number for number in concerned if number % 3]
    _append(places, erasure(*concerned[2:]), destroy=("record/p-3/2026-03",))
    assert concerned[:2] == [3, 10]
    report = judged(places)
    assert {(finding.position, finding.why) for finding in report.findings} == {
        (3, "one whom it concerns cannot read it, and no erasure names it"),
        (10, "nobody can read it, and no erasure names it"),
    }
    assert report.erased == len(alone) - 1
    pair: Any = [3, 10]
    _append(places, erasure(pair))
    assert judged(places).findings == []


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"indices": [3], "requester": "p", "reason": "r", "second_approver": None},
        {"indices": [10_000], "requester": "p", "reason": "r", "second_approver": "a"},
        {"indices": [], "requester": "p", "reason": "r", "second_approver": "a"},
        {"indices": [[5, 3]], "requester": "p", "reason": "r", "second_approver": "a"},
        {"indices": "all", "requester": "p", "reason": "r", "second_approver": "a"},
    ],
)
def test_an_erasure_that_does_not_say_enough_erases_nothing(places: Places, body: dict[str, object]) -> None:
    _append(places, Draft("erase", APRIL, body, (), code="erase"))
    [finding] = judged(places).findings
    assert "who agreed" in finding.why


def test_a_hole_in_a_journal_is_named(places: Places) -> None:
    _append(places, event(41, 70), journal=41)
    [finding] = judged(places).findings
    assert "has 41 after 39" in finding.why and finding.position == 640


def test_a_receipt_code_is_given_once(places: Places) -> None:
    _append(places, decision(5))
    [finding] = judged(places).findings
    assert "earlier record" in finding.why and finding.position == 640


def test_a_rotation_that_a_crash_cut_short_is_finished_by_the_next_start(places: Places) -> None:
    """The record is durable, the old secret still there: the checkpoint, signed by both keys, says how far it came."""

    async def run() -> tuple[str, str]:
        keys = KeyStore(places.keys_db, load_or_make_master(places.master_key))
        log = Log.start(places.log_db, keys, "northside")
        old, chain = log.verifier_key, (places.log_tiles / "keys").read_text()
        secret = keys.get("log/sign/1")
        assert secret is not None
        new = (await log.rotate_key(handed)).key
        await log.close()
        (places.log_tiles / "keys").write_text(chain)
        keys.get_or_create("log/sign/1", lambda: secret)
        keys.close()
        return old, new

    old, new = asyncio.run(run())
    _append(places, decision(700))
    assert judged(places).findings == []
    chain = (places.log_tiles / "keys").read_text()
    assert chain.index(old) < chain.index(new) and chain.count("\n") == 3
    keys = KeyStore(places.keys_db, load_or_make_master(places.master_key))
    assert keys.get("log/sign/1") is None and keys.get("log/sign/2") is not None
    keys.close()


def test_without_keys_the_tree_is_judged_all_the_same(places: Places) -> None:
    places.master_key.unlink()
    report = judged(places)
    [finding] = report.findings
    assert finding.where == "keys.db" and report.records == 640 and report.checkpoints > 50
    edit(places.log_db, "UPDATE record SET commitment = zeroblob(32) WHERE position = 300")
    assert any(finding.position == 300 for finding in judged(places).findings)


def test_a_bit_that_flips_in_any_file_is_found(original: Path, tmp_path: Path) -> None:
    """A flip in bytes that mean nothing (free space of a page) changes nothing; any other must be found."""
    chance = random.Random(7)
    whole = _content(original)
    found = harmless = 0
    for path in files_of(original):
        size = path.stat().st_size
        for _ in range(40 if LONG else 6 if path.suffix == ".db" else 2):
            where, bit = chance.randrange(size), chance.randrange(8)
            target = tmp_path / "site"
            shutil.rmtree(target, ignore_errors=True)
            shutil.copytree(original, target)
            data = bytearray((target / path.relative_to(original)).read_bytes())
            data[where] ^= 1 << bit
            (target / path.relative_to(original)).write_bytes(data)
            if judged(Places(target)).findings:
                found += 1
                continue
            assert path.suffix == ".db" and _content(target) == whole, f"{path.name}, byte {where}, bit {bit}"
            harmless += 1
    assert found > harmless


def _content(data: Path) -> list[object]:
    """Everything that the databases say."""
    rows: list[object] = []
    for name, tables in (("log.db", ("record", "checkpoint", "journal")), ("keys.db", ("key", "master"))):
        db = sqlite3.connect(data / name)
        for table in tables:
            rows += db.execute(f"SELECT * FROM {table} ORDER BY 1").fetchall()  # noqa: S608
        db.close()
    return rows


@pytest.mark.skipif(not LONG, reason="every byte of the last page takes minutes; OSTIARY_LONG=1 asks for it")
def test_a_file_cut_at_every_byte_of_its_last_page_is_found(original: Path, tmp_path: Path) -> None:
    whole = (original / "log.db").read_bytes()
    for length in range(len(whole) - 4096, len(whole)):
        _cut(original, tmp_path / "site", whole[:length])


def test_a_file_that_was_cut_is_found(original: Path, tmp_path: Path) -> None:
    whole = (original / "log.db").read_bytes()
    for length in (0, 100, 4096, len(whole) // 2, len(whole) - 4096, len(whole) - 4095, len(whole) - 1):
        _cut(original, tmp_path / "site", whole[:length])


def _cut(original: Path, target: Path, data: bytes) -> None:
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(original, target)
    (target / "log.db").write_bytes(data)
    assert judged(Places(target)).findings, len(data)
