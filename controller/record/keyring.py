"""Keyring: the keys that one log has signed with, the chain between them public, the secret of the last one alone kept.

A rotation that a crash cut short is finished or forgotten at the next start, by what the log itself says.
"""

import logging
import os
from pathlib import Path

from ostiary.controller.record.checkpoint import BadKey, BadNote, Signer, read_checkpoint
from ostiary.controller.record.errors import Broken
from ostiary.controller.record.handover import Handover, end_of, handed_over
from ostiary.controller.store.errors import NotDestroyed
from ostiary.controller.store.keys import KeyStore
from ostiary.controller.store.sqlite_file import sync_directory

_log = logging.getLogger("ostiary.log")


class HandingOver:
    """Signs with the old key and the new one, while the record of the new one is on its way."""

    def __init__(self, old: Signer, new: Signer) -> None:
        self.old, self.new = old, new
        self.verifier_key = old.verifier_key

    def sign(self, size: int, root: bytes) -> str:
        return self.old.sign(size, root) + self.new.sign(size, root).rpartition("\n\n")[2]


class Keyring:
    """`chain` is public: every verifier key of the log, each signed by the one before; it is kept in `path`."""

    def __init__(self, keys: KeyStore, origin: str, path: Path, last: tuple[int, str] | None) -> None:
        """`last` is the log's newest checkpoint as (size, note). Raises Broken when it has no key, StoreUnavailable."""
        self._keys, self._origin, self._path = keys, origin, path
        self.chain = self._read()
        number = len(self.chain) - 1 if self.chain else 0
        secret = keys.get(_name(number)) if last else keys.get_or_create(_name(number))
        if secret is None:
            raise disagrees_with_keys()
        self.signer = Signer(origin, secret)
        if not self.chain or self.chain[-1].key != self.signer.verifier_key:
            self.chain = [Handover(self.signer.verifier_key)]
        following = keys.get(_name(number + 1))
        if last is not None and following is not None:
            new = Signer(origin, following)
            if _signed_by(last[1], new):
                self.take(handed_over(self.signer, new.verifier_key), new)
        self._write()
        self._forget(len(self.chain) - 2)

    @property
    def keys(self) -> list[str]:
        """Every verifier key that the log has had, the newest first."""
        return [handover.key for handover in reversed(self.chain)]

    def prepare(self) -> tuple[Handover, Signer]:
        """The key that would follow, durable, and the present key's word for it."""
        new = Signer(self._origin, self._keys.get_or_create(_name(len(self.chain))))
        return handed_over(self.signer, new.verifier_key), new

    def take(self, handover: Handover, new: Signer) -> None:
        """The log has recorded it: from now on the new key signs, and the old secret is destroyed."""
        self.chain = [*self.chain, handover]
        self.signer = new
        self._write()
        self._forget(len(self.chain) - 2)

    def _forget(self, number: int) -> None:
        if number < 0 or self._keys.get(_name(number)) is None:
            return
        try:
            self._keys.destroy(_name(number))
        except NotDestroyed as error:
            # The row is gone, and its old bytes go with the next key that is destroyed, or at the next start.
            _log.warning("%s", error)

    def _read(self) -> list[Handover]:
        try:
            lines = self._path.read_text().splitlines()
        except (OSError, UnicodeDecodeError):
            return []
        chain = [held for line in lines if (held := Handover.read(line)) is not None]
        try:
            end_of(chain)
        except (BadKey, ValueError):
            return []
        return chain

    def _write(self) -> None:
        text = "".join(f"{handover.line}\n" for handover in self.chain)
        if self._path.exists() and self._path.read_bytes() == text.encode():
            return
        self._path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        beside = self._path.with_name(self._path.name + ".new")
        with beside.open("w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(self._path)
        sync_directory(self._path.parent)


def _name(number: int) -> str:
    return f"log/sign/{number}" if number else "log/sign"


def _signed_by(note: str, signer: Signer) -> bool:
    try:
        read_checkpoint(note, signer.verifier_key)
    except BadNote:
        return False
    return True


def disagrees_with_keys() -> Broken:
    return Broken(
        "The log takes no more records.",
        "It disagrees with what it signed: it is signed, and keys.db has no key that signs.",
        "Keep the files as they are, and restore log.db and keys.db of one backup.",
    )
