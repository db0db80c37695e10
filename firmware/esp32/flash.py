"""Files on littlefs (or on the unix port's disk) that survive a power cut at any byte."""

import os

TYPE_CHECKING = False  # MicroPython has no `typing` to import it from.
if TYPE_CHECKING:
    from typing import Any


def read(path: str) -> bytes:
    """What is in the file; nothing where there is none. Raises OSError when the flash refuses."""
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as mistake:
        if mistake.errno != 2:  # ENOENT
            raise
        return b""


def replace(path: str, data: bytes) -> None:
    """Put `data` in place of the file: written beside it, synced, renamed. Raises OSError, with the old one there."""
    beside = path + ".new"
    with open(beside, "wb") as file:
        file.write(data)
        file.flush()  # MicroPython syncs with it, on littlefs and on a disk
    os.rename(beside, path)


class Appended:
    """A file that only grows. After an error nothing may follow what may stand there half: `replace` it."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._file: "Any" = None

    def open(self) -> None:
        """Raises OSError when the flash refuses."""
        self._file = open(self._path, "ab")  # noqa: SIM115 - it stays open

    def add(self, data: bytes, sync: bool) -> None:
        """Write, and with `sync` make it durable. Raises OSError unless all of it went in."""
        if self._file is None:
            raise OSError(self._path + " has been closed since a write failed")
        try:
            if self._file.write(data) != len(data):
                raise OSError("not all of it went into " + self._path)
            if sync:
                self._file.flush()
        except OSError:
            self.close()
            raise

    def close(self) -> None:
        """Let go of the file."""
        file, self._file = self._file, None
        if file is not None:
            try:
                file.close()
            except OSError:
                pass  # what was not synced was promised to nobody
