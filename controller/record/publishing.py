"""Publishing: tiles follow the store, then the checkpoint that speaks of them. Whatever a crash left is made up for.

In memory are the last, unfinished tile of each level and nothing else: some 70 KB however long the log.
"""

from collections.abc import Callable

from ostiary.controller.record.nodes import Commitments
from ostiary.controller.record.tiles import ENTRIES, HEIGHT, WIDTH, Tile, Tiles, bundle
from ostiary.controller.record.tree import HASH_BYTES, halfway, leaf_hash, subtree

AT_ONCE = 4096


class Publishing:
    """Brings the tiles of one log up to a size, and publishes its checkpoint. One thread at a time."""

    def __init__(self, tiles: Tiles, commitments: Commitments, size: int = 0) -> None:
        """Goes on after the first `size` leaves (a multiple of 256), whose tiles are whole; 0 makes every tile anew.

        Raises LookupError when one of those tiles is not there.
        """
        if size % WIDTH:
            raise ValueError(f"{size} leaves do not end with a full tile")
        self._tiles, self._commitments = tiles, commitments
        self.size = size
        self._entries = bytearray()
        self._rows = [bytearray()]
        while size >> HEIGHT * len(self._rows):
            self._rows.append(self._unfinished(len(self._rows)))

    def peaks(self) -> dict[int, bytes]:
        """Level → hash, one for each bit that is set in the size."""
        found: dict[int, bytes] = {}
        for tile_level, row in enumerate(self._rows):
            width = len(row) // HASH_BYTES
            for height in range(HEIGHT):
                if width >> height & 1:
                    start = (width >> height + 1) << height + 1
                    held = bytes(row[start * HASH_BYTES : (start + (1 << height)) * HASH_BYTES])
                    found[tile_level * HEIGHT + height] = subtree(held)
        return found

    def grow(self, upto: int, said: Callable[[int], None] = lambda _: None) -> None:
        """Write every full tile of the first `upto` leaves. `said` hears the size every few thousand leaves.

        Raises what the store and the disk raise, and LookupError when the store has them not. This object is of no
        use then; another one goes on from what was published.
        """
        while self.size < upto:
            found = self._commitments(self.size, min(AT_ONCE, upto - self.size))
            if not found:
                raise LookupError(f"the store has no record {self.size}")
            for commitment in found:
                self._entries += commitment
                self._put(0, leaf_hash(commitment))
                self.size += 1
            said(self.size)

    def publish(self, note: str) -> None:
        """Write the unfinished tiles, then `note`, the checkpoint of this very size."""
        for level, row in enumerate(self._rows):
            if row:
                width = len(row) // HASH_BYTES
                self._tiles.write(Tile(level, self._number(level), width), bytes(row))
                if level == 0:
                    self._tiles.write(Tile(ENTRIES, self._number(0), width), bundle(bytes(self._entries)))
        self._tiles.set_checkpoint(note)

    def _put(self, level: int, digest: bytes) -> None:
        if level == len(self._rows):
            self._rows.append(bytearray())
        row = self._rows[level]
        row += digest
        if len(row) < WIDTH * HASH_BYTES:
            return
        number = ((self.size + 1) >> HEIGHT * (level + 1)) - 1
        middle = halfway(bytes(row))
        self._tiles.write(Tile(level, number), bytes(row))
        self._tiles.set_middle(level, number, middle)
        if level == 0:
            self._tiles.write(Tile(ENTRIES, number), bundle(bytes(self._entries)))
            self._entries.clear()
        self._put(level + 1, subtree(middle))
        row.clear()

    def _number(self, level: int) -> int:
        return self.size >> HEIGHT * (level + 1)

    def _unfinished(self, level: int) -> bytearray:
        width = (self.size >> HEIGHT * level) % WIDTH
        if not width:
            return bytearray()
        data = self._tiles.read(Tile(level, self._number(level), width))
        if data is None:
            raise LookupError(f"the tile {Tile(level, self._number(level), width).path} is missing")
        return bytearray(data)
