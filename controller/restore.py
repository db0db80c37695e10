"""Restore: a backup becomes a site again, and what was erased after it was made is erased again before it is served.

The directory appears at the very end, whole; until then nothing of it can be opened. A log that was restored ends
earlier than the one that was published: its first new record says so, each witness refuses it, and each node notes that
the keeper has forgotten a part of its journal.
"""

import asyncio
import os
import shutil
import tempfile
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sqlalchemy import select

from ostiary.controller import site as settings
from ostiary.controller.backup import Tell, copy_log
from ostiary.controller.people.leaving import leave
from ostiary.controller.people.putting_out import put_out
from ostiary.controller.record.erasing import Doomed, Named, Said, read_list, subject_of
from ostiary.controller.record.errors import BadErasures
from ostiary.controller.record.handover import Handover
from ostiary.controller.record.log import Log
from ostiary.controller.record.record import Draft
from ostiary.controller.sealed_archive import BadArchive, Head, Secret, extract
from ostiary.controller.store import log_db, people_tables
from ostiary.controller.store.keys import KeyStore, load_or_make_master
from ostiary.controller.store.log_store import LogPlace, LogWriter
from ostiary.controller.store.people_db import open_people, scrub
from ostiary.controller.store.places import Places
from ostiary.controller.store.sqlite_file import sync_directory


@dataclass(frozen=True, slots=True)
class Restored:
    """What came back, and what went again: keys, and persons. `known_upto`: how far the list of erasures speaks of the
    log; None where none was given."""

    head: Head
    keys: int
    persons: int
    known_upto: int | None


def restore(
    file: Path, to: Path, secret: Secret, erasures: Path | None, at_ms: int, tell: Tell, database: str | None = None
) -> Restored:
    """Make the directory `to`, which must not exist or be empty, the site of the backup `file`.

    `erasures` is the list that the site published last; None: the caller answers for it that nothing was erased since.
    `database`: where the log goes, when it was in PostgreSQL and goes elsewhere now. Raises BadArchive, BadErasures,
    ThreePartError, OSError; `to` is as it was then.
    """
    if to.exists() and (not to.is_dir() or any(to.iterdir())):
        raise BadArchive("Nothing was restored.", f"{to} is not empty.", "Name a new directory.")
    to.parent.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(prefix=f".{to.name}.restore-", dir=to.parent))
    try:
        places = Places(beside / "site")
        total = file.stat().st_size if file.exists() else 0
        head = extract(file, secret, places.data, lambda done: tell("Opening", done, total))
        if at_ms >= head.expires_ms:
            raise BadArchive(
                "The backup was not restored.",
                "It is past its time: it holds keys of records that had to go since.",
                "Take a newer one.",
            )
        known_upto, said = _later(places, head, erasures)
        site = settings.read(places.site_toml)
        if database is not None:
            site = replace(site, log=database)
            settings.write(places.site_toml, site)
        place = settings.log_place(places)
        _journals_begin_anew(places, place, tell)
        done = asyncio.run(_again(places, place, site.name, head, known_upto, said, at_ms))
        _let_nobody_in(places, at_ms)
        _settle(places.data)
        if to.exists():
            to.rmdir()
        places.data.rename(to)
        sync_directory(to.parent)
    finally:
        shutil.rmtree(beside)
    return Restored(head, *done, known_upto)


def _let_nobody_in(places: Places, at_ms: int) -> None:
    """The backup knows nothing of what was ended or revoked since: sessions, tokens and links are good no more."""
    people = open_people(places.people_db)
    try:
        with people.begin() as conn:
            put_out(conn, at_ms)
    finally:
        people.dispose()


def _later(places: Places, head: Head, erasures: Path | None) -> tuple[int | None, list[Said]]:
    """How far the list goes, and what it says was erased after the backup."""
    if erasures is None:
        return None, []
    try:
        data = erasures.read_bytes()
    except OSError as error:
        raise BadErasures("Nothing was restored.", f"{erasures}: {error.strerror}.", "Name the list.") from error
    first = Handover.read((places.log_tiles / "keys").read_text().splitlines()[0])
    upto, said = read_list(data, "" if first is None else first.key)
    return upto, [one for one in said if one.position >= head.size]


def _journals_begin_anew(places: Places, place: LogPlace, tell: Tell) -> None:
    """The log goes where it belongs, without what it says of nodes' journals: they are further, and each goes on from
    where it is."""
    held = places.data / "log.db.held"
    places.log_db.rename(held)
    try:
        with closing(log_db.open_reader(LogPlace(held))) as db, closing(_empty(place)) as copy:
            copy_log(db, copy, journals=False, tell=tell)
    finally:
        held.unlink()


def _empty(place: LogPlace) -> LogWriter:
    copy = log_db.open_writer(place, lambda *_: None)
    if log_db.size(copy):
        copy.close()
        raise BadArchive(
            "Nothing was restored.",
            f"There is a log already in {place.say}, and a restored one would write over it.",
            "Name an empty schema with --log, or empty that one if it is lost in any case.",
        )
    return copy


async def _again(
    places: Places, place: LogPlace, site: str, head: Head, known_upto: int | None, said: list[Said], at_ms: int
) -> tuple[int, int]:
    keys = KeyStore(places.keys_db, load_or_make_master(places.master_key))
    try:
        log = Log.start(place, keys, site)
        try:
            doomed, persons = _doomed(places, keys, said, at_ms)
            body: dict[str, Any] = {
                "at_ms": at_ms,
                "backup_at_ms": head.at_ms,
                "backup_size": head.size,
                "erasures_upto": known_upto,
                "erased_keys": len(doomed),
            }
            await log.append([Draft("restore", at_ms, body, (), code="restore")])
            if doomed:
                await log.erase(doomed, _recorded(at_ms))
        finally:
            await log.close()
    finally:
        keys.close()
    return len(doomed), persons


def _recorded(at_ms: int) -> Callable[[Named], Draft]:
    def record(part: Named) -> Draft:
        kind = "erase" if part.spans else "forget"
        body = {
            **part.body,
            "at_ms": at_ms,
            "requester": "the restore of a backup",
            "reason": "erased after the backup was made",
            "second_approver": "the list of erasures that this log signed",
        }
        return Draft(kind, at_ms, body, (), code=kind)

    return record


def _doomed(places: Places, keys: KeyStore, said: list[Said], at_ms: int) -> tuple[list[Doomed], int]:
    """The keys in the backup that were destroyed since; whoever was erased since leaves people.db here."""
    gone = {key for one in said for key in one.keys}
    subjects = {one.subject for one in said if one.subject}
    held = keys.ids_of("")
    doomed = [Doomed(name, key) for name, key in held.items() if key in gone]
    people = open_people(places.people_db)
    left = 0
    try:
        with people.begin() as conn:
            here = select(people_tables.person.c.id).where(people_tables.person.c.left_at_ms.is_(None))
            for person in conn.execute(here).scalars().all():
                if subject_of(person) in subjects:
                    leave(conn, person, at_ms)
                    left += 1
        if left:
            scrub(people)
    finally:
        people.dispose()
    return doomed, left


def _settle(data: Path) -> None:
    """All of it survives a power cut when this returns."""
    for path in [*data.rglob("*"), data]:
        if path.is_dir():
            sync_directory(path)
        else:
            handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)
