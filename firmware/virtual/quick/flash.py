"""A node's flash with its faults: power that fails inside a write, a disk that is full, and files that outlive both."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

from ostiary.firmware.pi.journal_file import JournalFile


class PowerCut(Exception):
    """The node's power failed inside a write; nothing that was running goes on."""


class Flash:
    """After `cut_after` more bytes the power fails (None: it holds), at the last moment of a write when they are its
    length; `full`: no write goes through."""

    def __init__(self, folder: Path) -> None:
        self.journal = folder / "journal"
        self.boot = folder / "boot"
        self.bad_boots = folder / "bad-boots"
        self.cut_after: int | None = None
        self.full = False


class FlashJournal(JournalFile):
    """The product's own journal on that flash. `noted` gets each entry once it is durable."""

    def __init__(self, flash: Flash, noted: list[dict[str, Any]], compact_bytes: int = 16 * 1024) -> None:
        self._flash = flash
        self._noted = noted
        super().__init__(flash.journal, compact_bytes)

    def append(self, entry: dict[str, Any]) -> None:
        super().append(entry)
        self._noted.append(entry)

    def mend(self) -> None:
        if self._flash.full:
            self.close()
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        super().mend()

    def _write(self, data: bytes, sync: bool) -> None:
        cut = self._flash.cut_after
        if cut is not None and cut <= len(data):
            os.write(self._descriptor, data[:cut])
            self._flash.cut_after = None
            raise PowerCut
        if cut is not None:
            self._flash.cut_after = cut - len(data)
        if self._flash.full:
            # As ext4 does it: some bytes still fit.
            os.write(self._descriptor, data[: len(data) // 2])
            self.close()
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        super()._write(data, sync)
