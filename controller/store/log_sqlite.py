"""The log in one SQLite file: write-ahead log, `synchronous=FULL`, nothing to install."""

import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from ostiary.controller.store import sqlite_file
from ostiary.controller.store.log_store import COLUMNS, SCHEMA_VERSION, STRETCH_BITS, CommitmentOf, RecordRow

SCHEMA = f"""
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
  wraps BLOB NOT NULL,
  sealed BLOB NOT NULL
) STRICT;
CREATE INDEX record_receipt ON record (position >> {STRETCH_BITS}, receipt_tag) WHERE receipt_tag IS NOT NULL;
CREATE INDEX record_about ON record (about) WHERE about IS NOT NULL;
CREATE INDEX record_act ON record (kind, position) WHERE kind NOT IN ('decision', 'event', 'outcome', 'refusal');

CREATE TRIGGER record_stays BEFORE UPDATE OF
  position, kind, door, at_ms, verdict, code, receipt_tag, about, commitment, sealed ON record
BEGIN SELECT raise(ABORT, 'records are never changed'); END;
CREATE TRIGGER record_wraps BEFORE UPDATE OF wraps ON record WHEN length(NEW.wraps) >= length(OLD.wraps)
BEGIN SELECT raise(ABORT, 'the wraps of a record only become fewer'); END;
CREATE TRIGGER record_remains BEFORE DELETE ON record
BEGIN SELECT raise(ABORT, 'records are never deleted'); END;

CREATE TABLE checkpoint (size INTEGER PRIMARY KEY, note TEXT NOT NULL) STRICT;
CREATE TABLE freshness (node TEXT PRIMARY KEY, boot INTEGER NOT NULL, seq INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE journal (node TEXT PRIMARY KEY, upto INTEGER NOT NULL) STRICT, WITHOUT ROWID
"""
# Schema 1 kept leaves instead of commitments, the wraps in a table of their own, one row for each, and indexed all
# receipt tags together. Only who can open a record knows its commitment.
FROM_1 = f"""
DROP TRIGGER record_follows;
DROP TRIGGER record_stays;
DROP TRIGGER record_remains;
DROP INDEX record_receipt;
DROP INDEX record_about;
DROP INDEX record_act;
ALTER TABLE record RENAME TO record_1;
{SCHEMA.split("CREATE TABLE checkpoint")[0]}
INSERT INTO record
SELECT position, kind, door, at_ms, verdict, code, receipt_tag, about,
  commitment_of(leaf, sealed, packed(position)), packed(position), sealed
FROM record_1 ORDER BY position;
DROP TABLE record_1;
DROP TABLE wrap
"""  # noqa: S608

_ROW = f"({', '.join('?' * len(RecordRow._fields))})"
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


class SqliteReader:
    """Questions to the file; see `LogReader`."""

    errors: tuple[type[Exception], ...] = (sqlite3.Error,)

    def __init__(self, path: Path) -> None:
        """Raises StoreUnavailable, NewerSchema."""
        self.connection = self._opened(path)

    def _opened(self, path: Path) -> sqlite3.Connection:
        return sqlite_file.open_reader(path, SCHEMA_VERSION)

    def execute(self, query: str, values: Sequence[Any] = ()) -> sqlite3.Cursor:
        return self.connection.execute(query, values)

    def mark(self) -> int:
        return self.connection.execute("PRAGMA data_version").fetchone()[0]

    def close(self) -> None:
        self.connection.close()


class SqliteWriter(SqliteReader):
    """The file's one writer; see `LogWriter`."""

    def __init__(self, path: Path, commitment_of: CommitmentOf) -> None:
        """Raises StoreUnavailable, NewerSchema. Brings an older file forward, in one transaction."""
        self._commitment_of = commitment_of
        super().__init__(path)

    def _opened(self, path: Path) -> sqlite3.Connection:
        return sqlite_file.open_writer(path, SCHEMA, SCHEMA_VERSION, migrate=self._migrate)

    def write(
        self,
        records: Iterable[Sequence[RecordRow]],
        checkpoint: Callable[[], tuple[int, str] | None],
        freshness: Mapping[str, tuple[int, int]],
        journal: Mapping[str, int],
    ) -> None:
        db = self.connection
        db.execute("BEGIN IMMEDIATE")
        expected = None
        for chunk in records:
            if expected is None:
                expected = db.execute("SELECT coalesce(max(position) + 1, 0) FROM record").fetchone()[0]
            if [row[0] for row in chunk] != list(range(expected, expected + len(chunk))):
                raise sqlite3.IntegrityError("a record follows the last one without a gap")
            expected += len(chunk)
            # All in one statement, since Python's lock is free while a statement runs: the keeper goes on meanwhile.
            db.execute(_insert(len(chunk)), [value for row in chunk for value in row])
        if (signed := checkpoint()) is not None:
            db.execute(_CHECKPOINT, signed)
        if freshness:
            db.executemany(_FRESHNESS, [(node, boot, seq) for node, (boot, seq) in freshness.items()])
        if journal:
            db.executemany(_JOURNAL, list(journal.items()))
        db.execute("COMMIT")

    def _migrate(self, db: sqlite3.Connection, held: int) -> str:
        """What brings a file of schema `held` to this one."""

        def packed(position: int) -> bytes:
            wraps = db.execute("SELECT holder, wrapped FROM wrap WHERE position = ? ORDER BY holder", (position,))
            return b"".join(holder + wrapped for holder, wrapped in wraps)

        db.create_function("packed", 1, packed)
        db.create_function("commitment_of", 3, self._commitment_of)
        return FROM_1


@lru_cache(maxsize=64)
def _insert(rows: int) -> str:
    return f"INSERT INTO record ({COLUMNS}) VALUES {', '.join([_ROW] * rows)}"  # noqa: S608
