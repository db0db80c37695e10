"""Rebuild: the tree of a log that starts, from its tiles and its store, held against the last checkpoint it signed."""

from collections.abc import Sequence

from ostiary.controller.record.checkpoint import BadNote, Checkpoint, read_checkpoint
from ostiary.controller.record.errors import Broken
from ostiary.controller.record.nodes import Commitments, StoredNodes
from ostiary.controller.record.publishing import Publishing
from ostiary.controller.record.tiles import WIDTH, Tiles
from ostiary.controller.record.tree import Tree, leaf_hash

AT_ONCE = 4096


def rebuilt(tiles: Tiles, commitments: Commitments, last: tuple[int, str] | None, keys: Sequence[str]) -> Tree:
    """The tree of everything in the store. `last` is the newest checkpoint there as (size, note); `keys` are the
    log's verifier keys, the newest first.

    Full tiles that were published are believed, and the rest comes from the store; if that is not what was signed,
    everything comes from the store. Reading 256 leaves or ten million, memory stays flat. Raises Broken when the store
    has not what it signed, or less than it published.
    """
    nodes = StoredNodes(tiles, commitments)
    published = published_size(tiles, keys)
    whole = published // WIDTH * WIDTH
    if whole:
        try:
            tree = Tree(nodes, whole, Publishing(tiles, commitments, whole).peaks())
            catch_up(tree, commitments, last, keys)
        except (LookupError, Broken):
            pass  # the tiles are damaged or the store is; reading all of it tells which
        else:
            return tree
    tree = Tree(nodes)
    catch_up(tree, commitments, last, keys)
    if published > tree.size:
        raise disagrees(f"it published {published} records and has {tree.size}: it went back in time")
    if whole and last is not None:
        publishing = Publishing(tiles, commitments)
        publishing.grow(tree.size)
        publishing.publish(last[1])
        nodes.forget()
    return tree


def published_size(tiles: Tiles, keys: Sequence[str]) -> int:
    """How many records the published checkpoint speaks of; 0 when there is none that this log signed."""
    note = tiles.checkpoint()
    if note is None:
        return 0
    try:
        return signed_by_one(note, keys).size
    except BadNote:
        return 0


def signed_by_one(note: str, keys: Sequence[str]) -> Checkpoint:
    """The checkpoint in a note that one of the log's keys signed, the newest asked first. Raises BadNote."""
    for key in keys[:-1]:
        try:
            return read_checkpoint(note, key)
        except BadNote:
            continue
    return read_checkpoint(note, keys[-1])


def catch_up(tree: Tree, commitments: Commitments, last: tuple[int, str] | None, keys: Sequence[str]) -> None:
    """Let `tree` adopt every leaf in the store that it has not. Raises Broken when the last checkpoint does not sign
    exactly this tree."""
    while found := commitments(tree.size, AT_ONCE):
        tree.adopt(tree.grown([leaf_hash(commitment) for commitment in found]))
    if last is None:
        if tree.size:
            raise disagrees(f"it has {tree.size} records and no checkpoint")
        return
    size, note = last
    try:
        checkpoint = signed_by_one(note, keys)
    except BadNote as error:
        raise disagrees(f"its last checkpoint was not signed by this site's key ({error})") from error
    if checkpoint.size != size or size != tree.size:
        raise disagrees(f"it signed for {checkpoint.size} records and has {tree.size}")
    if checkpoint.root != tree.root():
        raise disagrees(f"the first {size} records are not the ones that it signed")


def disagrees(why: str) -> Broken:
    return Broken(
        "The log takes no more records.",
        f"It disagrees with what it signed: {why}.",
        "Keep the files as they are, and restore log.db and keys.db of one backup.",
    )
