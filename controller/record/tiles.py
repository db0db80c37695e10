"""Tiles: the tree as files, in the layout of C2SP tlog-tiles, so that anybody's tools and any web server can serve it.

`checkpoint`, `tile/<L>/<N>` with 256 hashes of level 8·L each, `tile/entries/<N>` with 256 commitments each; the last
one of a level is partial and ends in `.p/<W>`. Nothing here is secret, and all of it can be made again from the store.
"""

import errno
import os
import re
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from ostiary.controller.record.tree import HASH_BYTES
from ostiary.controller.store.sqlite_file import sync_directory

WIDTH = 256
HEIGHT = 8
# Half of a tile: a proof needs one of its sixteen lower halves and the upper one.
HALF_WIDTH = 16
HALF_HEIGHT = 4
HALF_BYTES = HALF_WIDTH * HASH_BYTES
ENTRIES = "entries"
ENTRY_LENGTH = HASH_BYTES.to_bytes(2, "big")
ENTRY_BYTES = len(ENTRY_LENGTH) + HASH_BYTES
# So many syncs are under way at once: the file system makes one commit of those that wait together.
SYNCS = 16
_NAME = re.compile(r"tile/([0-9]|[1-5][0-9]|6[0-3]|entries)/((?:x[0-9]{3}/)*)([0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?")


@dataclass(frozen=True, slots=True)
class Tile:
    """One tile's name. `level` is 0–63 or `entries`; `width` 1–256 hashes or entries, 256 when it is full."""

    level: int | str
    number: int
    width: int = WIDTH

    @property
    def path(self) -> str:
        """Below the log's prefix: `tile/0/x001/234`, `tile/entries/000.p/7`."""
        digits = f"{self.number:03d}"
        digits = digits.zfill(-(-len(digits) // 3) * 3)
        groups = [digits[at : at + 3] for at in range(0, len(digits), 3)]
        name = "/".join([f"x{group}" for group in groups[:-1]] + groups[-1:])
        return f"tile/{self.level}/{name}" + ("" if self.width == WIDTH else f".p/{self.width}")

    @property
    def item_bytes(self) -> int:
        return ENTRY_BYTES if self.level == ENTRIES else HASH_BYTES


def tile_named(path: str) -> Tile | None:
    """The tile that `path` (below the log's prefix) names, or None when it names none in the one way allowed."""
    found = _NAME.fullmatch(path)
    if found is None:
        return None
    level, high, low, width = found.groups()
    number = int("".join(re.findall("[0-9]{3}", high)) + low)
    tile = Tile(level if level == ENTRIES else int(level), number, WIDTH if width is None else int(width))
    return tile if tile.path == path else None


def bundle(commitments: bytes) -> bytes:
    """Entries as they stand in an entry bundle: each commitment with its length in two bytes before it."""
    return b"".join(ENTRY_LENGTH + commitments[at : at + HASH_BYTES] for at in range(0, len(commitments), HASH_BYTES))


class Tiles:
    """The files of one log below `directory`. One process writes; anybody reads, and sees whole files only."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._unsynced: set[Path] = set()

    def read(self, tile: Tile) -> bytes | None:
        """The tile's bytes, cut from a wider one where only that is kept; None when it is not there, or damaged."""
        data = self._whole(Tile(tile.level, tile.number))
        if data is None:
            return self.unfinished(tile)
        return data[: tile.width * tile.item_bytes]

    def unfinished(self, tile: Tile) -> bytes | None:
        """The tile's bytes from a partial tile, one that a wider tile has not replaced; None when there is none."""
        for width in self._partial(Tile(tile.level, tile.number)):
            data = self._whole(Tile(tile.level, tile.number, width)) if width >= tile.width else None
            if data is not None:
                return data[: tile.width * tile.item_bytes]
        return None

    def _whole(self, tile: Tile) -> bytes | None:
        data = _read(self.directory / tile.path)
        return data if data is not None and len(data) == tile.width * tile.item_bytes else None

    def part(self, full: Tile, number: int) -> bytes | None:
        """Hashes 16 · `number` to 16 · `number` + 15 of a full tile; None when they are not there."""
        return _piece(f"{self.directory}/{full.path}", number)

    def middle(self, level: int, number: int) -> bytes | None:
        """The sixteen hashes four levels over the full tile `number` of `level`; None when they were not written."""
        data = _piece(f"{self.directory}/middle/{level}", number)
        return data if data != bytes(HALF_BYTES) else None

    def set_middle(self, level: int, number: int, data: bytes) -> None:
        """Keep them beside the tiles, so that no proof hashes a whole tile. It is no part of what is published."""
        path = self.directory / "middle" / str(level)
        path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            if os.pwrite(handle, data, number * HALF_BYTES) != HALF_BYTES:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        finally:
            os.close(handle)
        self._unsynced.add(path)

    def write(self, tile: Tile, data: bytes) -> None:
        """Put a tile in its place, whole or not at all. It survives a power cut once `settle` has returned."""
        path = self.directory / tile.path
        path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        _replace(path, data, sync=False)
        self._unsynced.add(path)
        full = Tile(tile.level, tile.number)
        if tile.width == WIDTH:
            shutil.rmtree(self._beside(full), ignore_errors=True)
        for width in self._partial(full):
            if width < tile.width:  # a wider one says the same and more
                (self.directory / Tile(tile.level, tile.number, width).path).unlink(missing_ok=True)

    def settle(self) -> None:
        """Everything that was written survives a power cut when this returns."""
        # A wider tile may have replaced one of them meanwhile.
        written = [path for path in self._unsynced if path.exists()]
        if written:
            with ThreadPoolExecutor(SYNCS, "log-sync") as pool:
                list(pool.map(_sync, written))
                list(pool.map(sync_directory, {path.parent for path in written}))
        self._unsynced.clear()

    def checkpoint(self) -> str | None:
        """The published checkpoint, with the cosignatures that it has; None when there is none."""
        return self._text("checkpoint")

    def keys(self) -> str | None:
        """The published chain of the log's keys (`record/keyring.py`); None when there is none."""
        return self._text("keys")

    def set_checkpoint(self, note: str) -> None:
        """Publish a checkpoint, after the tiles that it speaks of. A crash leaves the old one or the new one."""
        self.settle()
        self.directory.mkdir(mode=0o755, parents=True, exist_ok=True)
        _replace(self.directory / "checkpoint", note.encode(), sync=True)

    def erasures(self) -> str | None:
        """The published list of erasures (`record/erasing.py`); None when nothing was ever erased."""
        return self._text("erasures")

    def set_erasures(self, text: str) -> None:
        """Publish the list of erasures. A crash leaves the old one or the new one."""
        self.directory.mkdir(mode=0o755, parents=True, exist_ok=True)
        _replace(self.directory / "erasures", text.encode(), sync=True)

    def _text(self, name: str) -> str | None:
        data = _read(self.directory / name)
        try:
            return None if data is None else data.decode()
        except UnicodeDecodeError:
            return None

    def _beside(self, full: Tile) -> Path:
        return self.directory / f"{full.path}.p"

    def _partial(self, full: Tile) -> list[int]:
        try:
            return sorted(int(path.name) for path in self._beside(full).iterdir() if path.name.isdigit())
        except OSError:
            return []


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None


def _piece(path: str, number: int) -> bytes | None:
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        data = os.pread(handle, HALF_BYTES, number * HALF_BYTES)
    except OSError:
        return None
    finally:
        os.close(handle)
    return data if len(data) == HALF_BYTES else None


def _replace(path: Path, data: bytes, *, sync: bool) -> None:
    beside = path.with_name(path.name + ".new")
    with beside.open("wb") as file:
        file.write(data)
        if sync:
            file.flush()
            os.fsync(file.fileno())
    beside.replace(path)
    if sync:
        sync_directory(path.parent)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
