"""How an SQLite file of the site is opened: durable, private to its owner, and never by an older program."""

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from ostiary.controller.store.errors import NewerSchema, StoreUnavailable

BUSY_S = 5.0


Migrate = Callable[[sqlite3.Connection, int], str]


def open_writer(
    path: Path, schema: str, version: int, *, secure_delete: bool = False, migrate: Migrate | None = None
) -> sqlite3.Connection:
    """A connection that writes: WAL, `synchronous=FULL`, explicit transactions; makes the file when it is missing.

    `schema` is run once, in one transaction with `PRAGMA user_version = version` (an integer from 1). A file of an
    older version is brought forward by the statements that `migrate` gives for it, also in one transaction.
    The connection may be handed to another thread, not used by two at once.
    Raises StoreUnavailable when the disk or the file refuses and NewerSchema when the file is newer than we are.
    """
    try:
        _make_private(path)
        db = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None, check_same_thread=False)
    except (OSError, sqlite3.Error) as error:
        raise _unavailable(path, error) from error
    try:
        _prepare(db, path, schema, version, secure_delete, migrate)
    except BaseException:
        db.close()
        raise
    return db


def open_reader(path: Path, version: int) -> sqlite3.Connection:
    """A connection that cannot write. Raises StoreUnavailable and NewerSchema like `open_writer`."""
    try:
        uri = f"file:{quote(str(path.resolve()))}?mode=ro"
        db = sqlite3.connect(uri, uri=True, timeout=BUSY_S, isolation_level=None, check_same_thread=False)
    except (OSError, sqlite3.Error) as error:
        raise _unavailable(path, error) from error
    try:
        _version(db, path, version)
    except BaseException:
        db.close()
        raise
    return db


def sync_directory(directory: Path) -> None:
    """Make a new name in `directory` survive a power cut."""
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _make_private(path: Path) -> None:
    # SQLite gives the -wal and -shm files the mode of the database, so the mode is set before SQLite sees the file.
    if not path.exists():
        os.close(os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600))
        sync_directory(path.parent)


def _prepare(
    db: sqlite3.Connection, path: Path, schema: str, version: int, secure_delete: bool, migrate: Migrate | None
) -> None:
    held = _version(db, path, version)
    try:
        if secure_delete:
            db.execute("PRAGMA secure_delete = ON").fetchall()
        with closing(db.execute("PRAGMA journal_mode = WAL")) as cursor:
            mode = cursor.fetchone()[0]
        if mode != "wal":
            raise sqlite3.OperationalError(f"the file system allows no write-ahead log (mode {mode})")
        db.execute("PRAGMA synchronous = FULL")
        if 0 < held < version and migrate is not None:
            schema = migrate(db, held)
        if held == 0 or (held < version and migrate is not None):
            db.executescript(f"BEGIN IMMEDIATE; {schema}; PRAGMA user_version = {version}; COMMIT;")
    except sqlite3.Error as error:
        raise _unavailable(path, error) from error


def _version(db: sqlite3.Connection, path: Path, version: int) -> int:
    try:
        held: int = db.execute("PRAGMA user_version").fetchone()[0]
    except sqlite3.Error as error:
        raise _unavailable(path, error) from error
    if held > version:
        raise NewerSchema(
            f"{path.name} was not opened.",
            f"It has schema {held}, and this version of Ostiary knows schemas up to {version}.",
            "Install the version of Ostiary that last wrote it, or a newer one.",
        )
    return held


def _unavailable(path: Path, error: Exception) -> StoreUnavailable:
    return StoreUnavailable(
        f"{path.name} could not be opened.",
        f"The system says: {error}.",
        f"Check that {path} is the site's own file, that its directory may be written, and that the disk has space.",
    )
