# ruff: noqa: S608 -- the statements are this test's own
"""people.db opens for its owner and its follower, refuses what it does not know, and keeps nothing deleted."""

import random
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from sqlalchemy import create_engine
from sqlalchemy.exc import DBAPIError

from ostiary.controller.people import standing
from ostiary.controller.store import attachment_tables, credential_tables, people_db, signin_tables
from ostiary.controller.store.people_db import follow_people, open_people, scrub

ALICE = "p-" + "a" * 16
ADD = f"INSERT INTO person VALUES ('{ALICE}', 'Alice', 1, NULL)"


def _bytes(path: Path) -> bytes:
    return b"".join(file.read_bytes() for file in sorted(path.parent.glob(path.name + "*")))


def _schema(path: Path) -> dict[str, frozenset[str]]:
    """Tables and indexes as sets of their lines: their order says nothing."""
    with sqlite3.connect(path) as db:
        rows = db.execute(
            "SELECT name, sql FROM sqlite_master WHERE type IN ('table', 'index') AND sql IS NOT NULL "
            "AND name NOT IN ('alembic_version', 'sqlite_sequence')"
        )
        return {
            name: frozenset(
                line.strip().rstrip(",") for line in sql.replace("\n", " \n").replace(", ", "\n").splitlines()
            )
            for name, sql in rows
        }


def test_the_revisions_make_what_the_tables_say(tmp_path: Path) -> None:
    open_people(tmp_path / "migrated.db").dispose()
    assert credential_tables.metadata is signin_tables.metadata
    assert attachment_tables.metadata is signin_tables.metadata
    signin_tables.metadata.create_all(create_engine(f"sqlite:///{tmp_path / 'declared.db'}"))
    assert _schema(tmp_path / "migrated.db") == _schema(tmp_path / "declared.db")


def test_the_file_is_its_owners_alone_and_durable(tmp_path: Path) -> None:
    engine = open_people(tmp_path / "people.db")
    with engine.begin() as conn:
        conn.exec_driver_sql(ADD)
        pragmas = ("journal_mode", "synchronous", "foreign_keys", "secure_delete")
        found = [conn.exec_driver_sql(f"PRAGMA {pragma}").scalar() for pragma in pragmas]
    assert found == ["wal", 2, 1, 1]
    assert {oct(file.stat().st_mode & 0o777) for file in tmp_path.iterdir()} == {"0o600"}


def test_a_start_with_nothing_to_upgrade_never_imports_alembic(tmp_path: Path) -> None:
    path = tmp_path / "people.db"
    program = (
        "import sys, pathlib\n"
        "from ostiary.controller.store.people_db import open_people\n"
        "open_people(pathlib.Path(sys.argv[1])).dispose()\n"
        "print('alembic' in sys.modules)"
    )
    said = [
        subprocess.run([sys.executable, "-c", program, path], capture_output=True, text=True, check=True).stdout
        for _ in range(2)
    ]
    assert said == ["True\n", "False\n"]


def test_two_owners_that_start_at_once_make_one_file(tmp_path: Path) -> None:
    path, gate, mistakes = tmp_path / "people.db", threading.Barrier(3), []

    def start() -> None:
        gate.wait()
        try:
            open_people(path).dispose()
        except people_db.PeopleDbError as mistake:
            mistakes.append(mistake)

    threads = [threading.Thread(target=start) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert mistakes == []
    assert [file.name for file in tmp_path.iterdir()] == ["people.db"]
    follow_people(path).dispose()


def test_following_makes_no_file(tmp_path: Path) -> None:
    with pytest.raises(people_db.NoPeopleDb, match="ostiary run"):
        follow_people(tmp_path / "people.db")
    assert list(tmp_path.iterdir()) == []


def test_a_follower_cannot_write(tmp_path: Path) -> None:
    open_people(tmp_path / "people.db").dispose()
    with pytest.raises(DBAPIError, match="readonly"), follow_people(tmp_path / "people.db").begin() as conn:
        conn.exec_driver_sql(ADD)


@pytest.mark.parametrize("name", ["100% fresh?.db", "a#b.db", "ä b.db"])
def test_any_file_name_is_followed(tmp_path: Path, name: str) -> None:
    with open_people(tmp_path / name).begin() as conn:
        conn.exec_driver_sql(ADD)
    with follow_people(tmp_path / name).begin() as conn:
        assert conn.exec_driver_sql("SELECT name FROM person").scalar() == "Alice"


@pytest.mark.parametrize("opening", [open_people, follow_people])
def test_a_later_revision_is_refused_and_left_alone(tmp_path: Path, opening) -> None:
    path = tmp_path / "people.db"
    open_people(path).dispose()
    with sqlite3.connect(path) as db:
        db.execute("UPDATE alembic_version SET version_num = '9999'")
    before = _schema(path)
    with pytest.raises(people_db.PeopleDbNewer, match="9999"):
        opening(path)
    assert _schema(path) == before


def test_how_a_person_stood_is_kept_when_the_file_is_brought_up_to_date(tmp_path: Path, monkeypatch) -> None:
    path = tmp_path / "people.db"
    with monkeypatch.context() as earlier:
        earlier.setattr(people_db, "HEAD", "0001")
        with open_people(path).begin() as conn:
            conn.exec_driver_sql(ADD)
            conn.exec_driver_sql(
                f"INSERT INTO standing VALUES ('{ALICE}', 10, 20, 'op', 'smoke', 15, 'op 2', 'key lost', 15)"
            )
    with pytest.raises(people_db.PeopleDbOlder):
        follow_people(path)
    with open_people(path).begin() as conn:
        stood = standing.standing_of(conn, ALICE)
    assert stood.suspensions == (standing.Suspension(1, ALICE, "op", "smoke", 10, 20, None, None),)
    assert stood.revocations == (standing.Revocation(1, ALICE, "op 2", "key lost", 15, None, None),)
    assert _schema(path) == _schema_of_a_new_file(tmp_path)


def _schema_of_a_new_file(tmp_path: Path) -> dict[str, frozenset[str]]:
    open_people(tmp_path / "new.db").dispose()
    return _schema(tmp_path / "new.db")


def test_a_follower_waits_for_the_owner_to_upgrade(tmp_path: Path) -> None:
    path = tmp_path / "people.db"
    sqlite3.connect(path).execute("CREATE TABLE other (x)")
    with pytest.raises(people_db.PeopleDbOlder):
        follow_people(path)


@pytest.mark.parametrize("opening", [open_people, follow_people])
@pytest.mark.parametrize("kind", ["directory", "text"])
def test_what_is_no_database_is_refused(tmp_path: Path, opening, kind: str) -> None:
    path = tmp_path / "people.db"
    if kind == "directory":
        path.mkdir()
    else:
        path.write_text("Dear diary, " * 100)
    with pytest.raises(people_db.PeopleDbUnreadable) as caught:
        opening(path)
    assert all((caught.value.what, caught.value.why, caught.value.now))


def test_a_stalled_writer_holds_up_no_reader(tmp_path: Path) -> None:
    path = tmp_path / "people.db"
    owner, follower = open_people(path), follow_people(path)
    with owner.begin() as writing:
        writing.exec_driver_sql(ADD)
        for _ in range(100):
            with follower.connect() as reading:
                assert reading.exec_driver_sql("SELECT count(*) FROM person").scalar() == 0
    with follower.connect() as reading:
        assert reading.exec_driver_sql("SELECT count(*) FROM person").scalar() == 1


def test_a_transaction_reads_one_state(tmp_path: Path) -> None:
    path = tmp_path / "people.db"
    owner, follower = open_people(path), follow_people(path)
    with follower.connect() as reading:
        assert reading.exec_driver_sql("SELECT count(*) FROM person").scalar() == 0
        with owner.begin() as writing:
            writing.exec_driver_sql(ADD)
        assert reading.exec_driver_sql("SELECT count(*) FROM person").scalar() == 0


def test_what_a_killed_writer_committed_is_read(tmp_path: Path) -> None:
    path = tmp_path / "people.db"
    program = (
        "import os, sys, pathlib\n"
        "from ostiary.controller.store.people_db import open_people\n"
        "engine = open_people(pathlib.Path(sys.argv[1]))\n"
        f'with engine.begin() as conn: conn.exec_driver_sql("{ADD}")\n'
        "conn = engine.connect()\n"
        "conn.exec_driver_sql('UPDATE person SET name = \"Mallory\"')\n"
        "os.kill(os.getpid(), 9)"
    )
    assert subprocess.run([sys.executable, "-c", program, path], check=False).returncode == -9
    with follow_people(path).connect() as reading:
        assert reading.exec_driver_sql("SELECT name FROM person").scalars().all() == ["Alice"]


def test_scrub_leaves_nothing_of_what_was_deleted(tmp_path: Path) -> None:
    path, chance = tmp_path / "people.db", random.Random(4)
    engine = open_people(path)
    gone: list[bytes] = []
    with engine.begin() as conn:
        conn.exec_driver_sql("CREATE TABLE scrap (id INTEGER PRIMARY KEY, word TEXT UNIQUE, sealed BLOB)")
    for _ in range(20):
        with engine.begin() as conn:
            for _ in range(30):
                row = (chance.randbytes(8).hex(), chance.randbytes(chance.choice([60, 230, 1100, 9000])))
                conn.exec_driver_sql("INSERT INTO scrap (word, sealed) VALUES (?, ?)", row)
        with engine.begin() as conn:
            for row in conn.exec_driver_sql("SELECT id, word, sealed FROM scrap").all():
                if chance.random() < 0.4:
                    conn.exec_driver_sql("DELETE FROM scrap WHERE id = ?", (row.id,))
                    gone += [row.word.encode(), row.sealed[:40], row.sealed[-40:]]
    held = _bytes(path)
    assert any(piece in held for piece in gone)  # the search finds what is there to be found
    assert scrub(engine)
    held = _bytes(path)
    assert not [piece for piece in gone if piece in held]
    with engine.connect() as conn:
        for row in conn.exec_driver_sql("SELECT word, sealed FROM scrap").all():
            assert row.word.encode() in held


@pytest.mark.parametrize("other", ["reader", "writer"])
def test_scrub_says_when_somebody_is_in_the_way(tmp_path: Path, other: str) -> None:
    path = tmp_path / "people.db"
    owner = open_people(path)
    with owner.begin() as conn:
        conn.exec_driver_sql(ADD)
    with (follow_people(path) if other == "reader" else owner).connect() as holding:
        holding.exec_driver_sql("SELECT * FROM person").all()
        assert not scrub(owner, wait_ms=0)
    assert scrub(owner, wait_ms=0)


def test_scrub_reports_a_disk_that_refuses(tmp_path: Path) -> None:
    path = tmp_path / "people.db"
    owner = open_people(path)
    owner.dispose()
    reading = create_engine("sqlite://", creator=lambda: sqlite3.connect(f"file:{path}?mode=ro", uri=True))
    with pytest.raises(people_db.NotScrubbed, match="readonly"):
        scrub(reading)
    assert path.stat().st_size > 0
