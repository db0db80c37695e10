"""The pack in use and the one that arrives, in the node's own directory: durable, sealed at rest, the old one wiped.

A power cut at any moment leaves the old pack or the new one, whole. What is replaced or forgotten is written over
before it goes; a memory card may keep copies of its own all the same, and they are sealed to this node.
"""

from __future__ import annotations

import hashlib
import importlib.util
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ostiary.firmware.door.alone import Alone
from ostiary.firmware.pi import durable
from ostiary.firmware.pi.pack_parts import Parts
from ostiary.protocol import base64url, packs, passes
from ostiary.protocol.errors import Refused

if TYPE_CHECKING:
    from ostiary.firmware.pi.identity import Identity
    from ostiary.firmware.pi.match import Match

REPORT_EVERY = 8  # parts between two words on how far it has come

Event = tuple[Any, ...]


class PackFile:
    """Gives the door's mind its events: ("pack", Alone or None) and ("pack-part", version, next_part)."""

    def __init__(self, who: Identity, match: Match | None, log: Callable[[str], None]) -> None:
        """`match` compares faces; None where this node has no face extra. Raises OSError for its own files."""
        self._path = who.directory / "pack"
        self._parts = Parts(who.directory / "pack.parts")
        self._who, self._match, self._log = who, match, log
        self._keys = {use: packs.key(who.secret, who.site, who.node, use) for use in packs.USES}
        self.pass_key: bytes | None = None  # as far as the keeper has said
        self.alone = self._read()
        if self.alone is not None and self._parts.version <= self.alone.version:
            self._parts.forget()
        elif (sealed := self._parts.whole()) is not None:  # the power went before it was put in place
            self._complete(self._parts.version, sealed)

    def started(self) -> list[Event]:
        """What the mind has to hear at the start."""
        return [("pack", self.alone), *self._so_far()]

    def take(self, message: dict[str, Any]) -> list[Event]:
        """A decoded `pack` message. Nothing that arrives raises, and nothing older than what is in use is taken."""
        try:
            return self._take(message)
        except OSError as mistake:
            self._log(f"the pack {message['version']} cannot be written: {mistake}")
            return []

    def forget(self) -> None:
        """The pack in use decides nothing any more: wipe it, and what was arriving. A disk that refuses is told of; the
        mind asks it no more all the same."""
        self.alone = None
        try:
            self._parts.forget()
            with durable.written_over(self._path):
                self._path.unlink(missing_ok=True)
                durable.sync_folder(self._path.parent)
        except OSError as mistake:
            self._log(f"the pack that is out of use could not be wiped: {mistake}")

    def _take(self, message: dict[str, Any]) -> list[Event]:
        version, parts = message["version"], self._parts
        if version <= max(self.alone.version if self.alone else 0, parts.version - 1):
            return []
        if not parts.fits(message):
            parts.begin(message)
        if message["part"] != parts.next_part:
            # Something was lost on the way: say where to go on. A part that came twice is no news.
            return self._so_far() if message["part"] > parts.next_part else []
        parts.add(base64url.decode(message["data"]))
        sealed = parts.whole()
        if sealed is None:
            return self._so_far() if parts.next_part % REPORT_EVERY == 0 else []
        return self._complete(version, sealed)

    def _so_far(self) -> list[Event]:
        return [("pack-part", self._parts.version, self._parts.next_part)] if self._parts.version else []

    def _complete(self, version: int, sealed: bytes) -> list[Event]:
        right = hashlib.sha256(sealed).digest() == self._parts.sha256
        alone = self._opened(version, sealed) if right else None
        if alone is None:
            self._log(f"the pack {version} is not what was announced, and is asked for again")
            self._parts.forget()
            return [("pack-part", version, 0)]
        try:
            with durable.written_over(self._path):
                durable.replace(self._path, str(version).encode() + b"\n" + sealed)
        except OSError as mistake:
            self._log(f"the pack {version} cannot be put in place: {mistake}")
            self._parts.forget()
            return [("pack-part", version, 0)]
        self._parts.forget()
        self.alone = alone
        return [("pack", alone)]

    def _read(self) -> Alone | None:
        try:
            line, _, sealed = self._path.read_bytes().partition(b"\n")
        except FileNotFoundError:
            return None
        alone = self._opened(int(line), sealed) if line.isdigit() and len(line) < 11 else None
        if alone is None:
            self._log("the pack on this node does not open, so nothing is decided alone until another comes")
        return alone

    def _opened(self, version: int, sealed: bytes) -> Alone | None:
        try:
            pack = packs.read(packs.open_content(self._keys["content"], self._who.node, version, sealed))
        except Refused as refused:
            self._log(f"a pack was refused: {refused}")
            return None
        if pack.header["door"] != self._who.door or pack.header["version"] != version:
            self._log("a pack was refused: it is for another door, or of another version than it says")
            return None
        if self._match is not None:
            self._match.prepare(pack.galleries)
        return Alone(pack, self._keys["card"], self._match, self._pass_id)

    def _pass_id(self, text: str) -> str | None:
        """The id of a pass that this site signed for this door."""
        key = self.pass_key
        if key is None:
            return None
        try:
            shown = passes.read(text, lambda message, signature: _signed(key, message, signature))
        except Refused:
            return None
        return shown.id if shown.site == self._who.site and self._who.door in shown.doors else None


def match_of(who: Identity) -> Match | None:
    """What compares faces on this node; None where numpy is not installed. It is loaded with the first faces."""
    if importlib.util.find_spec("numpy") is None:
        return None
    from ostiary.firmware.pi.match import Match

    return Match(packs.key(who.secret, who.site, who.node, "face"))


def _signed(key: bytes, message: bytes, signature: bytes) -> bool:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True
