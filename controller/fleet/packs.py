"""Packs on their way to nodes: how far each has come, what the keeper remembers of them, and who waits to be forgotten.

The book is one file, sealed, so that a restart uses no version twice, names the person of a late journal entry, and
still owes an acknowledgement to whoever withdrew.
"""

import hashlib
import json
import logging
import os
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ostiary.controller.fleet.private_file import read_if_there, write_private
from ostiary.protocol import base64url
from ostiary.protocol.parts import PACK_PART_BYTES

WINDOW = 16  # parts on the wire that the node has not told of; it tells of every eighth
AGAIN_MS = 5_000
MOST_REMEMBERED = 512  # packs of a node; a journal entry of an older one is recorded without its person
FORGOTTEN_MS = 183 * 86_400_000  # for as long an acknowledgement is shown
_BOUND = b"ostiary/packs/1"

_log = logging.getLogger("ostiary.keeper")


@dataclass(frozen=True, slots=True)
class Made:
    """One pack that was made: when, and by which policy (SHA-256)."""

    version: int
    made_ms: int
    policy: str


@dataclass(slots=True)
class Forgetting:
    """Somebody whose face this node is to forget: since when, by which version (0: it is still to be made), and when
    the node acknowledged that it had (None: not yet)."""

    person: str
    since_ms: int
    version: int = 0
    acknowledged_ms: int | None = None


@dataclass(slots=True)
class Kept:
    """What is remembered of one node: the newest version, the lowest that may still decide, what the newest held (a
    keyed hash), and the packs that were made."""

    version: int = 0
    packs_from: int = 0
    digest: str = ""
    made: list[Made] = field(default_factory=list[Made])
    forgetting: list[Forgetting] = field(default_factory=list[Forgetting])

    def of(self, version: int) -> Made | None:
        return next((one for one in reversed(self.made) if one.version == version), None)

    def make(self, made: Made, without: Iterable[Forgetting]) -> None:
        """Another pack, which has nothing of those persons in it."""
        self.version = made.version
        self.made = [*self.made[1 - MOST_REMEMBERED :], made]
        for one in without:
            one.version = made.version

    def forgotten_by(self, version: int) -> list[Forgetting]:
        """Whom a node that has nothing older than this version has forgotten, and nobody has recorded it yet."""
        return [one for one in self.forgetting if one.acknowledged_ms is None and 0 < one.version <= version]

    def acknowledge(self, done: Iterable[Forgetting], at_ms: int) -> None:
        """It is recorded that the node has forgotten them."""
        for one in done:
            one.acknowledged_ms = at_ms
        self.forgetting = [
            one
            for one in self.forgetting
            if one.acknowledged_ms is None or at_ms < one.acknowledged_ms + FORGOTTEN_MS
        ]  # fmt: skip


class Book:
    """The file of all nodes' packs, under a key of the keeper's. A file that does not open is begun anew, above every
    version that a node still reports."""

    def __init__(self, path: Path, key: bytes) -> None:
        self._path, self._key = path, key
        self._nodes: dict[str, Kept] = {}
        sealed = read_if_there(path)
        if sealed is None:
            return
        try:
            told = json.loads(AESGCM(key).decrypt(sealed[:12], sealed[12:], _BOUND))
        except (InvalidTag, ValueError):
            _log.error("%s does not open, so what was remembered of packs is lost; new ones are made now.", path)
            return
        for node, kept in told.items():
            made = [Made(**one) for one in kept.pop("made")]
            forgetting = [Forgetting(**one) for one in kept.pop("forgetting")]
            self._nodes[node] = Kept(**kept, made=made, forgetting=forgetting)

    def of(self, node: str) -> Kept:
        return self._nodes.setdefault(node, Kept())

    def write(self) -> None:
        """Make it durable. Raises OSError."""
        nonce = os.urandom(12)
        told = json.dumps({node: asdict(kept) for node, kept in self._nodes.items()}).encode()
        write_private(self._path, nonce + AESGCM(self._key).encrypt(nonce, told, _BOUND))

    def forgetting(self, person: str) -> Iterator[tuple[str, Forgetting]]:
        """Each node that is to forget this person's face, or has."""
        for node, kept in self._nodes.items():
            for one in kept.forgetting:
                if one.person == person:
                    yield node, one


class Transfer:
    """One sealed pack on its way to one node. Times are monotonic ms; `size` is in bytes."""

    def __init__(self, version: int, sealed: bytes) -> None:
        self.version = version
        self.size = len(sealed)
        self.done = False
        self._parts = [sealed[at : at + PACK_PART_BYTES] for at in range(0, len(sealed), PACK_PART_BYTES)]
        self._sha256 = base64url.encode(hashlib.sha256(sealed).digest())
        self._arrived = self._sent = 0
        self._moved_ms: int | None = None
        self._not_before_ms = 0

    def reported(self, reported: dict[str, Any], now_ms: int) -> None:
        """What the node says of its packs (a decoded `reported`)."""
        if reported["pack_version"] >= self.version:
            self.done = True
            return
        so_far = reported.get("pack")
        arrived = so_far["next_part"] if so_far and so_far["version"] == self.version else 0
        if arrived < self._arrived:
            # It lost what it had, or could not use it: begin there, and not at once for ever.
            self._sent, self._not_before_ms = arrived, now_ms + AGAIN_MS
        elif arrived > self._arrived:
            self._sent = max(self._sent, arrived)
        if arrived != self._arrived:
            self._arrived, self._moved_ms = arrived, now_ms

    def due(self, now_ms: int) -> list[dict[str, Any]]:
        """The messages to send now, for a node that hears them."""
        if self.done or now_ms < self._not_before_ms:
            return []
        if self._moved_ms is not None and now_ms - self._moved_ms >= AGAIN_MS:
            self._sent = self._arrived
        first, upto = self._sent, min(self._arrived + WINDOW, len(self._parts))
        if first >= upto:
            return []
        self._sent, self._moved_ms = upto, now_ms
        return [
            {
                "v": 1,
                "version": self.version,
                "part": number,
                "parts": len(self._parts),
                "sha256": self._sha256,
                "data": base64url.encode(self._parts[number]),
            }
            for number in range(first, upto)
        ]
