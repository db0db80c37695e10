"""Tiles: names, wholeness, and a tree that is the same from tiles, from the store and from the recursion."""

import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostiary.controller.record.checkpoint import Signer
from ostiary.controller.record.errors import Broken
from ostiary.controller.record.nodes import StoredNodes
from ostiary.controller.record.publisher import Publisher, resumed
from ostiary.controller.record.publishing import Publishing
from ostiary.controller.record.rebuild import rebuilt
from ostiary.controller.record.tiles import ENTRIES, Tile, Tiles, bundle, tile_named
from ostiary.controller.record.tree import Tree, leaf_hash
from tests.unit.leaf_nodes import tree_of

SIGNER = Signer("ostiary/northside", bytes(range(32)))


class Store:
    """Commitments in a list, and how many of them were asked for."""

    def __init__(self, count: int) -> None:
        self.held = [number.to_bytes(32, "big") for number in range(count)]
        self.read = 0

    def commitments(self, first: int, limit: int) -> list[bytes]:
        found = self.held[first : first + limit]
        self.read += len(found)
        return found

    def leaves(self) -> list[bytes]:
        return [leaf_hash(commitment) for commitment in self.held]

    def signed(self) -> tuple[int, str]:
        return len(self.held), SIGNER.sign(len(self.held), tree_of(self.leaves()).root())


def published(directory: Path, store: Store) -> Tiles:
    tiles = Tiles(directory)
    publishing = Publishing(tiles, store.commitments)
    publishing.grow(len(store.held))
    publishing.publish(store.signed()[1])
    return tiles


# The examples of c2sp.org/tlog-tiles, section "Merkle Tree".
@pytest.mark.parametrize(
    ("tile", "path"),
    [
        (Tile(0, 1234067), "tile/0/x001/x234/067"),
        (Tile(0, 273, 112), "tile/0/273.p/112"),
        (Tile(1, 1, 17), "tile/1/001.p/17"),
        (Tile(2, 0, 1), "tile/2/000.p/1"),
        (Tile(ENTRIES, 5), "tile/entries/005"),
    ],
)
def test_names_are_those_of_the_standard(tile: Tile, path: str) -> None:
    assert tile.path == path
    assert tile_named(path) == tile


@given(st.integers(0, 63), st.integers(0, 10**12), st.integers(1, 256))
def test_a_name_is_read_as_it_was_written(level: int, number: int, width: int) -> None:
    tile = Tile(level, number, width)
    assert tile_named(tile.path) == tile


@pytest.mark.parametrize(
    "path",
    [
        "tile/64/000", "tile/00/000", "tile/0/0", "tile/0/x000/001", "tile/0/000.p/0", "tile/0/000.p/256",
        "tile/0/000.p/007", "tile/0/../../log.db", "tile/entries/000.p/", "tile/0/000/", "/tile/0/000", "checkpoint",
        "tile/0/000.new", "tile/0/000\n",
    ],
)  # fmt: skip
def test_any_other_name_names_no_tile(path: str) -> None:
    assert tile_named(path) is None


@pytest.mark.parametrize("count", [1, 255, 256, 257, 700, 65_536 + 300])
def test_tiles_hold_the_tree_and_its_entries(tmp_path: Path, count: int) -> None:
    store = Store(count)
    tiles = published(tmp_path, store)
    assert tiles.checkpoint() == store.signed()[1]
    assert bundle(b"".join(store.held[:256]))[: 34 * min(count, 256)] == tiles.read(Tile(ENTRIES, 0, min(count, 256)))
    store.read = 0
    nodes = StoredNodes(tiles, store.commitments)
    tree, whole = tree_of(store.leaves()), count // 256 * 256
    from_tiles = Tree(nodes, whole, tree_of(store.leaves()[:whole]).peaks[1])
    for index in range(0, whole, max(1, whole // 20)):
        assert tree.inclusion(index, whole) == from_tiles.inclusion(index)
    assert store.read == 0, "full tiles ask nothing of the store"


@given(st.data())
def test_hashes_from_tiles_and_store_are_those_of_the_recursion(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    store = Store(data.draw(st.integers(1, 1200)))
    behind = Store(data.draw(st.integers(1, len(store.held))))
    tiles = published(tmp_path_factory.mktemp("log"), behind)
    right = tree_of(store.leaves())
    tree = rebuilt(tiles, store.commitments, store.signed(), [SIGNER.verifier_key])
    size = data.draw(st.integers(1, len(store.held)))
    index, old = data.draw(st.integers(0, size - 1)), data.draw(st.integers(0, size))
    assert tree.root(size) == right.root(size)
    assert tree.inclusion(index, size) == right.inclusion(index, size)
    assert tree.consistency(old, size) == right.consistency(old, size)


def test_a_partial_tile_is_cut_from_a_wider_one(tmp_path: Path) -> None:
    store = Store(300)
    tiles = published(tmp_path, store)
    full = tiles.read(Tile(0, 0))
    assert full is not None and tiles.read(Tile(0, 0, 9)) == full[: 9 * 32]
    assert tiles.read(Tile(0, 1, 40)) == b"".join(store.leaves()[256:296])
    assert tiles.read(Tile(0, 1, 45)) is None
    assert tiles.read(Tile(0, 1)) is None


def test_a_new_start_goes_on_where_the_tiles_end(tmp_path: Path) -> None:
    store = Store(900)
    tiles = published(tmp_path, store)
    store.held += Store(2000).held[900:]
    store.read = 0
    tree = rebuilt(tiles, store.commitments, store.signed(), [SIGNER.verifier_key])
    assert tree.root() == tree_of(store.leaves()).root()
    assert store.read == 2000 - 768, "only what follows the last full tile is read"
    going_on = resumed(tiles, store.commitments, 900)
    going_on.grow(2000)
    going_on.publish(store.signed()[1])
    fresh = published(tmp_path / "fresh", store)
    for tile in (Tile(0, 0), Tile(0, 6), Tile(0, 7, 208), Tile(1, 0, 7), Tile(ENTRIES, 7, 208)):
        assert tiles.read(tile) == fresh.read(tile) is not None


@pytest.mark.parametrize("name", ["tile/0/000", "tile/1/000.p/3", "tile/entries/001", "checkpoint"])
@pytest.mark.parametrize("damage", [lambda data: data[:-1], lambda data: b"\x00" + data[1:], lambda data: b""])
def test_damaged_tiles_are_made_again(tmp_path: Path, name: str, damage: object) -> None:
    assert callable(damage)
    store = Store(900)
    tiles = published(tmp_path, store)
    (tmp_path / name).write_bytes(damage((tmp_path / name).read_bytes()))
    tree = rebuilt(tiles, store.commitments, store.signed(), [SIGNER.verifier_key])
    assert tree.root() == tree_of(store.leaves()).root()


@pytest.mark.parametrize("name", ["tile/0/001", "middle/0"])
@pytest.mark.parametrize("damage", [lambda data, at: data[:at], lambda data, at: _flipped(data, at)])
def test_a_damaged_file_gives_no_wrong_hash(tmp_path: Path, name: str, damage: object) -> None:
    assert callable(damage)
    store = Store(900)
    tiles = published(tmp_path, store)
    file, right = tmp_path / name, tree_of(store.leaves())
    whole = file.read_bytes()
    indices = range(256, 512, 15)
    for at in range(0, len(whole), 37):
        file.write_bytes(damage(whole, at))
        tree = Tree(StoredNodes(tiles, store.commitments), 900, right.peaks[1])
        assert [tree.inclusion(index) for index in indices] == [right.inclusion(index) for index in indices], at


def test_a_proof_reads_two_halves_of_a_tile_and_no_more(tmp_path: Path) -> None:
    store = Store(900)
    tiles = published(tmp_path, store)
    file, right = tmp_path / "tile/0/001", tree_of(store.leaves())
    whole = file.read_bytes()
    file.write_bytes(bytes(1024) + whole[1024:1536] + bytes(len(whole) - 1536))
    store.read = 0
    tree = Tree(StoredNodes(tiles, store.commitments), 900, right.peaks[1])
    assert tree.inclusion(256 + 32 + 5) == right.inclusion(256 + 32 + 5)
    assert store.read == 0


def test_tiles_without_their_middles_give_the_same_proofs(tmp_path: Path) -> None:
    store = Store(900)
    tiles = published(tmp_path, store)
    shutil.rmtree(tmp_path / "middle")
    store.read = 0
    right = tree_of(store.leaves())
    tree = Tree(StoredNodes(tiles, store.commitments), 900, right.peaks[1])
    assert [tree.inclusion(index) for index in range(0, 768, 50)] == [
        right.inclusion(index) for index in range(0, 768, 50)
    ]
    assert store.read == 0


def _flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def test_a_log_that_went_back_in_time_takes_no_more_records(tmp_path: Path) -> None:
    store = Store(900)
    tiles = published(tmp_path, store)
    del store.held[700:]
    with pytest.raises(Broken, match="went back in time"):
        rebuilt(tiles, store.commitments, store.signed(), [SIGNER.verifier_key])


def test_a_store_that_was_changed_under_its_tiles_takes_no_more_records(tmp_path: Path) -> None:
    store = Store(900)
    tiles = published(tmp_path, store)
    signed = store.signed()
    store.held[899] = bytes(32)
    with pytest.raises(Broken, match="not the ones that it signed"):
        rebuilt(tiles, store.commitments, signed, [SIGNER.verifier_key])


def test_the_publisher_publishes_what_it_was_told_of_last(tmp_path: Path) -> None:
    store = Store(600)
    tiles = Tiles(tmp_path)
    publisher = Publisher(tiles, store.commitments, (0, ""))
    publisher.announce(*store.signed())
    store.held += Store(1300).held[600:]
    publisher.announce(*store.signed())
    publisher.close()
    assert publisher.published == store.signed()
    assert tiles.checkpoint() == store.signed()[1]
    assert tiles.read(Tile(0, 4)) is not None


def test_a_disk_that_refuses_delays_the_tiles_and_nothing_else(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store = Store(600)
    directory = tmp_path / "log"
    directory.write_text("A file stands where the directory should be.")
    publisher = Publisher(Tiles(directory), store.commitments, (0, ""))
    publisher.announce(*store.signed())
    publisher.close()
    assert publisher.published == (0, "")
    assert "tried again" in caplog.text
    directory.unlink()
    again = Publisher(Tiles(directory), store.commitments, (0, ""))
    again.announce(*store.signed())
    again.close()
    assert Tiles(directory).checkpoint() == store.signed()[1]
