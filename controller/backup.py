"""Backup: a running site's log, people, keys and settings in one sealed file, each as it fits the others.

What is copied later may know more than what was copied before, and never less: nodes' journals, then the log, then
people, then the keys. When something was erased, or the log's key changed, while that went on, it is begun again, so
that no record in the copy lacks its key. The published tiles are not copied: they are made again from the log.
"""

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ostiary.controller import site as settings
from ostiary.controller.record.batch import CHUNK
from ostiary.controller.sealed_archive import SALT_BYTES, Head, Secret, add_bytes, written
from ostiary.controller.store import log_db
from ostiary.controller.store.errors import StoreUnavailable
from ostiary.controller.store.log_sqlite import SqliteWriter
from ostiary.controller.store.log_store import COLUMNS, EVERYDAY, LogPlace, LogReader, LogWriter, RecordRow
from ostiary.controller.store.places import Places

AT_ONCE = 2048
ATTEMPTS = 5
DAY_MS = 86_400_000
_DRAFT = ".backup-"
_CHANGES = "kind IN ('erase', 'forget', 'withdraw-face', 'log-key')"

Tell = Callable[[str, int, int], None]


def backup(places: Places, to: Path, secret: Secret, at_ms: int, tell: Tell) -> Head:
    """Write the backup of the site in `places` to the new file `to`; the site may be running.

    `tell(stage, done, total)` hears how far it is. Raises BadArchive, StoreUnavailable, BadSite, OSError.
    """
    site = settings.read_existing(places.site_toml)
    place = settings.log_place(places)
    for left in places.data.glob(f"{_DRAFT}*"):
        shutil.rmtree(left)  # of a backup that was cut short
    beside = Path(tempfile.mkdtemp(prefix=_DRAFT, dir=places.data))
    try:
        files = list(_files(places))
        held, size, keys, people = _consistent(places, place, beside / "log.db", tell)
        expires_ms = at_ms + site.retention.backups_days * DAY_MS
        head = Head(site.name, size, at_ms, expires_ms, secret.kind, os.urandom(SALT_BYTES).hex())
        with written(to, head, secret) as tar:
            for number, (name, data) in enumerate(files):
                add_bytes(tar, name, data)
                tell("Settings", number + 1, len(files))
            tell("Sealing", 0, 4)
            for number, (name, data) in enumerate((("log/keys", held), ("people.db", people), ("keys.db", keys))):
                add_bytes(tar, name, data)
                tell("Sealing", number + 1, 4)
            tar.add(beside / "log.db", "log.db")
            tell("Sealing", 4, 4)
    finally:
        shutil.rmtree(beside)
    return head


def _consistent(places: Places, place: LogPlace, to: Path, tell: Tell) -> tuple[bytes, int, bytes, bytes]:
    """The chain of the log's keys, the log (in the file `to`; its size), keys and people."""
    for _ in range(ATTEMPTS):
        held = (places.log_tiles / "keys").read_bytes()
        to.unlink(missing_ok=True)
        size, changed = _log(place, to, tell)
        people, keys = snapshot(places.people_db), snapshot(places.keys_db)
        with closing(log_db.open_reader(place)) as db:
            if _changed(db) == changed and (places.log_tiles / "keys").read_bytes() == held:
                return held, size, keys, people
    raise StoreUnavailable(
        "No backup was made.",
        "Something was erased, or the log's key was changed, each time while it was being made.",
        "Try again when that is over.",
    )


def _log(place: LogPlace, to: Path, tell: Tell) -> tuple[int, int]:
    with closing(log_db.open_reader(place)) as db, closing(SqliteWriter(to, lambda *_: None)) as copy:
        db.execute("BEGIN" if place.dsn is None else "BEGIN ISOLATION LEVEL REPEATABLE READ")
        return copy_log(db, copy, journals=True, tell=tell), _changed(db)


def copy_log(db: LogReader, copy: LogWriter, *, journals: bool, tell: Tell) -> int:
    """Every record, the newest checkpoint and the numbers of one log into an empty one; says how many records.

    `journals`: how far nodes' journals are, too.
    """
    size = log_db.size(db)
    journal = log_db.journal(db) if journals else {}
    copy.write(_rows(db, size, tell), lambda: log_db.last_checkpoint(db), log_db.freshness(db), journal)
    return size


def _rows(db: LogReader, size: int, tell: Tell) -> Iterator[list[RecordRow]]:
    # Only this program's own column names are put into the query.
    query = f"SELECT {COLUMNS} FROM record WHERE position >= ? ORDER BY position LIMIT ?"  # noqa: S608
    first = 0
    while first < size:
        rows = [RecordRow(*row) for row in db.execute(query, (first, AT_ONCE)).fetchall()]
        yield from (rows[at : at + CHUNK] for at in range(0, len(rows), CHUNK))
        first += len(rows)
        tell("The log", first, size)


def _changed(db: LogReader) -> Any:
    query = f"SELECT max(position) FROM record WHERE {_CHANGES} AND kind NOT IN {EVERYDAY}"  # noqa: S608
    return db.execute(query).fetchone()[0]


def snapshot(path: Path) -> bytes:
    """An SQLite file as it is now, through memory: no second copy of it is ever on a disk. Raises StoreUnavailable."""
    try:
        with (
            closing(sqlite3.connect(f"file:{quote(str(path.resolve()))}?mode=ro", uri=True)) as held,
            closing(sqlite3.connect(":memory:")) as copy,
        ):
            held.backup(copy)
            return copy.serialize()
    except sqlite3.Error as error:
        raise StoreUnavailable(
            "No backup was made.", f"{path} could not be read: {error}.", "Check the file and the disk."
        ) from error


def _files(places: Places) -> Iterator[tuple[str, bytes]]:
    """Settings, certificates and nodes: small files that are written whole. Not the broker's store, which holds
    nothing that matters, nor what is copied in another way."""
    for path in sorted(places.data.rglob("*")):
        name = path.relative_to(places.data)
        top = name.parts[0]
        left_out = top in ("log", "broker") or top.startswith((".", "log.db", "keys.db", "people.db", "processes.log"))
        # A virtual node's packs are made again; a backup keeps no face where a withdrawal could not reach it.
        left_out = left_out or (top == "nodes" and path.name.startswith("pack"))
        if left_out or path.suffix in (".lock", ".new") or not path.is_file() or path.is_symlink():
            continue
        try:
            yield str(name), path.read_bytes()
        except FileNotFoundError:
            continue  # written anew just now, or a draft that is gone
