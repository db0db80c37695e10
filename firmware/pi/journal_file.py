"""The journal on disk: an entry is durable before anything else happens, and nothing before any damage is lost."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from ostiary.firmware.door import journal
from ostiary.firmware.pi import durable

COMPACT_BYTES = 64 * 1024


class JournalFile:
    """Append-only, one owner. `kept` is what the file says, always: it changes only after the disk has."""

    def __init__(self, path: Path, compact_bytes: int = COMPACT_BYTES) -> None:
        """Read what is there; cut off or damaged parts are replaced at once. Raises OSError when the disk refuses."""
        self._path = path
        self._compact_bytes = compact_bytes
        self._descriptor = -1
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            data = b""
        self.kept = journal.recover(data)
        self._size = len(data)
        if not data or not self.kept.clean or self._size > compact_bytes:
            self.mend()
        else:
            self._open()

    @property
    def entries(self) -> list[dict[str, Any]]:
        """Entries that the keeper has not acknowledged, in order."""
        return self.kept.entries

    def append(self, entry: dict[str, Any]) -> None:
        """Make one entry durable. Raises OSError when that is not sure; call `mend` before the next one."""
        self._write(journal.line(entry), sync=True)
        self.kept.follow(entry)

    def acknowledge(self, upto: int) -> None:
        """Forget entries up to `upto`, which the keeper has. Raises OSError; call `mend` then."""
        if upto <= self.kept.upto:
            return
        self.kept.acknowledge(upto)
        # Not synced: when a power cut takes this line, entries are uploaded again, and the keeper knows their numbers.
        self._write(journal.head(self.kept), sync=False)
        if self._size > self._compact_bytes:
            self.mend()

    def remember(self, term: int, desired: dict[str, Any] | None) -> None:
        """Make the highest term and what is desired durable. Raises OSError when that is not sure; `mend` then."""
        kept, self.kept.term, self.kept.desired = (self.kept.term, self.kept.desired), term, desired
        try:
            self._write(journal.head(self.kept), sync=True)
        except OSError:
            self.kept.term, self.kept.desired = kept
            raise

    def mend(self) -> None:
        """Replace the file by what is known to be durable, at the shortest. Raises OSError while the disk refuses.

        The file is not read again: a line that a failed write left behind was never promised to anybody, and its
        number is used again.
        """
        self.close()
        data = journal.compacted(self.kept)
        durable.replace(self._path, data)
        self.kept.clean = True
        self._size = len(data)
        self._open()

    def close(self) -> None:
        """Let go of the file."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def _open(self) -> None:
        self._descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND)

    def _write(self, data: bytes, sync: bool) -> None:
        if self._descriptor < 0:
            raise OSError(f"{self._path} has been closed since a write failed")
        try:
            written = os.write(self._descriptor, data)
            if written < len(data):
                raise OSError(f"only {written} of {len(data)} bytes went into {self._path}")
            if sync:
                os.fsync(self._descriptor)
        except OSError:
            # A line may stand there half: nothing may follow it.
            self.close()
            raise
        self._size += written
