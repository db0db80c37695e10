"""The site's keys: each wrapped under one master key, found by name, and gone for good once destroyed.

Neither a key nor a name stands in the file in clear: a stolen `keys.db` without `master.key` says how many keys there
are and nothing else.
"""

import hmac
import os
import sqlite3
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from ostiary.controller.store.errors import (
    KeyBroken,
    NotDestroyed,
    StoreUnavailable,
    WrongMaster,
)
from ostiary.controller.store.master import check_length
from ostiary.controller.store.master import load_or_make_master as load_or_make_master
from ostiary.controller.store.sqlite_file import open_writer

KEY_BYTES = 32
ID_BYTES = 16
NONCE_BYTES = 12
SCHEMA_VERSION = 1
SCHEMA = """
CREATE TABLE master (one INTEGER PRIMARY KEY CHECK (one = 1), proof BLOB NOT NULL) STRICT;
CREATE TABLE key (
  tag BLOB PRIMARY KEY, id BLOB NOT NULL UNIQUE, name BLOB NOT NULL, wrapped BLOB NOT NULL
) STRICT, WITHOUT ROWID
"""
REMEMBERED = 50_000  # unwrapped keys in memory, about 20 MB; the rest is read again when needed
_PROOF = b"ostiary keys"

Random = Callable[[int], bytes]


@dataclass(frozen=True, slots=True)
class Key:
    """`id` is 16 random bytes that may stand in clear where a key is used: it names nobody."""

    id: bytes
    secret: bytes


class KeyStore:
    """The keys of one site. One process opens it; its methods may be called from any thread."""

    def __init__(self, path: Path, master: bytes, random: Random = os.urandom) -> None:
        """Raises WrongMaster when `master` (32 bytes) does not open `path`, StoreUnavailable, NewerSchema."""
        check_length(master, "The master key")
        self._path, self._random = path, random
        self._wrap = AESGCM(_derive(master, b"wrap"))
        self._tag_key = _derive(master, b"tag")
        self._lock = threading.RLock()
        self._by_name: dict[str, Key] = {}
        self._by_id: dict[bytes, str] = {}
        self.destroyed = 0  # rises with every key that goes; whoever keeps ciphers forgets them then
        self._waiting: dict[str, Key] = {}  # offered, used in memory, not yet durable
        self._db = open_writer(path, SCHEMA, SCHEMA_VERSION, secure_delete=True)
        try:
            self._check_master()
        except BaseException:
            self._db.close()
            raise

    def get(self, name: str) -> bytes | None:
        """The key of this name, or None when there is none (any more)."""
        key = self._by_name.get(name) or self._find(name)
        return key.secret if key else None

    def held(self, name: str) -> Key | None:
        """The key of this name with its id, or None when there is none (any more)."""
        return self._by_name.get(name) or self._find(name)

    def get_or_create(self, name: str, make: Callable[[], bytes] | None = None) -> bytes:
        """The key of this name; when missing, what `make` returns (default: 32 random bytes), durable on return."""
        with self._lock:
            key = self.offer(name, make)
            if name in self._waiting:
                self.keep()
            return key.secret

    def offer(self, name: str, make: Callable[[], bytes] | None = None) -> Key:
        """The key of this name, or a fresh one that the next `keep` makes durable. Never waits for the disk to sync.

        Nothing that a fresh key protects may reach the disk before `keep` has returned.
        """
        if (key := self._by_name.get(name)) is not None:
            return key
        with self._lock:
            key = self._waiting.get(name) or self._find(name)
            if key is None:
                key = Key(self._random(ID_BYTES), make() if make else self._random(KEY_BYTES))
                self._waiting[name] = key
                self._by_id[key.id] = name
            return key

    def keep(self) -> None:
        """Make every offered key durable, in one transaction. Raises StoreUnavailable; the offers then keep waiting."""
        if not self._waiting:
            return
        with self._lock:
            waiting = dict(self._waiting)
            rows = [(self._tag(name), key.id, *self._wrapped(name, key)) for name, key in waiting.items()]
            self._write("INSERT INTO key VALUES (?, ?, ?, ?)", rows)
            self._by_name.update(waiting)
            self._waiting.clear()
            if len(self._by_name) > REMEMBERED:
                self._by_name.clear()
                self._by_id.clear()

    def by_id(self, key_id: bytes) -> bytes | None:
        """The key with this id, or None when it was destroyed."""
        with self._lock:
            name = self._by_id.get(key_id)
            if name is None:
                row = self._one("SELECT name FROM key WHERE id = ?", key_id)
                if row is None:
                    return None
                name = self._open(row[0], b"name\0" + key_id).decode()
            if (waiting := self._waiting.get(name)) is not None:
                return waiting.secret
            return self.get(name)

    def names(self, prefix: str = "") -> list[str]:
        """The names of all durable keys that begin with `prefix`, sorted. Opens every name: not for the hot path."""
        with self._lock:
            rows = self._db.execute("SELECT id, name FROM key").fetchall()
            names = (self._open(name, b"name\0" + key_id).decode() for key_id, name in rows)
            return sorted(name for name in names if name.startswith(prefix))

    def ids_of(self, prefix: str) -> dict[str, bytes]:
        """name → id of every durable key whose name begins with `prefix`. Opens every name, but keeps nobody waiting
        for longer than a few hundred of them take."""
        found: dict[str, bytes] = {}
        after = b""
        while True:
            with self._lock:
                rows = self._db.execute(
                    "SELECT tag, id, name FROM key WHERE tag > ? ORDER BY tag LIMIT 500", (after,)
                ).fetchall()
                for _, key_id, sealed in rows:
                    name = self._open(sealed, b"name\0" + key_id).decode()
                    if name.startswith(prefix):
                        found[name] = key_id
            if not rows:
                return dict(sorted(found.items()))
            after = rows[-1][0]

    def id_of(self, name: str) -> bytes | None:
        """The id of the durable key of this name."""
        row = self._one("SELECT id FROM key WHERE tag = ?", self._tag(name))
        return None if row is None else row[0]

    def destroy_all(self, ids: Iterable[bytes]) -> int:
        """Like `destroy`, for many by their ids and in one transaction; says how many there still were."""
        with self._lock:
            here = [(key_id,) for key_id in set(ids) if self._one("SELECT id FROM key WHERE id = ?", key_id)]
            if here:
                self._write("DELETE FROM key WHERE id = ?", here)
                gone = {key_id for (key_id,) in here}
                names = {name for key_id, name in self._by_id.items() if key_id in gone}
                self._by_id = {key_id: name for key_id, name in self._by_id.items() if key_id not in gone}
                self._by_name = {name: key for name, key in self._by_name.items() if name not in names}
                self.destroyed += len(here)
            # Also when there was none: an earlier call may have deleted the rows and failed here.
            self._empty_wal()
            return len(here)

    def destroy(self, name: str) -> bool:
        """Forget a key, on the disk and in memory; whatever it protects is noise from now on. False: there was none.

        Overwrites the row (`secure_delete`) and empties the write-ahead log. Raises NotDestroyed when another
        process holds the file open, so that the old bytes could not be removed yet; calling again tries again.
        """
        with self._lock:
            waiting = self._waiting.pop(name, None)
            row = self._one("SELECT id FROM key WHERE tag = ?", self._tag(name))
            if row is not None:
                self._write("DELETE FROM key WHERE tag = ?", [(self._tag(name),)])
            self._by_name.pop(name, None)
            self.destroyed += 1
            self._by_id = {key_id: held for key_id, held in self._by_id.items() if held != name}
            # Also when there was none: an earlier call may have deleted the row and failed here.
            self._empty_wal()
            return row is not None or waiting is not None

    def close(self) -> None:
        with self._lock:
            self._db.close()

    def _empty_wal(self) -> None:
        busy = self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        if busy:
            raise NotDestroyed(
                "The key is deleted, but its old bytes may still be in the write-ahead log.",
                f"Another process has {self._path.name} open.",
                "Stop that process and ask for the destruction again.",
            )

    def _find(self, name: str) -> Key | None:
        with self._lock:
            if (key := self._by_name.get(name)) is not None:
                return key
            row = self._one("SELECT id, wrapped FROM key WHERE tag = ?", self._tag(name))
            if row is None:
                return None
            key = Key(row[0], self._open(row[1], b"key\0" + row[0] + name.encode()))
            self._by_name[name] = key
            self._by_id[key.id] = name
            return key

    def _one(self, query: str, value: bytes) -> tuple[bytes, ...] | None:
        try:
            return self._db.execute(query, (value,)).fetchone()
        except sqlite3.Error as error:
            raise self._unavailable(error) from error

    def _write(self, statement: str, rows: list[tuple[bytes, ...]]) -> None:
        try:
            self._db.execute("BEGIN IMMEDIATE")
            self._db.executemany(statement, rows)
            self._db.execute("COMMIT")
        except sqlite3.Error as error:
            if self._db.in_transaction:
                self._db.rollback()
            raise self._unavailable(error) from error

    def _unavailable(self, error: sqlite3.Error) -> StoreUnavailable:
        return StoreUnavailable(
            f"{self._path.name} could not be read or written.",
            f"The system says: {error}.",
            f"Check the disk that holds {self._path}; the next request tries again.",
        )

    def _tag(self, name: str) -> bytes:
        return hmac.digest(self._tag_key, name.encode(), "sha256")

    def _wrapped(self, name: str, key: Key) -> tuple[bytes, bytes]:
        return self._seal(name.encode(), b"name\0" + key.id), self._seal(key.secret, b"key\0" + key.id + name.encode())

    def _seal(self, data: bytes, about: bytes) -> bytes:
        nonce = self._random(NONCE_BYTES)
        return nonce + self._wrap.encrypt(nonce, data, about)

    def _open(self, sealed: bytes, about: bytes) -> bytes:
        try:
            return self._wrap.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], about)
        except InvalidTag as error:
            raise KeyBroken(
                "A key could not be read.",
                f"A row of {self._path.name} was changed after it was written.",
                "Put the file back from a backup.",
            ) from error

    def _check_master(self) -> None:
        row = self._db.execute("SELECT proof FROM master").fetchone()
        if row is None:
            self._write("INSERT INTO master VALUES (1, ?)", [(self._seal(_PROOF, b"master"),)])
            return
        try:
            self._wrap.decrypt(row[0][:NONCE_BYTES], row[0][NONCE_BYTES:], b"master")
        except InvalidTag as error:
            raise WrongMaster(
                "The keys of this site were not opened.",
                f"The master key does not fit {self._path.name}: one of the two comes from another site or time.",
                "Put the master.key and keys.db of the same backup beside each other.",
            ) from error


def _derive(master: bytes, purpose: bytes) -> bytes:
    """HKDF-SHA256 (RFC 5869), so that no key of the store is used for two things."""
    return HKDF(SHA256(), KEY_BYTES, salt=None, info=b"ostiary/keys/v1/" + purpose).derive(master)
