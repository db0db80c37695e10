"""Nodes: any complete subtree's hash of a log that is too long for memory, from its tiles or else from the store.

A proof takes eight hashes from a tile, and most of the 255 that lie under them are needed for nothing else. So a tile
is read by halves: sixteen of its hashes, or the sixteen halfway up (`Tiles.middle`), never all of it. What a file says
is believed only where it fits the hash above it; otherwise the store is asked. In memory are the halves that were read
last: 4096 of 1.2 KB, 5 MB, whatever the log's length.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable

from ostiary.controller.record.tiles import HALF_HEIGHT, HALF_WIDTH, HEIGHT, WIDTH, Tile, Tiles
from ostiary.controller.record.tree import HASH_BYTES, above, halfway, leaf_hash, node_hash, subtree

REMEMBERED = 4096
# The largest subtree that is read from the store at once: 4096 leaves, 128 KB.
AT_ONCE = 12

Commitments = Callable[[int, int], list[bytes]]


class StoredNodes:
    """The hashes of one log. `commitments(first, limit)` reads from the store; it raises when the store does."""

    def __init__(self, tiles: Tiles, commitments: Commitments) -> None:
        self._tiles, self._commitments = tiles, commitments
        self._halves: OrderedDict[tuple[int, int], list[bytes]] = OrderedDict()
        self._edges: dict[int, tuple[int, int, list[bytes]]] = {}  # level → number, width, hashes of its last tile
        self._lock = threading.Lock()  # of those who add; whoever asks needs none

    def node(self, level: int, index: int) -> bytes:
        """The hash of leaves [index << level, (index + 1) << level). Raises IndexError when the store has them not."""
        if (published := self._published(level, index)) is not None:
            return published
        if level > AT_ONCE:
            return node_hash(self.node(level - 1, 2 * index), self.node(level - 1, 2 * index + 1))
        leaves = self._commitments(index << level, 1 << level)
        if len(leaves) != 1 << level:
            raise IndexError(f"no {1 << level} leaves at {index << level}")
        return subtree(b"".join(map(leaf_hash, leaves)))

    def forget(self) -> None:
        """Read every tile again: they were written anew."""
        with self._lock:
            self._halves.clear()
            self._edges = {}

    def _published(self, level: int, index: int) -> bytes | None:
        """The hash as the files have it; None where they have it not, or it does not fit what is above it."""
        half, height = divmod(level, HALF_HEIGHT)
        number, offset = divmod(index, HALF_WIDTH >> height)
        levels = self._halves.get((half, number))
        if levels is not None:
            return _hash_at(levels[height], offset)
        tile_level, height_in_tile = divmod(level, HEIGHT)
        of_tile, offset_in_tile = divmod(index, WIDTH >> height_in_tile)
        width = (offset_in_tile + 1) << height_in_tile
        held = self._edges.get(tile_level)
        if held is not None and held[0] == of_tile and held[1] >= width:
            return _hash_at(held[2][height_in_tile], offset_in_tile)
        levels = self._half(half, number)
        if levels is not None:
            return _hash_at(levels[height], offset)
        data = self._tiles.unfinished(Tile(tile_level, of_tile, width))
        if data is None:
            return None
        # Whatever follows it, the beginning of a tile stays as it is.
        levels = _levels_over(data, HEIGHT)
        self._edges[tile_level] = (of_tile, width, levels)
        return _hash_at(levels[height_in_tile], offset_in_tile)

    def _half(self, half: int, number: int) -> list[bytes] | None:
        """Read and remember the hashes over sixteen of level 4 · `half`, level by level; None unless they are half of a
        full tile."""
        tile_level, upper = divmod(half, 2)
        levels = self._upper(tile_level, number) if upper else self._lower(tile_level, number)
        if levels is None:
            return None
        with self._lock:
            self._halves[half, number] = levels
            if len(self._halves) > REMEMBERED:
                self._halves.popitem(last=False)
        return levels

    def _lower(self, tile_level: int, number: int) -> list[bytes] | None:
        data = self._tiles.part(Tile(tile_level, number // HALF_WIDTH), number % HALF_WIDTH)
        if data is None:
            return None
        levels = _levels_over(data, HALF_HEIGHT)
        over = self._published(HEIGHT * tile_level + HALF_HEIGHT, number)
        return levels if over == above(levels[-1]) else None

    def _upper(self, tile_level: int, number: int) -> list[bytes] | None:
        over = self._published(HEIGHT * (tile_level + 1), number)
        data = self._tiles.middle(tile_level, number)
        if data is not None and over is not None:
            levels = _levels_over(data, HALF_HEIGHT)
            if over == above(levels[-1]):
                return levels
        # The tile is older than its middle, or is not under another one yet, or the middle was damaged.
        data = self._tiles.read(Tile(tile_level, number))
        if data is None:
            return None
        levels = _levels_over(halfway(data), HALF_HEIGHT)
        return levels if over is None or over == above(levels[-1]) else None


def _levels_over(data: bytes, height: int) -> list[bytes]:
    """`height` levels, from the hashes in `data` up: each has the hashes of the complete subtrees over it."""
    levels = [data]
    for _ in range(1, height):
        pairs = len(levels[-1]) // (2 * HASH_BYTES) * 2 * HASH_BYTES
        levels.append(above(levels[-1][:pairs]))
    return levels


def _hash_at(hashes: bytes, offset: int) -> bytes:
    return hashes[offset * HASH_BYTES : (offset + 1) * HASH_BYTES]
