"""Nodes: any complete subtree's hash of a log that is too long for memory, from its tiles or else from the store.

In memory are the inner hashes of the tiles asked for last: 256 tiles, 4 MB, whatever the log's length.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable

from ostiary.controller.record.tiles import HEIGHT, WIDTH, Tile, Tiles
from ostiary.controller.record.tree import HASH_BYTES, above, leaf_hash, node_hash, subtree

REMEMBERED = 256
# The largest subtree that is read from the store at once: 4096 leaves, 128 KB.
AT_ONCE = 12

Commitments = Callable[[int, int], list[bytes]]


class StoredNodes:
    """The hashes of one log. `commitments(first, limit)` reads from the store; it raises when the store does."""

    def __init__(self, tiles: Tiles, commitments: Commitments) -> None:
        self._tiles, self._commitments = tiles, commitments
        self._inner: OrderedDict[Tile, list[bytes]] = OrderedDict()
        self._edges: dict[int, tuple[int, int, list[bytes]]] = {}  # level → number, width, hashes of its last tile
        self._lock = threading.Lock()

    def node(self, level: int, index: int) -> bytes:
        """The hash of leaves [index << level, (index + 1) << level). Raises IndexError when the store has them not."""
        tile_level, height = divmod(level, HEIGHT)
        number, offset = divmod(index, WIDTH >> height)
        width = (offset + 1) << height
        levels = self._edge_levels(tile_level, number, width) or self._levels(Tile(tile_level, number))
        if levels is None and (unfinished := self._tiles.read(Tile(tile_level, number, width))) is not None:
            levels = _levels_over(unfinished)
            # Whatever follows it, the beginning of a tile stays as it is.
            self._edges[tile_level] = (number, width, levels)
        if levels is not None:
            return levels[height][offset * HASH_BYTES : (offset + 1) * HASH_BYTES]
        if level > AT_ONCE:
            return node_hash(self.node(level - 1, 2 * index), self.node(level - 1, 2 * index + 1))
        leaves = self._commitments(index << level, 1 << level)
        if len(leaves) != 1 << level:
            raise IndexError(f"no {1 << level} leaves at {index << level}")
        return subtree(b"".join(map(leaf_hash, leaves)))

    def _edge_levels(self, tile_level: int, number: int, width: int) -> list[bytes] | None:
        held = self._edges.get(tile_level)
        return held[2] if held is not None and held[0] == number and held[1] >= width else None

    def forget(self) -> None:
        """Read every tile again: they were written anew."""
        with self._lock:
            self._inner.clear()
            self._edges = {}

    def _levels(self, tile: Tile) -> list[bytes] | None:
        with self._lock:
            levels = self._inner.get(tile)
            if levels is not None:
                self._inner.move_to_end(tile)
                return levels
        data = self._tiles.read(tile)
        if data is None:
            return None
        levels = _levels_over(data)
        with self._lock:
            self._inner[tile] = levels
            if len(self._inner) > REMEMBERED:
                self._inner.popitem(last=False)
        return levels


def _levels_over(data: bytes) -> list[bytes]:
    """The hashes of every complete subtree within a tile, level by level from its own."""
    levels = [data]
    for _ in range(1, HEIGHT):
        pairs = len(levels[-1]) // (2 * HASH_BYTES) * 2 * HASH_BYTES
        levels.append(above(levels[-1][:pairs]))
    return levels
