"""Tiles: the tree as files, in the layout of C2SP tlog-tiles, so that anybody's tools and any web server can serve it.

`checkpoint`, `tile/<L>/<N>` with 256 hashes of level 8·L each, `tile/entries/<N>` with 256 commitments each; the last
one of a level is partial and ends in `.p/<W>`. Nothing here is secret, and all of it can be made again from the store.
"""

import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from ostiary.controller.record.tree import HASH_BYTES
from ostiary.controller.store.sqlite_file import sync_directory

WIDTH = 256
HEIGHT = 8
ENTRIES = "entries"
ENTRY_LENGTH = HASH_BYTES.to_bytes(2, "big")
ENTRY_BYTES = len(ENTRY_LENGTH) + HASH_BYTES
# More new files than this are synced together with everything else on the machine, which is quicker then.
MANY = 64
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
        full = Tile(tile.level, tile.number)
        wider = [full]
        if tile.width < WIDTH:
            wider += [Tile(tile.level, tile.number, width) for width in self._partial(full) if width >= tile.width]
        for held in wider:
            data = _read(self.directory / held.path)
            if data is not None and len(data) == held.width * held.item_bytes:
                return data[: tile.width * tile.item_bytes]
        return None

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
        if len(self._unsynced) > MANY:
            os.sync()
        else:
            for path in self._unsynced:
                if path.exists():  # a wider tile may have replaced it meanwhile
                    _sync(path)
                    sync_directory(path.parent)
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
