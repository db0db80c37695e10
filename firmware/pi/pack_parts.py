"""A pack that is arriving, on disk, part after part: a lost line or a power cut costs the last part and no more.

a line of JSON: version, parts, sha256; then for each part: CRC-32 (4 bytes), length (2), the part's bytes
"""

from __future__ import annotations

import contextlib
import json
import os
import struct
import zlib
from pathlib import Path
from typing import Any

from ostiary.firmware.pi import durable
from ostiary.protocol import base64url

_FRAME = struct.Struct(">IH")


class Parts:
    """One pack on its way; `next_part` is the first that is missing. Whole parts before any damage are kept."""

    def __init__(self, path: Path) -> None:
        """Take up what is there. Raises OSError when the disk refuses."""
        self._path = path
        self.version = 0
        self.count = 0
        self._sha256 = ""
        self._parts: list[bytes] = []
        self._take_up()

    @property
    def next_part(self) -> int:
        return len(self._parts)

    def fits(self, message: dict[str, Any]) -> bool:
        """Whether a part belongs to this very pack."""
        said = (message["version"], message["parts"], message["sha256"])
        return said == (self.version, self.count, self._sha256)

    def begin(self, message: dict[str, Any]) -> None:
        """Forget what had come, and wait for the pack of which `message` is a part. Raises OSError."""
        self.forget()
        head = {name: message[name] for name in ("version", "parts", "sha256")}
        self._path.touch(0o600)
        self._path.write_bytes(json.dumps(head).encode() + b"\n")
        self.version, self.count, self._sha256 = message["version"], message["parts"], message["sha256"]

    def add(self, data: bytes) -> None:
        """The part `next_part`. Raises OSError; the part then counts as not arrived."""
        with self._path.open("ab") as file:
            # Not synced: what a power cut takes of it is sent again, and the whole is held against its hash.
            file.write(_FRAME.pack(zlib.crc32(data), len(data)) + data)
        self._parts.append(data)

    def whole(self) -> bytes | None:
        """All bytes, once every part is there."""
        return b"".join(self._parts) if self.count and len(self._parts) == self.count else None

    @property
    def sha256(self) -> bytes:
        return base64url.decode(self._sha256)

    def forget(self) -> None:
        """Begin with nothing; what had come is written over. Raises OSError."""
        with durable.written_over(self._path):
            self._path.unlink(missing_ok=True)
        self.version, self.count, self._sha256, self._parts = 0, 0, "", []

    def _take_up(self) -> None:
        try:
            data = self._path.read_bytes()
        except FileNotFoundError:
            return
        line, found, frames = data.partition(b"\n")
        with contextlib.suppress(ValueError, TypeError, KeyError):
            head = json.loads(line)
            version, count, sha256 = int(head["version"]), int(head["parts"]), str(head["sha256"])
            if found and version > 0 and count > 0 and len(base64url.decode(sha256)) == 32:
                self.version, self.count, self._sha256 = version, count, sha256
        if not self.version:
            self.forget()
            return
        at = 0
        while at + _FRAME.size <= len(frames) and len(self._parts) < self.count:
            crc, size = _FRAME.unpack_from(frames, at)
            part = frames[at + _FRAME.size : at + _FRAME.size + size]
            if len(part) < size or zlib.crc32(part) != crc:
                break
            self._parts.append(part)
            at += _FRAME.size + size
        if at < len(frames):
            os.truncate(self._path, len(line) + 1 + at)
