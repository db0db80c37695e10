"""The pack in use and the one that arrives, on flash: durable, sealed at rest, decided by in the door's own mind.

As `pi/pack_file.py` has them, with two bounds of a chip: a pack is held in memory once, so a longer one than
LONGEST_PACK is refused, and nothing compares faces or checks a pass's signature here, so cards alone open. Flash keeps
what was replaced until littlefs erases its block; it is sealed to this node all the same.
"""

import hashlib
import os

from ostiary.firmware.door.alone import Alone
from ostiary.firmware.esp32 import flash
from ostiary.protocol import base64url, packs
from ostiary.protocol.errors import Refused

TYPE_CHECKING = False  # MicroPython has no `typing` to import it from.
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from ostiary.firmware.esp32.identity import Identity

REPORT_EVERY = 8  # parts between two words on how far it has come
LONGEST_PACK = 128 * 1024  # bytes, as it travels


class Packs:
    """Gives the door's mind its events: ("pack", Alone or None) and ("pack-part", version, next_part)."""

    def __init__(self, who: "Identity", files: str, log: "Callable[[str], None]") -> None:
        """A flash that refuses is told of; nothing is decided alone then."""
        self.pass_key: "bytes | None" = None
        self._path, self._arriving = files + "/pack", files + "/pack.parts"
        self._who, self._log = who, log
        self._content_key = packs.key(who.secret, who.site, who.node, "content")
        self._card_key = packs.key(who.secret, who.site, who.node, "card")
        self._coming: "tuple[int, int, str] | None" = None  # version, parts, sha256
        self._next = 0
        self._size = 0
        self._left = 0  # the version that was too long
        self._file: "flash.Appended | None" = None
        self.alone: "Alone | None" = None
        try:
            self._remove(self._arriving)  # what had come before a restart comes again: parts are not held twice
            version, _, sealed = flash.read(self._path).partition(b"\n")
        except OSError as mistake:
            self._log("the pack on this node cannot be read: " + str(mistake))
            return
        if version:
            self.alone = self._opened(int(version), sealed) if version.isdigit() and len(version) < 11 else None
            if self.alone is None:
                self._log("the pack on this node does not open, so nothing is decided alone until another comes")

    def started(self) -> "list[tuple[Any, ...]]":
        """What the mind has to hear at the start."""
        return [("pack", self.alone)]

    def take(self, message: "dict[str, Any]") -> "list[tuple[Any, ...]]":
        """A decoded `pack` message. Nothing that arrives raises, and nothing older than what is in use is taken."""
        try:
            return self._take(message)
        except OSError as mistake:
            self._log("the pack " + str(message["version"]) + " cannot be written: " + str(mistake))
            return self._again(message["version"])

    def forget(self) -> None:
        """The pack in use decides nothing any more: erase it, and what was arriving. A flash that refuses is logged."""
        self.alone = None
        self._drop()
        try:
            self._remove(self._path)
        except OSError as mistake:
            self._log("the pack that is out of use could not be erased: " + str(mistake))

    def _take(self, message: "dict[str, Any]") -> "list[tuple[Any, ...]]":
        version = message["version"]
        said = (version, message["parts"], message["sha256"])
        coming = self._coming[0] if self._coming else 0
        if version <= (self.alone.version if self.alone else 0) or version < coming or version == self._left:
            return []
        if said != self._coming:
            self._drop()
            self._file = flash.Appended(self._arriving)
            self._file.open()
            self._coming = said
        if message["part"] != self._next or self._file is None:
            # Something was lost on the way: say where to go on. A part that came twice is no news.
            return [("pack-part", version, self._next)] if message["part"] > self._next else []
        data = base64url.decode(message["data"])
        if self._size + len(data) > LONGEST_PACK:
            self._log("the pack " + str(version) + " is longer than this board holds, and is left")
            self._drop()
            self._left = version
            return []
        self._file.add(data, False)
        self._size += len(data)
        self._next += 1
        if self._next < message["parts"]:
            return [("pack-part", version, self._next)] if self._next % REPORT_EVERY == 0 else []
        return self._complete(version, message["sha256"])

    def _complete(self, version: int, sha256: str) -> "list[tuple[Any, ...]]":
        if self._file is not None:
            self._file.close()
        sealed = flash.read(self._arriving)
        right = base64url.encode(hashlib.sha256(sealed).digest()) == sha256
        alone = self._opened(version, sealed) if right else None
        if alone is None:
            self._log("the pack " + str(version) + " is not what was announced, and is asked for again")
            return self._again(version)
        flash.replace(self._path, b"%d\n" % version + sealed)
        self._drop()
        self.alone = alone
        return [("pack", alone)]

    def _again(self, version: int) -> "list[tuple[Any, ...]]":
        self._drop()
        return [("pack-part", version, 0)]

    def _opened(self, version: int, sealed: bytes) -> "Alone | None":
        try:
            pack = packs.read(packs.open_content(self._content_key, self._who.node, version, sealed))
        except Refused as refused:
            self._log("a pack was refused: " + str(refused))
            return None
        if pack.header["door"] != self._who.door or pack.header["version"] != version:
            self._log("a pack was refused: it is for another door, or of another version than it says")
            return None
        return Alone(pack, self._card_key)

    def _drop(self) -> None:
        if self._file is not None:
            self._file.close()
        self._coming, self._next, self._size, self._file = None, 0, 0, None
        try:
            self._remove(self._arriving)
        except OSError as mistake:
            self._log("what had come of a pack could not be erased: " + str(mistake))

    def _remove(self, path: str) -> None:
        try:
            os.remove(path)
        except OSError as mistake:
            if mistake.errno != 2:  # ENOENT
                raise
