"""The key store: durable once returned, opened by one master only, and silent about names and keys."""

import os
import sqlite3
import stat
import threading
from pathlib import Path

import pytest

from ostiary.controller.store.errors import (
    KeyBroken,
    MasterMalformed,
    MasterUnsafe,
    NewerSchema,
    NotDestroyed,
    StoreUnavailable,
    WrongMaster,
)
from ostiary.controller.store.keys import KeyStore, load_or_make_master

MASTER = bytes(range(32))


def everything_in(directory: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(directory.rglob("*")) if path.is_file())


@pytest.fixture
def store(tmp_path: Path) -> KeyStore:
    return KeyStore(tmp_path / "keys.db", MASTER)


def test_master_is_made_once_and_private(tmp_path: Path) -> None:
    path = tmp_path / "master.key"
    made = load_or_make_master(path)
    assert len(made) == 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert load_or_make_master(path) == made
    assert [held.name for held in tmp_path.iterdir()] == ["master.key"]


def test_two_starts_at_once_get_the_same_master(tmp_path: Path) -> None:
    path = tmp_path / "master.key"
    together = threading.Barrier(8)
    got: list[bytes] = []

    def start() -> None:
        together.wait()
        got.append(load_or_make_master(path))

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 8
    assert set(got) == {path.read_bytes()}


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o601])
def test_master_that_others_can_reach_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "master.key"
    load_or_make_master(path)
    path.chmod(mode)
    with pytest.raises(MasterUnsafe) as refused:
        load_or_make_master(path)
    assert str(path) in refused.value.why
    assert "chmod 600" in refused.value.now


@pytest.mark.parametrize("length", [0, 31, 33, 4096])
def test_master_of_wrong_length_is_refused(tmp_path: Path, length: int) -> None:
    path = tmp_path / "master.key"
    path.write_bytes(bytes(length))
    path.chmod(0o600)
    with pytest.raises(MasterMalformed, match="32 bytes"):
        load_or_make_master(path)


def test_master_in_a_missing_directory_says_so(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable, match="neither read nor made"):
        load_or_make_master(tmp_path / "nowhere" / "master.key")


def test_a_key_is_made_once_and_survives_a_new_start(tmp_path: Path, store: KeyStore) -> None:
    key = store.get_or_create("node/front-1")
    assert len(key) == 32
    assert store.get_or_create("node/front-1") == key
    assert store.get_or_create("ca/site", lambda: b"-----BEGIN") == b"-----BEGIN"
    again = KeyStore(tmp_path / "keys.db", MASTER)
    assert again.get("node/front-1") == key
    assert again.get("ca/site") == b"-----BEGIN"
    assert again.get("node/front-2") is None


def test_the_file_is_private(tmp_path: Path, store: KeyStore) -> None:
    store.get_or_create("log/sign")
    assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()} == {0o600}


def test_names_and_keys_stand_nowhere_in_clear(tmp_path: Path, store: KeyStore) -> None:
    key = store.get_or_create("record/p-abcdefghijklmnop/2026-03")
    held = everything_in(tmp_path)
    assert b"p-abcdefghijklmnop" not in held
    assert b"record/" not in held
    assert key not in held


def test_names_are_found_by_prefix(store: KeyStore) -> None:
    for name in ("record/p-a/2026-03", "record/p-a/2026-04", "record/p-ab/2026-03", "log/sign"):
        store.get_or_create(name)
    assert store.names("record/p-a/") == ["record/p-a/2026-03", "record/p-a/2026-04"]
    assert len(store.names()) == 4


def test_another_master_does_not_open_the_store(tmp_path: Path, store: KeyStore) -> None:
    store.get_or_create("log/sign")
    with pytest.raises(WrongMaster, match=r"keys\.db"):
        KeyStore(tmp_path / "keys.db", bytes(32))
    with pytest.raises(MasterMalformed):
        KeyStore(tmp_path / "keys.db", b"short")


def test_an_offered_key_is_not_on_the_disk_before_keep(tmp_path: Path, store: KeyStore) -> None:
    key = store.offer("record/site/2026-03")
    assert store.offer("record/site/2026-03") == key
    assert store.by_id(key.id) == key.secret
    assert store.get("record/site/2026-03") is None
    assert KeyStore(tmp_path / "keys.db", MASTER).names() == []
    store.keep()
    later = KeyStore(tmp_path / "keys.db", MASTER)
    assert later.get("record/site/2026-03") == key.secret
    assert later.by_id(key.id) == key.secret


def test_keys_that_could_not_be_kept_wait_for_the_next_time(tmp_path: Path, store: KeyStore) -> None:
    key = store.offer("record/site/2026-03")
    other = sqlite3.connect(tmp_path / "keys.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    store._db.execute("PRAGMA busy_timeout = 1")
    with pytest.raises(StoreUnavailable, match="locked"):
        store.keep()
    other.execute("ROLLBACK")
    store.keep()
    assert KeyStore(tmp_path / "keys.db", MASTER).get("record/site/2026-03") == key.secret


def test_a_destroyed_key_is_gone_from_memory_and_from_every_file(tmp_path: Path, store: KeyStore) -> None:
    key = store.offer("template/p-abcdefghijklmnop")
    store.keep()
    [(wrapped,)] = store._db.execute("SELECT wrapped FROM key").fetchall()
    assert wrapped in everything_in(tmp_path)
    assert store.destroy("template/p-abcdefghijklmnop")
    assert store.get("template/p-abcdefghijklmnop") is None
    assert store.by_id(key.id) is None
    assert wrapped not in everything_in(tmp_path)
    assert not store.destroy("template/p-abcdefghijklmnop")
    assert store.get_or_create("template/p-abcdefghijklmnop") != key.secret


def test_an_offered_key_can_be_destroyed_before_it_was_kept(store: KeyStore) -> None:
    key = store.offer("template/p-a")
    assert store.destroy("template/p-a")
    assert store.by_id(key.id) is None
    store.keep()
    assert store.names() == []


def test_destruction_that_could_not_be_finished_says_so(tmp_path: Path, store: KeyStore) -> None:
    store.get_or_create("template/p-a")
    store._db.execute("PRAGMA busy_timeout = 1")
    reader = sqlite3.connect(tmp_path / "keys.db", isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM key").fetchone()
    with pytest.raises(NotDestroyed) as refused:
        store.destroy("template/p-a")
    assert "again" in refused.value.now
    reader.close()
    store.destroy("template/p-a")
    assert (tmp_path / "keys.db-wal").stat().st_size == 0


def test_a_changed_row_is_noticed(tmp_path: Path, store: KeyStore) -> None:
    store.get_or_create("log/sign")
    store.get_or_create("site/card")
    # Each row is valid by itself; exchanged they would let one key pass for the other.
    (one, one_wrapped), (two, two_wrapped) = store._db.execute("SELECT tag, wrapped FROM key").fetchall()
    store._db.executemany("UPDATE key SET wrapped = ? WHERE tag = ?", [(two_wrapped, one), (one_wrapped, two)])
    changed = KeyStore(tmp_path / "keys.db", MASTER)
    for name in ("log/sign", "site/card"):
        with pytest.raises(KeyBroken):
            changed.get(name)


def test_a_newer_schema_is_refused(tmp_path: Path, store: KeyStore) -> None:
    store._db.execute("PRAGMA user_version = 99")
    store.close()
    with pytest.raises(NewerSchema, match="schema 99"):
        KeyStore(tmp_path / "keys.db", MASTER)


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "keys.db").write_bytes(b"not a database, but long enough to be looked at" * 100)
    with pytest.raises(StoreUnavailable, match="not a database"):
        KeyStore(tmp_path / "keys.db", MASTER)


def test_a_missing_directory_is_told_in_three_parts(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable) as refused:
        KeyStore(tmp_path / "nowhere" / "keys.db", MASTER)
    assert refused.value.what and refused.value.why and os.fspath(tmp_path) in refused.value.now
