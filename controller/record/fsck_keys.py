"""The key store as a judge reads it: read-only, beside a keeper that may be running, and every key opened anew."""

import hmac
import sqlite3
from pathlib import Path
from urllib.parse import quote

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

NONCE_BYTES = 12
REMEMBERED = 20_000


class KeysUnreadable(Exception):
    """keys.db or master.key is missing, damaged, or of another site; the text says which."""


class KeyFile:
    """Keys by id or name. `broken` collects the ids of keys whose row was changed."""

    def __init__(self, keys_db: Path, master_key: Path) -> None:
        """Raises KeysUnreadable."""
        try:
            master = master_key.read_bytes()
            self._db = sqlite3.connect(f"file:{quote(str(keys_db.resolve()))}?mode=ro", uri=True)
            (proof,) = self._db.execute("SELECT proof FROM master").fetchone() or (b"",)
        except (OSError, sqlite3.Error) as error:
            raise KeysUnreadable(f"the keys cannot be read: {error}") from error
        if len(master) != 32:
            raise KeysUnreadable("master.key has not 32 bytes")
        self._wrap = AESGCM(_derive(master, b"wrap"))
        self._tags = _derive(master, b"tag")
        self._ciphers: dict[bytes, AESGCM | None] = {}
        self.broken: set[bytes] = set()
        if self._open(proof, b"master") != b"ostiary keys":
            raise KeysUnreadable("master.key and keys.db do not belong together, or one of them was changed")

    def cipher(self, key_id: bytes) -> AESGCM | None:
        """The key with this id as a cipher; None when there is none (any more)."""
        if key_id in self._ciphers:
            return self._ciphers[key_id]
        if len(self._ciphers) > REMEMBERED:
            self._ciphers.clear()
        row = self._db.execute("SELECT name, wrapped FROM key WHERE id = ?", (key_id,)).fetchone()
        secret = None if row is None else self._secret(key_id, *row)
        held = self._ciphers[key_id] = None if secret is None else AESGCM(secret)
        return held

    def named(self, name: str) -> bytes | None:
        """The key of this name."""
        tag = hmac.digest(self._tags, name.encode(), "sha256")
        row = self._db.execute("SELECT id, name, wrapped FROM key WHERE tag = ?", (tag,)).fetchone()
        return None if row is None else self._secret(*row)

    def count_all(self) -> int:
        """Open every key, so that a damaged one is in `broken`; how many there are. Raises KeysUnreadable."""
        number = 0
        try:
            for key_id, name, wrapped, tag in self._db.execute("SELECT id, name, wrapped, tag FROM key"):
                number += 1
                opened = self._open(name, b"name\0" + key_id)
                if self._secret(key_id, name, wrapped) is None or opened is None:
                    continue
                if hmac.digest(self._tags, opened, "sha256") != tag:
                    self.broken.add(key_id)
            [(said,)] = self._db.execute("PRAGMA integrity_check(1)").fetchall()
        except sqlite3.Error as error:
            raise KeysUnreadable(f"keys.db is damaged: {error}") from error
        if said != "ok":
            raise KeysUnreadable(f"keys.db is damaged: {said}")
        return number

    def close(self) -> None:
        self._db.close()

    def _secret(self, key_id: bytes, name: bytes, wrapped: bytes) -> bytes | None:
        opened = self._open(name, b"name\0" + key_id)
        secret = None if opened is None else self._open(wrapped, b"key\0" + key_id + opened)
        if secret is None:
            self.broken.add(key_id)
        return secret

    def _open(self, sealed: bytes, about: bytes) -> bytes | None:
        try:
            return self._wrap.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], about)
        except (InvalidTag, ValueError):
            return None


def _derive(master: bytes, purpose: bytes) -> bytes:
    return HKDF(SHA256(), 32, salt=None, info=b"ostiary/keys/v1/" + purpose).derive(master)
