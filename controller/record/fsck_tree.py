"""The tree as a judge derives it: leaf by leaf, and every tile of the log held against what it should be.

In memory are the peaks and the unfinished tiles. Nothing of `tree.py` or `publishing.py` is used: two ways to the same
bytes, or one of them is wrong.
"""

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

WIDTH = 256


class Derived:
    """Grows by commitments. `wrong(position, file, why)` hears of each tile that is not what it should be."""

    def __init__(self, directory: Path, published: int, wrong: Callable[[int, str, str], None]) -> None:
        """Tiles of the first `published` leaves must be there; later ones may."""
        self._directory, self._published, self._wrong = directory, published, wrong
        self.size = 0
        self._peaks: list[tuple[int, bytes]] = []
        self._rows: list[list[bytes]] = [[]]
        self._middles: list[list[bytes]] = [[]]
        self._entries: list[bytes] = []

    def add(self, commitment: bytes) -> bytes:
        """The next entry; returns its leaf."""
        leaf = sha256(b"\x00" + commitment).digest()
        self.size += 1
        self._entries.append(b"\x00\x20" + commitment)
        level, held = 0, leaf
        self._rows[0].append(leaf)
        peaks = self._peaks
        while peaks and peaks[-1][0] == level:
            held = sha256(b"\x01" + peaks.pop()[1] + held).digest()
            level += 1
            if level % 8 == 4:
                self._middles[level // 8].append(held)
            if level % 8 == 0:
                if level // 8 == len(self._rows):
                    self._rows.append([])
                    self._middles.append([])
                self._rows[level // 8].append(held)
        peaks.append((level, held))
        if self.size % WIDTH == 0:
            self._full()
        if self.size == self._published:
            self._unfinished()
        return leaf

    def root(self) -> bytes:
        """The root of what was added."""
        if not self._peaks:
            return sha256(b"").digest()
        held = self._peaks[-1][1]
        for _, peak in reversed(self._peaks[:-1]):
            held = sha256(b"\x01" + peak + held).digest()
        return held

    def _full(self) -> None:
        self._compare("entries", (self.size >> 8) - 1, b"".join(self._entries), WIDTH)
        self._entries.clear()
        for level, row in enumerate(self._rows):
            if len(row) == WIDTH:
                number = (self.size >> 8 * (level + 1)) - 1
                self._compare(str(level), number, b"".join(row), WIDTH)
                self._compare_middle(level, number, b"".join(self._middles[level]))
                row.clear()
                self._middles[level].clear()

    def _unfinished(self) -> None:
        if self._entries:
            self._compare("entries", self.size >> 8, b"".join(self._entries), len(self._entries))
        for level, row in enumerate(self._rows):
            if row:
                self._compare(str(level), self.size >> 8 * (level + 1), b"".join(row), len(row))

    def _compare_middle(self, level: int, number: int, right: bytes) -> None:
        """The sixteen hashes halfway up a tile, which the keeper has for itself; it need not have them."""
        try:
            with (self._directory / "middle" / str(level)).open("rb") as file:
                file.seek(number * len(right))
                held = file.read(len(right))
        except FileNotFoundError:
            return
        except OSError as error:
            self._wrong(self.size - 1, f"middle/{level}", f"it cannot be read ({error.strerror})")
            return
        if held not in (right, b"", bytes(len(right))):
            why = f"what it says of tile {number} is not what the records give; delete it, and the keeper does without"
            self._wrong(self.size - 1, f"middle/{level}", why)

    def _compare(self, level: str, number: int, right: bytes, width: int) -> None:
        groups = f"{number:03d}".zfill(-(-len(f"{number:03d}") // 3) * 3)
        parts = [groups[at : at + 3] for at in range(0, len(groups), 3)]
        name = "/".join([f"x{part}" for part in parts[:-1]] + parts[-1:])
        full = self._directory / "tile" / level / name
        try:
            files = _files(full, width)
            held = [path.read_bytes() for path in files]
        except OSError as error:
            self._wrong(self.size - 1, f"tile/{level}/{name}", f"the tile cannot be read ({error.strerror})")
            return
        if not held and self.size <= self._published:
            self._wrong(self.size - 1, f"tile/{level}/{name}", "the tile is missing, and was published")
        for path, data in zip(files, held, strict=False):
            step = len(right) // width
            whole = len(data) == (WIDTH if path == full else int(path.name)) * step
            if not whole or data[: len(right)] != right:
                first = next((at for at in range(width) if data[at * step :][:step] != right[at * step :][:step]), 0)
                below = 8 * (0 if level == "entries" else int(level))
                position = min(((number * WIDTH + first + 1) << below) - 1, self.size - 1)
                self._wrong(position, f"tile/{level}/{name}", f"the tile {path.name} is not what the records give")


def _files(full: Path, width: int) -> list[Path]:
    """The file of a tile, or the partial ones that have at least `width` items of it."""
    beside = full.with_name(full.name + ".p")
    if full.exists() or width == WIDTH or not beside.is_dir():
        return [full] if full.exists() else []
    return [path for path in beside.iterdir() if path.name.isdigit() and int(path.name) >= width]
