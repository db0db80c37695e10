"""The Merkle tree of RFC 6962, section 2.1, in a few kilobytes of memory however many leaves it has.

An append never changes a hash that is there; new ones are prepared in a `Growth` beside the tree and adopted only after
the records are durable.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Protocol

HASH_BYTES = 32
EMPTY_ROOT = sha256(b"").digest()


def leaf_hash(data: bytes) -> bytes:
    """MTH({d}) = SHA-256(0x00 || d)."""
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256(0x01 || left || right)."""
    return sha256(b"\x01" + left + right).digest()


class Nodes(Protocol):
    """Where the hashes are that a tree does not hold itself."""

    def node(self, level: int, index: int) -> bytes:
        """The hash of leaves [index << level, (index + 1) << level), all of them present."""
        ...


def subtree(hashes: bytes) -> bytes:
    """The root over a power of two of neighbouring hashes, given one after the other."""
    while len(hashes) > HASH_BYTES:
        hashes = above(hashes)
    return hashes


def above(hashes: bytes) -> bytes:
    """The level over an even number of neighbouring hashes."""
    pair = 2 * HASH_BYTES
    return b"".join([sha256(b"\x01" + hashes[at : at + pair]).digest() for at in range(0, len(hashes), pair)])


def halfway(hashes: bytes) -> bytes:
    """The fourth level over 256 neighbouring hashes: sixteen."""
    return above(above(above(above(hashes))))


class _Hashes(ABC):
    """What can be said of a tree of which `_at(level, index)` gives the hash of each complete subtree."""

    _edge: tuple[int, list[bytes | None]] = (0, [None])

    @property
    @abstractmethod
    def size(self) -> int:
        """How many leaves."""

    @abstractmethod
    def _at(self, level: int, index: int) -> bytes:
        """The hash of leaves [index << level, (index + 1) << level), all of them present."""

    def root(self, size: int | None = None) -> bytes:
        """The root of the first `size` leaves (default: all). Raises IndexError when there are not so many."""
        size = self._within(size)
        return self._edges(size)[size.bit_length()] or EMPTY_ROOT

    def inclusion(self, index: int, size: int | None = None) -> tuple[bytes, ...]:
        """PATH(index, D[size]) of RFC 6962, section 2.1.1. Raises IndexError unless 0 <= index < size."""
        size = self._within(size)
        if not 0 <= index < size:
            raise IndexError(f"leaf {index} of {size}")
        return tuple(self._path(0, index, size))

    def consistency(self, old: int, size: int | None = None) -> tuple[bytes, ...]:
        """PROOF(old, D[size]) of RFC 6962, section 2.1.2; empty for 0 and for `size` itself."""
        size = self._within(size)
        if not 0 <= old <= size:
            raise IndexError(f"tree of {old} in a tree of {size}")
        if old in (0, size):
            return ()
        # The largest complete subtree that ends where the old tree ends; both trees have it.
        level = (old & -old).bit_length() - 1
        index = (old >> level) - 1
        known = [] if index == 0 else [self._at(level, index)]
        return (*known, *self._path(level, index, size))

    def _within(self, size: int | None) -> int:
        if size is None:
            return self.size
        if not 0 <= size <= self.size:
            raise IndexError(f"tree of {size} in a tree of {self.size}")
        return size

    def _edges(self, size: int) -> list[bytes | None]:
        """For each level k the hash of the incomplete subtree at the right edge: leaves [(size >> k) << k, size)."""
        held, known = self._edge
        if held == size:
            return known
        edges: list[bytes | None] = [None]
        for level in range(size.bit_length()):
            edge = edges[level]
            if size >> level & 1:
                left = self._at(level, (size >> level) - 1)
                edge = left if edge is None else node_hash(left, edge)
            edges.append(edge)
        self._edge = (size, edges)
        return edges

    def _path(self, level: int, index: int, size: int) -> list[bytes]:
        """The siblings from the subtree `index` of `level` up to the root of `size` leaves."""
        edges = self._edges(size)
        path: list[bytes] = []
        while 1 << level < size:
            beside = index ^ 1
            if (beside + 1) << level <= size:
                path.append(self._at(level, beside))
            elif beside << level < size and (edge := edges[level]) is not None:
                path.append(edge)
            level += 1
            index >>= 1
        return path


class Tree(_Hashes):
    """A tree that only grows. One thread may `adopt` while others ask it: size and peaks change as one value.

    In memory are the *peaks* alone, the roots of the complete subtrees that the leaves fall into: at most 64 hashes
    however long the log. They are all that an append and the proofs of its own leaves need. Any other hash is asked of
    `nodes`, which reads it from tiles or from the store.
    """

    def __init__(self, nodes: Nodes, size: int = 0, peaks: Mapping[int, bytes] | None = None) -> None:
        """`peaks` is level → hash, one for each bit that is set in `size`."""
        self._nodes = nodes
        self._held: tuple[int, Mapping[int, bytes]] = (size, peaks or {})

    @property
    def size(self) -> int:
        return self._held[0]

    @property
    def peaks(self) -> tuple[int, Mapping[int, bytes]]:
        """The size, and level → hash for each bit that is set in it."""
        return self._held

    def _at(self, level: int, index: int) -> bytes:
        size, peaks = self._held
        return peaks[level] if _is_peak(size, level, index) else self._nodes.node(level, index)

    def leaf(self, index: int) -> bytes:
        """The hash of one leaf. Raises IndexError when there is none."""
        if not 0 <= index < self.size:
            raise IndexError(f"leaf {index} of {self.size}")
        return self._at(0, index)

    def grown(self, leaves: Sequence[bytes]) -> "Growth":
        """This tree with `leaves` (leaf hashes of 32 bytes) after it; the tree itself stays as it is."""
        return Growth(self, leaves)

    def adopt(self, growth: "Growth") -> None:
        """Become what `growth` is. Raises ValueError when the tree has grown otherwise since."""
        if growth.tree is not self or growth.base != self.size:
            raise ValueError(f"a growth of {growth.base} leaves does not continue a tree of {self.size}")
        self._held = (growth.size, growth.peaks())


class Growth(_Hashes):
    """A tree as it will be once its records are durable. It stays right after the tree has adopted it.

    New hashes stand in one list in the order in which they are made, each leaf and then the subtrees that it
    completes, which is the order of `sumdb/tlog`: the place of any of them is arithmetic.
    """

    def __init__(self, tree: Tree, leaves: Sequence[bytes]) -> None:
        self.tree = tree
        self.base, self._peaks = tree.peaks
        self._size = self.base + len(leaves)
        self._first = 2 * self.base - self.base.bit_count()
        self._added, self._new_peaks = _grown(self.base, self._peaks, leaves)

    @property
    def size(self) -> int:
        return self._size

    def peaks(self) -> Mapping[int, bytes]:
        """Level → hash, one for each bit that is set in the size."""
        return self._new_peaks

    def inclusions(self) -> list[tuple[bytes, ...]]:
        """The proofs of all new leaves, in order. A step that many of them share is looked up once."""
        base, size = self.base, self._size
        edges, at = self._edges(size), self._at
        ways: dict[int, tuple[bytes, ...]] = {0: ()}
        for level in range((size - 1).bit_length() - 1, -1, -1) if size else ():
            above_it, ways = ways, {}
            for index in range(base >> level, ((size - 1) >> level) + 1):
                beside, way = index ^ 1, above_it[index >> 1]
                if (beside + 1) << level <= size:
                    way = (at(level, beside), *way)
                elif beside << level < size and (edge := edges[level]) is not None:
                    way = (edge, *way)
                ways[index] = way
        return [ways[index] for index in range(base, size)]

    def _at(self, level: int, index: int) -> bytes:
        last = ((index + 1) << level) - 1
        place = 2 * last - last.bit_count() + level - self._first
        if place >= 0:
            return self._added[place]
        if _is_peak(self.base, level, index):
            return self._peaks[level]
        return self.tree._at(level, index)


def _grown(base: int, peaks: Mapping[int, bytes], leaves: Sequence[bytes]) -> tuple[list[bytes], Mapping[int, bytes]]:
    """The new hashes, and the peaks of the tree of `base` leaves with `leaves` after it."""
    held = dict(peaks)
    added: list[bytes] = []
    for index, digest in enumerate(leaves, base):
        if len(digest) != HASH_BYTES:
            raise ValueError("a leaf hash has 32 bytes")
        added.append(digest)
        level = 0
        while index >> level & 1:
            digest = sha256(b"\x01" + held.pop(level) + digest).digest()
            added.append(digest)
            level += 1
        held[level] = digest
    return added, held


def _is_peak(size: int, level: int, index: int) -> bool:
    return bool(size >> level & 1) and index + 1 == size >> level


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether `proof` shows `leaf` at `index` in the tree of `size` leaves with `root` (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size or any(len(step) != HASH_BYTES for step in proof):
        return False
    first, last, held = index, size - 1, leaf
    for step in proof:
        if last == 0:
            return False
        if first & 1 or first == last:
            held = node_hash(step, held)
            while first and not first & 1:
                first, last = first >> 1, last >> 1
        else:
            held = node_hash(held, step)
        first, last = first >> 1, last >> 1
    return last == 0 and held == root


def verify_consistency(old: int, size: int, old_root: bytes, root: bytes, proof: Sequence[bytes]) -> bool:
    """Whether `proof` shows that the tree of `size` continues the one of `old` leaves (RFC 9162, 2.1.4.2)."""
    if not 0 <= old <= size or any(len(step) != HASH_BYTES for step in proof):
        return False
    if old == 0:
        return not proof and old_root == EMPTY_ROOT and (size > 0 or root == EMPTY_ROOT)
    if old == size:
        return not proof and old_root == root
    steps = list(proof) if old & (old - 1) else [old_root, *proof]
    if not steps:
        return False
    first, last = old - 1, size - 1
    while first & 1:
        first, last = first >> 1, last >> 1
    held_old = held = steps[0]
    for step in steps[1:]:
        if last == 0:
            return False
        if first & 1 or first == last:
            held_old, held = node_hash(step, held_old), node_hash(step, held)
            while first and not first & 1:
                first, last = first >> 1, last >> 1
        else:
            held = node_hash(held, step)
        first, last = first >> 1, last >> 1
    return last == 0 and held_old == old_root and held == root
