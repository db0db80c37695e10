"""The log's store: which one a place names, and the questions that are asked of either."""

from pathlib import Path
from typing import Any

from ostiary.controller.store.errors import StoreUnavailable
from ostiary.controller.store.log_store import COLUMNS, CommitmentOf, LogPlace, LogReader, LogWriter, RecordRow


def place_of(place: LogPlace | Path) -> LogPlace:
    """A path alone is an SQLite file."""
    return LogPlace(place) if isinstance(place, Path) else place


def open_writer(place: LogPlace, commitment_of: CommitmentOf) -> LogWriter:
    """The keeper's connection. `commitment_of` is asked for the records of an older file, which is brought forward.

    Raises StoreUnavailable, NewerSchema; for a database also BadDsn, LogHeld."""
    if place.dsn is None:
        from ostiary.controller.store.log_sqlite import SqliteWriter

        return SqliteWriter(place.file, commitment_of)
    return _postgres().PostgresWriter(place.dsn)


def open_reader(place: LogPlace) -> LogReader:
    """A connection that cannot write, for the web and for look-ups. Raises StoreUnavailable, NewerSchema, BadDsn."""
    if place.dsn is None:
        from ostiary.controller.store.log_sqlite import SqliteReader

        return SqliteReader(place.file)
    return _postgres().PostgresReader(place.dsn)


def _postgres() -> Any:
    try:
        from ostiary.controller.store import log_postgres
    except ModuleNotFoundError as error:
        raise StoreUnavailable(
            "The log was not opened.",
            f"The site keeps it in PostgreSQL, and {error.name} is not installed.",
            "Install ostiary[postgres] and start again.",
        ) from error
    return log_postgres


def commitments(db: LogReader, first: int, limit: int) -> list[tuple[int, bytes]]:
    """Up to `limit` of (position, commitment) from `first` on, in order."""
    query = "SELECT position, commitment FROM record WHERE position >= ? ORDER BY position LIMIT ?"
    return db.execute(query, (first, limit)).fetchall()


def size(db: LogReader) -> int:
    """How many records there are, if there is no gap."""
    return db.execute("SELECT coalesce(max(position) + 1, 0) FROM record").fetchone()[0]


def last_checkpoint(db: LogReader) -> tuple[int, str] | None:
    """(size, note) of the newest checkpoint."""
    return db.execute("SELECT size, note FROM checkpoint ORDER BY size DESC LIMIT 1").fetchone()


def record_at(db: LogReader, position: int) -> RecordRow | None:
    """A whole row."""
    # Only this file's own column names are put into the query.
    row = db.execute(f"SELECT {COLUMNS} FROM record WHERE position = ?", (position,)).fetchone()  # noqa: S608
    return None if row is None else RecordRow(*row)


def decisions_between(db: LogReader, lower: int, upper: int) -> list[tuple[int, bytes]]:
    """(position, wraps) of the decisions from `lower` until before `upper`, newest first."""
    return db.execute(
        "SELECT position, wraps FROM record WHERE position >= ? AND position < ? AND kind = 'decision'"
        " ORDER BY position DESC",
        (lower, upper),
    ).fetchall()


def records_between(db: LogReader, lower: int, upper: int) -> list[tuple[int, bytes]]:
    """The same of records of every kind."""
    return db.execute(
        "SELECT position, wraps FROM record WHERE position >= ? AND position < ? ORDER BY position DESC",
        (lower, upper),
    ).fetchall()


def freshness(db: LogReader) -> dict[str, tuple[int, int]]:
    return {node: (boot, seq) for node, boot, seq in db.execute("SELECT node, boot, seq FROM freshness")}


def journal(db: LogReader) -> dict[str, int]:
    return dict(db.execute("SELECT node, upto FROM journal").fetchall())
