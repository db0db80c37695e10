"""Opening: one record read back with a holder's key, and held against everything that the log says about it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from msgspec.json import decode

from ostiary.controller.record.errors import Broken
from ostiary.controller.record.reading import Row, receipt_tag, row_of
from ostiary.controller.record.sealing import unseal
from ostiary.controller.record.tree import leaf_hash
from ostiary.controller.store import log_db
from ostiary.controller.store.keys import KeyStore
from ostiary.controller.store.log_store import LogReader

# Where each index column stands in the record's own bytes.
_COLUMNS = ("kind", "door", "at_ms", "verdict", "code", "about")


@dataclass(frozen=True, slots=True)
class Opened:
    """`body` is what the draft held; `data` the record's bytes as they were written; `salt` that of its leaf."""

    row: Row
    body: dict[str, Any]
    data: bytes
    salt: bytes
    leaf: bytes


@dataclass(frozen=True, slots=True)
class Erased:
    """The record can be read by nobody any more: the key of each holder is destroyed. Its row and leaf remain."""

    row: Row


def open_record(
    db: LogReader, keys: KeyStore, site: str, position: int, leaf_in_tree: Callable[[int], bytes]
) -> Opened | Erased:
    """The record at `position`. Raises Broken when anything disagrees, its leaf in the tree included."""
    stored = log_db.record_at(db, position)
    if stored is None:
        raise _broken(position, "it is missing from the store")
    leaf = leaf_hash(stored.commitment)
    if leaf != leaf_in_tree(position):
        raise _broken(position, "its leaf in the store is not the one in the tree")
    row = row_of(stored)
    unsealed = unseal(site, leaf, stored.sealed, stored.wraps, keys.by_id)
    if unsealed is None:
        return Erased(row)
    record = decode(unsealed.data)
    changed = [name for name in _COLUMNS if record[name] != getattr(row, name)]
    code = record["receipt"]
    if stored.receipt_tag != (None if code is None else receipt_tag(code)):
        changed.append("receipt_tag")
    if changed:
        raise _broken(position, f"the index says something else than the record: {', '.join(changed)}")
    return Opened(row, record["body"], unsealed.data, unsealed.salt, leaf)


def _broken(position: int, why: str) -> Broken:
    return Broken(
        f"Record {position} was not opened.",
        f"It does not agree with the log: {why}.",
        "Keep the file as it is, and compare it with a backup.",
    )
