"""Opens people.db: the web process to read and write, the keeper to follow and never to write.

A reader never waits for a writer (SQLite WAL), a writer that said it committed has committed to the disk, and what
was deleted is gone from the files after `scrub`.
"""

import contextlib
import glob
import os
import sqlite3
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import Connection, Engine, QueuePool, create_engine, event
from sqlalchemy.exc import DBAPIError

REVISIONS = ("0001", "0002", "0003", "0004", "0005", "0006")
"""Every revision this program knows, oldest first; the last is what it works with."""
HEAD = REVISIONS[-1]

BUSY_TIMEOUT_MS = 5000

_ONE_AT_A_TIME = threading.Lock()  # Alembic keeps what it is doing in module globals


class PeopleDbError(RuntimeError):
    """people.db cannot be used as it is; says what happened, why, and what to do now."""

    def __init__(self, what: str, why: str, now: str) -> None:
        super().__init__(f"{what} {why} {now}")
        self.what, self.why, self.now = what, why, now


class NoPeopleDb(PeopleDbError):
    """There is no people.db to follow."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"There is no people database at {path}.",
            "Only the web process makes it, and it has not run here yet, or the data directory is another one.",
            "Start the site with `ostiary run`, or name its data directory with --data.",
        )


class PeopleDbUnreadable(PeopleDbError):
    """The file is there and cannot be opened: no permission, a read-only disk, or not a database."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(
            f"The people database at {path} cannot be opened.",
            f"The system says: {why}.",
            "See that the file belongs to this user, that its directory may be written, and that it is a database.",
        )


class PeopleDbNewer(PeopleDbError):
    """The file was written by a later program; touching it could lose what this one does not know of."""

    def __init__(self, path: Path, found: str) -> None:
        super().__init__(
            f"The people database at {path} has revision {found}, and this program knows none later than {HEAD}.",
            "A later version of Ostiary has written it.",
            "Install that version again, or restore the backup that was made before its first start.",
        )


class PeopleDbOlder(PeopleDbError):
    """The file waits for its owner to bring it up to date; a follower may not."""

    def __init__(self, path: Path, found: str | None) -> None:
        super().__init__(
            f"The people database at {path} has revision {found or 'none'}, and this program needs {HEAD}.",
            "Only the process that owns it may bring it up to date.",
            "Start the web process once (`ostiary run` does), then this one again.",
        )


class NotScrubbed(PeopleDbError):
    """What was deleted may still be found in the files."""

    def __init__(self, why: str) -> None:
        super().__init__(
            "What was deleted from the people database may still stand in its files.",
            f"The system says: {why}.",
            "Make room on the disk and scrub again; the rows themselves are gone, and so is the key to them.",
        )


def open_people(path: Path) -> Engine:
    """The writing engine, for the one process that owns people.db; makes or upgrades the file when that is due.

    Every transaction takes the write lock when it begins, so that none fails halfway because another wrote first; it
    waits `BUSY_TIMEOUT_MS` for it. Raises `PeopleDbNewer` and `PeopleDbUnreadable`.
    """
    try:
        if not path.exists():
            _make(path)
        engine = _writing(path)
        with engine.begin() as conn:
            found = revision(conn)
            if found is not None and found not in REVISIONS:
                raise PeopleDbNewer(path, found)
            if found != HEAD:
                _upgrade(conn)
    except (OSError, sqlite3.Error, DBAPIError) as refused:
        raise PeopleDbUnreadable(path, _reason(refused)) from refused
    return engine


def follow_people(path: Path) -> Engine:
    """The reading engine, for the keeper and for reports: it makes no file, writes nothing and waits for no writer.

    A transaction reads one state from its first statement to its end. Raises `NoPeopleDb`, `PeopleDbOlder`,
    `PeopleDbNewer` and `PeopleDbUnreadable`.
    """

    def connect() -> sqlite3.Connection:
        address = f"file:{quote(str(path.absolute()))}?mode=ro"
        connection = sqlite3.connect(address, uri=True, timeout=BUSY_TIMEOUT_MS / 1000, check_same_thread=False)
        connection.isolation_level = None
        return connection

    if not path.exists():
        raise NoPeopleDb(path)
    engine = _engine(connect, "BEGIN")
    try:
        with engine.begin() as conn:
            found = revision(conn)
    except (sqlite3.Error, DBAPIError) as refused:
        raise PeopleDbUnreadable(path, _reason(refused)) from refused
    if found is not None and found not in REVISIONS:
        raise PeopleDbNewer(path, found)
    if found != HEAD:
        raise PeopleDbOlder(path, found)
    return engine


def revision(conn: Connection) -> str | None:
    """The revision that the file says it has; None for a file without one."""
    known = conn.exec_driver_sql("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").first()
    if known is None:
        return None
    row = conn.exec_driver_sql("SELECT version_num FROM alembic_version").first()
    return None if row is None else str(row[0])


def scrub(engine: Engine, wait_ms: int = BUSY_TIMEOUT_MS) -> bool:
    """Take what was deleted out of the files: rewrite people.db without it and empty its write-ahead log.

    Run it after the transaction that withdrew a face or let a person leave has committed, and outside any other.
    secure_delete alone leaves copies behind: in the log, and in pages whose rows have moved to another page.

    True when the files are clean; False when a reader or another writer still needs the old state after
    `wait_ms`: call again when it is done. What a disk keeps of overwritten blocks is beyond a file; against
    that, templates are sealed under a key that the keeper destroys. Raises `NotScrubbed` when the disk refuses.
    """
    connection = engine.raw_connection()
    try:
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {int(wait_ms)}")
        cursor.execute("VACUUM")
        busy, *_ = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    except sqlite3.OperationalError as refused:
        if refused.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            return False
        raise NotScrubbed(_reason(refused)) from refused
    finally:
        connection.invalidate()  # it waits otherwise than the others, and its pages are those of before
    return not busy


def _engine(connect: Callable[[], sqlite3.Connection], begin: str) -> Engine:
    engine = create_engine("sqlite://", creator=connect, poolclass=QueuePool)

    # The driver would begin a transaction at the first write only, so that two reads could see two states.
    @event.listens_for(engine, "begin")
    def _begin(conn: Connection) -> None:
        conn.exec_driver_sql(begin)

    return engine


def _writing(path: Path) -> Engine:
    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT_MS / 1000, check_same_thread=False)
        connection.isolation_level = None
        try:
            for pragma in ("journal_mode = WAL", "synchronous = FULL", "secure_delete = ON", "temp_store = MEMORY"):
                connection.execute(f"PRAGMA {pragma}")
            connection.execute("PRAGMA foreign_keys = ON")
        except BaseException:  # the caller gets the reason; the open file must not stay behind
            connection.close()
            raise
        return connection

    return _engine(connect, "BEGIN IMMEDIATE")


def _make(path: Path) -> None:
    """Make the file whole and readable by its owner alone, then let it appear, unless another was faster.

    A crash before leaves a `people.db.…` that nobody reads. Made in place, two that start at once would meet while
    one switches to WAL, for which SQLite waits for nobody.
    """
    handle, name = tempfile.mkstemp(prefix=f"{path.name}.", dir=path.parent)
    os.close(handle)
    new = Path(name)
    try:
        engine = _writing(new)
        with engine.begin() as conn:
            _upgrade(conn)
        engine.dispose()
        with contextlib.suppress(FileExistsError):
            os.link(new, path)
        directory = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)
    finally:
        for left in path.parent.glob(f"{glob.escape(new.name)}*"):
            left.unlink()


def _upgrade(conn: Connection) -> None:
    # Alembic takes 0.4 s to import, which a start that has nothing to upgrade need not pay.
    from alembic.command import upgrade
    from alembic.config import Config

    config = Config(attributes={"connection": conn})
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    with _ONE_AT_A_TIME:
        upgrade(config, HEAD)


def _reason(refused: Exception) -> str:
    return str(getattr(refused, "orig", None) or refused).rstrip(".")
