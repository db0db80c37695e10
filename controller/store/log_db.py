"""The schema of `log.db`, and the one transaction that appends to it: records, their wraps and their checkpoint."""

import sqlite3
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from ostiary.controller.store import sqlite_file

SCHEMA_VERSION = 1
# Kinds that come with every passage. The others are found by an index that stays small; a query must say this text.
EVERYDAY = "('decision', 'event', 'outcome', 'refusal')"
SCHEMA = """
CREATE TABLE record (
  position INTEGER PRIMARY KEY,
  kind TEXT NOT NULL,
  door TEXT,
  at_ms INTEGER NOT NULL,
  verdict TEXT,
  code TEXT,
  receipt_tag BLOB,
  about INTEGER,
  commitment BLOB NOT NULL CHECK (length(commitment) = 32),
  sealed BLOB NOT NULL
) STRICT;
CREATE INDEX record_receipt ON record (receipt_tag) WHERE receipt_tag IS NOT NULL;
CREATE INDEX record_about ON record (about) WHERE about IS NOT NULL;
CREATE INDEX record_act ON record (kind, position) WHERE kind NOT IN ('decision', 'event', 'outcome', 'refusal');

CREATE TRIGGER record_follows BEFORE INSERT ON record
WHEN NEW.position <> (SELECT coalesce(max(position) + 1, 0) FROM record)
BEGIN SELECT raise(ABORT, 'a record follows the last one without a gap'); END;
CREATE TRIGGER record_stays BEFORE UPDATE ON record
BEGIN SELECT raise(ABORT, 'records are never changed'); END;
CREATE TRIGGER record_remains BEFORE DELETE ON record
BEGIN SELECT raise(ABORT, 'records are never deleted'); END;

CREATE TABLE wrap (
  position INTEGER NOT NULL,
  holder BLOB NOT NULL,
  wrapped BLOB NOT NULL,
  PRIMARY KEY (position, holder)
) STRICT, WITHOUT ROWID;
CREATE TABLE checkpoint (size INTEGER PRIMARY KEY, note TEXT NOT NULL) STRICT;
CREATE TABLE freshness (node TEXT PRIMARY KEY, boot INTEGER NOT NULL, seq INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE journal (node TEXT PRIMARY KEY, upto INTEGER NOT NULL) STRICT, WITHOUT ROWID
"""

_RECORD = "INSERT INTO record VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_WRAP = "INSERT INTO wrap VALUES (?, ?, ?)"
_CHECKPOINT = "INSERT INTO checkpoint VALUES (?, ?)"
# Numbers only rise: a message that comes late never opens the way for one that was already used.
_FRESHNESS = """
INSERT INTO freshness VALUES (?, ?, ?)
ON CONFLICT (node) DO UPDATE SET boot = excluded.boot, seq = excluded.seq
WHERE (excluded.boot, excluded.seq) > (boot, seq)
"""
_JOURNAL = """
INSERT INTO journal VALUES (?, ?) ON CONFLICT (node) DO UPDATE SET upto = max(upto, excluded.upto)
"""


class RecordRow(NamedTuple):
    """One row of `record`, in the order of its columns."""

    position: int
    kind: str
    door: str | None
    at_ms: int
    verdict: str | None
    code: str | None
    receipt_tag: bytes | None
    about: int | None
    commitment: bytes
    sealed: bytes


def open_writer(path: Path) -> sqlite3.Connection:
    """The keeper's connection. Raises StoreUnavailable, NewerSchema."""
    return sqlite_file.open_writer(path, SCHEMA, SCHEMA_VERSION)


def open_reader(path: Path) -> sqlite3.Connection:
    """A connection that cannot write, for the web and for look-ups. Raises StoreUnavailable, NewerSchema."""
    return sqlite_file.open_reader(path, SCHEMA_VERSION)


def write(
    db: sqlite3.Connection,
    records: Sequence[RecordRow],
    wraps: Sequence[tuple[int, bytes, bytes]],
    checkpoint: tuple[int, str] | None,
    freshness: Mapping[str, tuple[int, int]],
    journal: Mapping[str, int],
) -> None:
    """All of it in one transaction, on the disk when this returns; none of it when this raises sqlite3.Error."""
    db.execute("BEGIN IMMEDIATE")
    db.executemany(_RECORD, records)
    db.executemany(_WRAP, wraps)
    if checkpoint is not None:
        db.execute(_CHECKPOINT, checkpoint)
    if freshness:
        db.executemany(_FRESHNESS, [(node, boot, seq) for node, (boot, seq) in freshness.items()])
    if journal:
        db.executemany(_JOURNAL, list(journal.items()))
    db.execute("COMMIT")


def commitments(db: sqlite3.Connection, first: int, limit: int) -> list[tuple[int, bytes]]:
    """Up to `limit` of (position, commitment) from `first` on, in order."""
    query = "SELECT position, commitment FROM record WHERE position >= ? ORDER BY position LIMIT ?"
    return db.execute(query, (first, limit)).fetchall()


def last_checkpoint(db: sqlite3.Connection) -> tuple[int, str] | None:
    """(size, note) of the newest checkpoint."""
    return db.execute("SELECT size, note FROM checkpoint ORDER BY size DESC LIMIT 1").fetchone()


def record_at(db: sqlite3.Connection, position: int) -> tuple[RecordRow, list[tuple[bytes, bytes]]] | None:
    """A whole row with its wraps as (holder, wrapped)."""
    row: Any = db.execute("SELECT * FROM record WHERE position = ?", (position,)).fetchone()
    if row is None:
        return None
    wraps = db.execute("SELECT holder, wrapped FROM wrap WHERE position = ?", (position,)).fetchall()
    return RecordRow(*row), wraps


def freshness(db: sqlite3.Connection) -> dict[str, tuple[int, int]]:
    return {node: (boot, seq) for node, boot, seq in db.execute("SELECT node, boot, seq FROM freshness")}


def journal(db: sqlite3.Connection) -> dict[str, int]:
    return dict(db.execute("SELECT node, upto FROM journal"))
