# ruff: noqa: S608 -- the statements are this test's own
"""people.db refuses by itself what the types refuse: tried with raw SQL, on a connection that asks for no checks."""

import sqlite3
from pathlib import Path

import pytest

from ostiary.controller.store.people_db import open_people

A, B, GONE = "p-" + "a" * 16, "p-" + "b" * 16, "p-" + "c" * 16
HEX, HEX2 = "0" * 64, "1" * 64
PERSON = "INSERT INTO person (id, name, created_at_ms) VALUES"
EVIDENCE = "INSERT INTO evidence (id, sha256, kind, title) VALUES"
CONSENT = "INSERT INTO consent (person, kind, notice_version, notice_sha256, release, given_at_ms) VALUES"
TEMPLATE = "INSERT INTO template (person, model, runtime, sealed, at_ms) VALUES"
CARD = "INSERT INTO card (person, tag, label, at_ms) VALUES"
MEMBER = "INSERT INTO membership (person, state, evidence, author, recorded_at_ms, from_ms, until_ms) VALUES"
HOLDING = "INSERT INTO holding (person, name, evidence, author, recorded_at_ms, from_ms, until_ms) VALUES"
ENTRY = (
    "INSERT INTO entry (person, context, kind, points, evidence, author, occurred_at_ms, recorded_at_ms, "
    "expires_at_ms) VALUES"
)
STANDING = (
    "INSERT INTO standing (person, suspended_at_ms, suspended_until_ms, suspended_by, suspended_why, at_ms) VALUES"
)

GIVEN = (
    f"{PERSON} ('{A}', 'Ada', 1)",
    f"{PERSON} ('{B}', 'Bo', 1)",
    f"{PERSON} ('{GONE}', 'Cy', 1)",
    f"{EVIDENCE} ('doc-1', '{HEX}', 'incident-report', 'Report 1')",
    f"{EVIDENCE} ('doc-2', '{HEX2}', 'certificate', 'Certificate 2')",
    f"{CONSENT} ('{A}', 'face', '1', '{HEX}', 'I agree.', 10)",
    f"{TEMPLATE} ('{A}', '{HEX}', 'litert', x'0102', 20)",
    f"{CARD} ('{A}', '{HEX}', 'blue', 10)",
    f"{MEMBER} ('{A}', 'active', 'doc-1', 'op', 10, 10, NULL)",
    f"{HOLDING} ('{A}', 'key', 'doc-1', 'op', 10, 10, 20)",
    f"{ENTRY} ('{A}', 'safety', 'left-running', -8, 'doc-1', 'op', 10, 20, 30)",
    f"{STANDING} ('{A}', 10, 20, 'op', 'smoke', 10)",
    f"UPDATE person SET left_at_ms = 50, name = NULL WHERE id = '{GONE}'",
)

REFUSED = {
    "person of another shape": f"{PERSON} ('p-short', 'X', 1)",
    "person with odd letters": f"{PERSON} ('p-{'A' * 16}', 'X', 1)",
    "person without a name": f"{PERSON} ('p-{'d' * 16}', ' ', 1)",
    "person twice": f"INSERT OR REPLACE INTO person (id, name, created_at_ms) VALUES ('{A}', 'Eve', 1)",
    "person gets another id": f"UPDATE person SET id = 'p-{'d' * 16}' WHERE id = '{B}'",
    "person deleted": f"DELETE FROM person WHERE id = '{B}'",
    "person comes back": f"UPDATE person SET left_at_ms = NULL, name = 'Cy' WHERE id = '{GONE}'",
    "person leaves and keeps a name": f"UPDATE person SET left_at_ms = 5 WHERE id = '{B}'",
    "time that is no number": f"{PERSON} ('p-{'d' * 16}', 'X', 'yesterday')",
    "evidence with half a hash": f"{EVIDENCE} ('doc-3', 'abc', 'x', 'X')",
    "evidence with a shouted hash": f"{EVIDENCE} ('doc-3', '{'A' * 64}', 'x', 'X')",
    "evidence rewritten": "UPDATE evidence SET title = 'Other' WHERE id = 'doc-2'",
    "evidence replaced": f"INSERT OR REPLACE INTO evidence VALUES ('doc-1', '{HEX2}', 'x', 'X')",
    "cited evidence deleted": "DELETE FROM evidence WHERE id = 'doc-1'",
    "second live consent": f"{CONSENT} ('{A}', 'face', '1', '{HEX}', 'I agree.', 11)",
    "second live consent by replacing": CONSENT.replace("INSERT", "INSERT OR REPLACE")
    + f" ('{A}', 'face', '2', '{HEX}', 'I agree.', 11)",
    "consent to something else": f"{CONSENT} ('{B}', 'gait', '1', '{HEX}', 'I agree.', 10)",
    "consent without a release": f"{CONSENT} ('{B}', 'face', '1', '{HEX}', '', 10)",
    "consent to an unnamed notice": f"{CONSENT} ('{B}', 'face', '1', 'zz', 'I agree.', 10)",
    "consent deleted": "DELETE FROM consent",
    "consent rewritten": "UPDATE consent SET release = 'I agree to all.'",
    "consent moved": f"UPDATE consent SET person = '{B}'",
    "consent withdrawn before it was given": "UPDATE consent SET withdrawn_at_ms = 9",
    "template without consent": f"{TEMPLATE} ('{B}', '{HEX}', 'litert', x'01', 20)",
    "template of no model": f"{TEMPLATE} ('{A}', 'facenet', 'litert', x'01', 20)",
    "template of nothing": f"{TEMPLATE} ('{A}', '{HEX}', 'litert', x'', 20)",
    "template that is no blob": f"{TEMPLATE} ('{A}', '{HEX}', 'litert', 'text', 20)",
    "template moved": f"UPDATE template SET person = '{B}'",
    "template of another model": f"UPDATE template SET model = '{HEX2}'",
    "template replaced": f"INSERT OR REPLACE INTO template VALUES (1, '{A}', '{HEX}', 'litert', x'01', 20)",
    "card of another": f"{CARD} ('{B}', '{HEX}', 'blue', 10)",
    "card taken by replacing": f"INSERT OR REPLACE INTO card VALUES (NULL, '{B}', '{HEX}', 'blue', 10, NULL)",
    "card that is no tag": f"{CARD} ('{B}', '04A1', 'blue', 10)",
    "card deleted": "DELETE FROM card",
    "card moved": f"UPDATE card SET person = '{B}'",
    "membership without evidence": f"{MEMBER} ('{A}', 'active', NULL, 'op', 10, 10, NULL)",
    "membership on unknown evidence": f"{MEMBER} ('{A}', 'active', 'doc-9', 'op', 10, 10, NULL)",
    "membership that ends first": f"{MEMBER} ('{A}', 'active', 'doc-1', 'op', 10, 10, 10)",
    "membership stretched": "UPDATE membership SET until_ms = 99",
    "membership ended by nobody": "UPDATE membership SET ended_at_ms = 99",
    "membership deleted": "DELETE FROM membership",
    "holding without an author": f"{HOLDING} ('{A}', 'key', 'doc-1', '', 10, 10, 20)",
    "holding stretched": "UPDATE holding SET until_ms = 99",
    "holding deleted": "DELETE FROM holding",
    "entry without evidence": f"{ENTRY} ('{A}', 'safety', 'x', -8, NULL, 'op', 10, 20, 30)",
    "entry on unknown evidence": f"{ENTRY} ('{A}', 'safety', 'x', -8, 'doc-9', 'op', 10, 20, 30)",
    "entry of nobody": f"{ENTRY} ('p-{'z' * 16}', 'safety', 'x', -8, 'doc-1', 'op', 10, 20, 30)",
    "entry of one who left": f"{ENTRY} ('{GONE}', 'safety', 'x', -8, 'doc-1', 'op', 10, 20, 30)",
    "entry of no points": f"{ENTRY} ('{A}', 'safety', 'x', 0, 'doc-1', 'op', 10, 20, 30)",
    "entry of endless points": f"{ENTRY} ('{A}', 'safety', 'x', 9e999, 'doc-1', 'op', 10, 20, 30)",
    "entry of half a point": f"{ENTRY} ('{A}', 'safety', 'x', 0.5, 'doc-1', 'op', 10, 20, 30)",
    "entry of a word of points": f"{ENTRY} ('{A}', 'safety', 'x', 'many', 'doc-1', 'op', 10, 20, 30)",
    "penalty for ever": f"{ENTRY} ('{A}', 'safety', 'x', -8, 'doc-1', 'op', 10, 20, NULL)",
    "entry that expires first": f"{ENTRY} ('{A}', 'safety', 'x', -8, 'doc-1', 'op', 10, 20, 10)",
    "entry from the future": f"{ENTRY} ('{A}', 'safety', 'x', -8, 'doc-1', 'op', 21, 20, 30)",
    "entry twice": f"{ENTRY} ('{A}', 'safety', 'left-running', -8, 'doc-1', 'op', 10, 20, 30)",
    "entry outweighed": "UPDATE entry SET points = 1",
    "entry moved": f"UPDATE entry SET person = '{B}'",
    "entry renumbered": "UPDATE entry SET id = 7",
    "entry prolonged": "UPDATE entry SET expires_at_ms = 99",
    "entry to another context": "UPDATE entry SET context = 'rent'",
    "entry on other evidence": "UPDATE entry SET evidence = 'doc-2'",
    "entry deleted": "DELETE FROM entry",
    "entry replaced by number": f"INSERT OR REPLACE INTO entry VALUES (1, '{A}', 'safety', 'x', 8, 'doc-1', 'op', "
    "10, 20, 30, NULL, NULL, NULL, NULL)",
    "entry replaced by key": ENTRY.replace("INSERT", "INSERT OR REPLACE")
    + f" ('{A}', 'safety', 'left-running', 8, 'doc-1', 'op', 10, 20, 30)",
    "entry cancelled without a reason": "UPDATE entry SET cancelled_at_ms = 40",
    "entry upheld uncontested": "UPDATE entry SET upheld_at_ms = 40",
    "entry contested before it was": "UPDATE entry SET contested_at_ms = 19",
    "suspension of more than 72 hours": f"UPDATE standing SET suspended_until_ms = {10 + 72 * 3600 * 1000 + 1}",
    "suspension by nobody": "UPDATE standing SET suspended_by = NULL",
    "suspension without an end": "UPDATE standing SET suspended_until_ms = NULL",
    "revocation without a reason": "UPDATE standing SET revoked_at_ms = 10, revoked_by = 'op'",
    "standing moved": f"UPDATE standing SET person = '{B}'",
    "standing deleted": "DELETE FROM standing",
    "feed rewritten": "UPDATE change SET person = 'nobody'",
    "feed shortened": "DELETE FROM change WHERE seq = 1",
    "feed replaced": "INSERT OR REPLACE INTO change VALUES (1, 'x', 'x', 1)",
    "feed forgets that one left": f"DELETE FROM change WHERE person = '{GONE}'",
}


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("given") / "people.db"
    open_people(path).dispose()
    db = sqlite3.connect(path)
    for statement in GIVEN:
        db.execute(statement)
    db.commit()
    return db.serialize()


@pytest.fixture
def db(given: bytes, tmp_path: Path) -> sqlite3.Connection:
    (tmp_path / "people.db").write_bytes(given)
    db = sqlite3.connect(tmp_path / "people.db")
    assert db.execute("PRAGMA foreign_keys").fetchone() == (0,)
    assert db.execute("PRAGMA recursive_triggers").fetchone() == (0,)
    return db


@pytest.mark.parametrize("statement", REFUSED.values(), ids=REFUSED.keys())
def test_refused(db: sqlite3.Connection, statement: str) -> None:
    before = list(db.iterdump())
    with pytest.raises(sqlite3.IntegrityError):
        db.execute(statement)
    assert list(db.iterdump()) == before


@pytest.mark.parametrize("column", ["contested_at_ms", "upheld_at_ms", "cancelled_at_ms", "cancelled_why"])
@pytest.mark.parametrize("later", ["NULL", "77"])
def test_what_a_contest_wrote_stays(db: sqlite3.Connection, column: str, later: str) -> None:
    for step in ("contested_at_ms = 40", "upheld_at_ms = 41", "cancelled_at_ms = 42, cancelled_why = 'mistaken'"):
        db.execute(f"UPDATE entry SET {step}")
    with pytest.raises(sqlite3.IntegrityError):
        db.execute(f"UPDATE entry SET {column} = {later}")


def test_a_withdrawal_by_raw_sql_takes_the_templates(db: sqlite3.Connection) -> None:
    db.execute("UPDATE consent SET withdrawn_at_ms = 30")
    assert db.execute("SELECT count(*) FROM template").fetchone() == (0,)
    with pytest.raises(sqlite3.IntegrityError):
        db.execute(f"{TEMPLATE} ('{A}', '{HEX}', 'litert', x'0102', 40)")
    with pytest.raises(sqlite3.IntegrityError):
        db.execute("UPDATE consent SET withdrawn_at_ms = NULL")


def test_an_award_may_stay(db: sqlite3.Connection) -> None:
    db.execute(f"{ENTRY} ('{A}', 'safety', 'course', 8, 'doc-2', 'op', 10, 20, NULL)")


def test_a_revoked_card_may_be_given_to_another(db: sqlite3.Connection) -> None:
    db.execute("UPDATE card SET revoked_at_ms = 20")
    db.execute(f"{CARD} ('{B}', '{HEX}', 'blue', 30)")
    with pytest.raises(sqlite3.IntegrityError):
        db.execute("UPDATE card SET revoked_at_ms = NULL WHERE revoked_at_ms = 20")


WRITES = {
    "person": [f"UPDATE person SET name = 'Ada L.' WHERE id = '{A}'"],
    "consent": ["UPDATE consent SET withdrawn_at_ms = 30"],
    "template": [f"{TEMPLATE} ('{A}', '{HEX}', 'litert', x'03', 20)", "DELETE FROM template"],
    "card": [f"{CARD} ('{A}', '{HEX2}', 'red', 10)", "UPDATE card SET revoked_at_ms = 20"],
    "membership": [
        f"{MEMBER} ('{A}', 'guest', 'doc-1', 'op', 10, 10, NULL)",
        "UPDATE membership SET ended_at_ms = 30, ended_by = 'op'",
    ],
    "holding": [f"{HOLDING} ('{A}', 'lamp', 'doc-1', 'op', 10, 10, NULL)"],
    "entry": [
        f"{ENTRY} ('{A}', 'safety', 'round', 6, 'doc-2', 'op', 10, 20, 30)",
        "UPDATE entry SET contested_at_ms = 30",
    ],
    "standing": [f"UPDATE standing SET suspended_until_ms = 19 WHERE person = '{A}'"],
}


@pytest.mark.parametrize("what", WRITES)
def test_every_write_to_a_persons_rows_is_told(db: sqlite3.Connection, what: str) -> None:
    for statement in WRITES[what]:
        (before,) = db.execute("SELECT max(seq) FROM change").fetchone()
        written = db.execute(statement).rowcount
        told = db.execute("SELECT person, what FROM change WHERE seq > ?", (before,)).fetchall()
        assert told.count((A, what)) == written > 0


def test_a_write_that_is_taken_back_is_not_told(db: sqlite3.Connection) -> None:
    before = db.execute("SELECT * FROM change").fetchall()
    db.execute(f"UPDATE person SET name = 'Ada L.' WHERE id = '{A}'")
    db.rollback()
    assert db.execute("SELECT * FROM change").fetchall() == before
