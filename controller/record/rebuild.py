"""Rebuild: the tree from the leaf hashes in the file, held against the last checkpoint that the log signed."""

import sqlite3
from itertools import islice

from ostiary.controller.record.checkpoint import BadNote, Signer, read_checkpoint
from ostiary.controller.record.errors import Broken
from ostiary.controller.record.tree import Tree
from ostiary.controller.store import log_db

AT_ONCE = 65_536  # leaves, 2 MB


def catch_up(db: sqlite3.Connection, tree: Tree, signer: Signer) -> str | None:
    """Let `tree` adopt every leaf in the file that it has not; returns the last checkpoint, None for an empty log.

    Raises Broken when positions have a gap, or when the last checkpoint does not sign exactly this tree.
    """
    rows = log_db.leaves(db, tree.size)
    while chunk := list(islice(rows, AT_ONCE)):
        for expected, (position, _) in enumerate(chunk, tree.size):
            if position != expected:
                raise disagrees(f"record {expected} is missing")
        tree.adopt(tree.grown([leaf for _, leaf in chunk]))
    last = log_db.last_checkpoint(db)
    if last is None:
        if tree.size:
            raise disagrees(f"it has {tree.size} records and no checkpoint")
        return None
    size, note = last
    try:
        checkpoint = read_checkpoint(note, signer.verifier_key)
    except BadNote as error:
        raise disagrees(f"its last checkpoint was not signed by this site's key ({error})") from error
    if checkpoint.size != size or size != tree.size:
        raise disagrees(f"it signed for {checkpoint.size} records and has {tree.size}")
    if checkpoint.root != tree.root():
        raise disagrees(f"the first {size} records are not the ones that it signed")
    return note


def disagrees(why: str) -> Broken:
    return Broken(
        "The log takes no more records.",
        f"It disagrees with what it signed: {why}.",
        "Keep the files as they are, and restore log.db and keys.db of one backup.",
    )
