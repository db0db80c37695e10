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
SUSPENSION = "INSERT INTO suspension (person, author, why, at_ms, until_ms) VALUES"
REVOCATION = "INSERT INTO revocation (person, author, why, at_ms) VALUES"
MORE_TIME = "INSERT INTO more_time (person, author, at_ms) VALUES"
CONTEST = (
    "INSERT INTO contest (person, entry, membership, decision, words, opened_by, opened_at_ms, due_at_ms, suspends) "
    "VALUES"
)
ASSIGNED = "reviewer = 'rev', assigned_at_ms = 55"

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
    f"{ENTRY} ('{A}', 'safety', 'propped', -5, 'doc-2', 'op', 10, 20, 99)",
    f"{SUSPENSION} ('{A}', 'op', 'smoke', 10, 20)",
    f"{REVOCATION} ('{A}', 'op', 'smoke', 10)",
    f"{MORE_TIME} ('{A}', 'op', 10)",
    f"{CONTEST} ('{A}', 1, NULL, NULL, 'Not me.', 'op', 50, 90, 1)",
    f"UPDATE contest SET {ASSIGNED} WHERE id = 1",
    f"{CONTEST} ('{A}', NULL, 1, NULL, 'Not so.', 'op', 50, 90, 0)",
    f"UPDATE contest SET {ASSIGNED}, outcome = 'upheld', decided_at_ms = 60, reasons = 'It was.' WHERE id = 2",
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
    "card taken by replacing": f"INSERT OR REPLACE INTO card VALUES (NULL, '{B}', '{HEX}', 'blue', 10, NULL, NULL)",
    "card's number rewritten": "UPDATE card SET sealed = x'01'",
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
    "suspension of more than 72 hours": f"{SUSPENSION} ('{A}', 'op', 'smoke', 10, {10 + 72 * 3600 * 1000 + 1})",
    "suspension by nobody": f"{SUSPENSION} ('{A}', NULL, 'smoke', 10, 20)",
    "suspension without a reason": f"{SUSPENSION} ('{A}', 'op', ' ', 10, 20)",
    "suspension without an end": f"{SUSPENSION} ('{A}', 'op', 'smoke', 10, NULL)",
    "suspension of one who left": f"{SUSPENSION} ('{GONE}', 'op', 'smoke', 10, 20)",
    "suspension stretched": "UPDATE suspension SET until_ms = 21",
    "suspension lifted by nobody": "UPDATE suspension SET lifted_at_ms = 15",
    "suspension moved": f"UPDATE suspension SET person = '{B}'",
    "suspension deleted": "DELETE FROM suspension",
    "suspension replaced": f"INSERT OR REPLACE INTO suspension VALUES (1, '{A}', 'op', 'x', 10, 11, NULL, NULL)",
    "revocation without a reason": f"{REVOCATION} ('{B}', 'op', NULL, 10)",
    "second revocation that stands": f"{REVOCATION} ('{A}', 'op', 'more', 11)",
    "revocation replaced": REVOCATION.replace("INSERT", "INSERT OR REPLACE") + f" ('{A}', 'op', 'more', 11)",
    "revocation lifted before it was": "UPDATE revocation SET lifted_at_ms = 9, lifted_by = 'op'",
    "revocation deleted": "DELETE FROM revocation",
    "more time twice": f"{MORE_TIME} ('{A}', 'op', 11)",
    "more time deleted": "DELETE FROM more_time",
    "more time by nobody": f"{MORE_TIME} ('{B}', '', 11)",
    "contest of nothing": f"{CONTEST} ('{A}', NULL, NULL, NULL, 'No.', 'op', 50, 90, 0)",
    "contest of two things": f"{CONTEST} ('{A}', 2, NULL, 7, 'No.', 'op', 50, 90, 0)",
    "contest of another's entry": f"{CONTEST} ('{B}', 2, NULL, NULL, 'No.', 'op', 50, 90, 1)",
    "contest of another's membership": f"{CONTEST} ('{B}', NULL, 1, NULL, 'No.', 'op', 50, 90, 0)",
    "contest of no entry": f"{CONTEST} ('{A}', 77, NULL, NULL, 'No.', 'op', 50, 90, 1)",
    "contest without words": f"{CONTEST} ('{A}', 2, NULL, NULL, '', 'op', 50, 90, 1)",
    "contest without a deadline": f"{CONTEST} ('{A}', 2, NULL, NULL, 'No.', 'op', 50, NULL, 1)",
    "contest that is due first": f"{CONTEST} ('{A}', 2, NULL, NULL, 'No.', 'op', 50, 50, 1)",
    "contest that suspends a decision": f"{CONTEST} ('{A}', NULL, NULL, 7, 'No.', 'op', 50, 90, 1)",
    "second open contest of an entry": f"{CONTEST} ('{A}', 1, NULL, NULL, 'No.', 'op', 50, 90, 0)",
    "contest replaced by key": CONTEST.replace("INSERT", "INSERT OR REPLACE")
    + f" ('{A}', 1, NULL, NULL, 'No.', 'op', 51, 99, 1)",
    "contest of one who left": f"{CONTEST} ('{GONE}', NULL, NULL, 7, 'No.', 'op', 50, 90, 0)",
    "contest born with a reviewer": CONTEST.replace("words,", "words, reviewer, assigned_at_ms,")
    + f" ('{A}', NULL, NULL, 7, 'No.', 'rev', 55, 'op', 50, 90, 0)",
    "contest reviewed by the author": "UPDATE contest SET reviewer = ' OP ' WHERE id = 1",
    "contest decided by nobody": "UPDATE contest SET reviewer = NULL, assigned_at_ms = NULL, outcome = 'upheld', "
    "decided_at_ms = 60, reasons = 'Yes.' WHERE id = 1",
    "contest decided without reasons": "UPDATE contest SET outcome = 'upheld', decided_at_ms = 60 WHERE id = 1",
    "contest decided otherwise": "UPDATE contest SET outcome = 'void', decided_at_ms = 60, "
    "reasons = 'No.' WHERE id = 1",
    "contest decided too late": "UPDATE contest SET outcome = 'upheld', decided_at_ms = 90, "
    "reasons = 'No.' WHERE id = 1",
    "contest lapsed too early": "UPDATE contest SET outcome = 'lapsed', decided_at_ms = 89, "
    "reasons = 'No.' WHERE id = 1",
    "contest decided before it was assigned": "UPDATE contest SET outcome = 'upheld', decided_at_ms = 54, "
    "reasons = 'No.' WHERE id = 1",
    "contest decided anew": "UPDATE contest SET outcome = 'overturned' WHERE id = 2",
    "contest assigned after its outcome": "UPDATE contest SET reviewer = 'other' WHERE id = 2",
    "contest prolonged": "UPDATE contest SET due_at_ms = 999 WHERE id = 1",
    "contest in other words": "UPDATE contest SET words = 'I did it.' WHERE id = 1",
    "contest moved": f"UPDATE contest SET person = '{B}' WHERE id = 1",
    "contest deleted": "DELETE FROM contest",
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


def test_an_entry_is_suspended_once(db: sqlite3.Connection) -> None:
    db.execute("UPDATE contest SET outcome = 'upheld', decided_at_ms = 60, reasons = 'It was.' WHERE id = 1")
    with pytest.raises(sqlite3.IntegrityError):
        db.execute(f"{CONTEST} ('{A}', 1, NULL, NULL, 'No.', 'op', 70, 99, 1)")
    db.execute(f"{CONTEST} ('{A}', 1, NULL, NULL, 'No.', 'op', 70, 99, 0)")


def test_a_cancelled_entry_is_not_contested(db: sqlite3.Connection) -> None:
    db.execute("UPDATE entry SET cancelled_at_ms = 60, cancelled_why = 'mistaken' WHERE id = 2")
    with pytest.raises(sqlite3.IntegrityError):
        db.execute(f"{CONTEST} ('{A}', 2, NULL, NULL, 'No.', 'op', 70, 99, 0)")


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
    "suspension": [
        f"{SUSPENSION} ('{A}', 'op', 'smoke', 30, 40)",
        "UPDATE suspension SET lifted_at_ms = 35, lifted_by = 'op'",
    ],
    "revocation": ["UPDATE revocation SET lifted_at_ms = 35, lifted_by = 'op'"],
    "more_time": ["UPDATE more_time SET ended_at_ms = 35, ended_by = 'op'"],
    "contest": [
        f"{CONTEST} ('{A}', NULL, NULL, 7, 'No.', 'op', 50, 90, 0)",
        f"UPDATE contest SET {ASSIGNED} WHERE id = 1",
    ],
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
