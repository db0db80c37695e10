"""Fsck: an independent judge of a site's log. It derives everything again from the bytes on the disk, and believes no
running program.

Records against their leaves, index columns and keys; positions without a gap; the tree against every checkpoint; the
published tiles; journals without holes; node's own notes against the log. A record that nobody can read is accepted
only where a record of an erasure names it. Memory stays flat: a bit or two for each record.
"""

import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from hashlib import sha256
from hmac import digest
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from msgspec.json import decode

from ostiary.controller.record.checkpoint import BadKey, BadNote, Signer, cosignature, read_checkpoint
from ostiary.controller.record.erasing import read_list
from ostiary.controller.record.errors import BadErasures
from ostiary.controller.record.fsck_journal import Journals, Note, notes_of_nodes
from ostiary.controller.record.fsck_keys import KeyFile, KeysUnreadable
from ostiary.controller.record.fsck_tree import Derived
from ostiary.controller.record.handover import Handover, end_of
from ostiary.controller.record.witnesses import BadWitness, read_witnesses
from ostiary.controller.store import log_db
from ostiary.controller.store.errors import StoreUnavailable, ThreePartError
from ostiary.controller.store.log_store import COLUMNS, LogPlace, LogReader
from ostiary.controller.store.places import Places

AT_ONCE = 2048
MOST = 100  # findings that are kept; a log that is broken from end to end needs no longer list
CLOSED = "/closed"  # the keeper's own line among the journals
ID, NONCE, WRAP = 16, 12, 16 + 12 + 48 + 16
INDEXED = ("kind", "door", "at_ms", "verdict", "code", "about")


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it should be. `position` is None where it is about a file and no one record."""

    position: int | None
    where: str
    why: str


@dataclass(slots=True)
class Report:
    """What was looked at and what was found. The log is whole when `findings` is empty."""

    records: int = 0
    readable: int = 0
    erased: int = 0
    checkpoints: int = 0
    published: int = 0
    keys: int = 0
    open_decisions: int = 0
    witnesses: list[str] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    more: int = 0
    neighbours: list[str] = field(default_factory=list)

    def first(self) -> Finding | None:
        """The broken record that comes first in the log, or else the first thing that is wrong with a file."""
        placed = [finding for finding in self.findings if finding.position is not None]
        return min(placed, key=lambda finding: finding.position or 0) if placed else next(iter(self.findings), None)


class _Bits:
    """A bit for each position."""

    def __init__(self) -> None:
        self._held = bytearray()

    def set(self, position: int) -> None:
        while position >> 3 >= len(self._held):
            self._held += bytes(4096)
        self._held[position >> 3] |= 1 << (position & 7)

    def clear(self, position: int) -> None:
        if position >> 3 < len(self._held):
            self._held[position >> 3] &= ~(1 << (position & 7)) & 0xFF

    def __contains__(self, position: int) -> bool:
        return position >> 3 < len(self._held) and bool(self._held[position >> 3] >> (position & 7) & 1)

    def __iter__(self) -> Iterator[int]:
        for at, byte in enumerate(self._held):
            if byte:
                yield from (at * 8 + bit for bit in range(8) if byte >> bit & 1)

    def __len__(self) -> int:
        return sum(byte.bit_count() for byte in self._held)


def check(places: Places, site: str, place: LogPlace, tell: Callable[[str, int, int], None]) -> Report:
    """Judge the log of `site` in `places`. `tell(stage, done, total)` hears how far it is.

    Raises StoreUnavailable only where there is no log to judge; everything else becomes a finding.
    """
    return _Fsck(places, site, place, tell).run()


class _Fsck:
    def __init__(self, places: Places, site: str, place: LogPlace, tell: Callable[[str, int, int], None]) -> None:
        self.places, self.site, self.place, self.tell = places, site, place, tell
        self.origin = f"ostiary/{site}"
        self.about = b"ostiary/record/1\x00" + site.encode() + b"\x00"
        self.report = Report()
        self.unreadable, self.closed_to_some, self.decisions = _Bits(), _Bits(), _Bits()
        self.journals = Journals(self.wrong)
        self.keys: KeyFile | None = None
        self.noted: dict[bytes, Note] = {}

    def wrong(self, position: int | None, where: str, why: str) -> None:
        if len(self.report.findings) < MOST:
            self.report.findings.append(Finding(position, where, why))
        else:
            self.report.more += 1

    def run(self) -> Report:
        self._keys()
        chain = self._chain()
        # Read before the store: what was published, or answered, is in it by then.
        published = self._published(chain)
        self._erasures(chain)
        for note in notes_of_nodes(self.places.nodes, self.wrong):
            self.noted[sha256(note.receipt.encode()).digest()] = note
        try:
            db = log_db.open_reader(self.place)
        except StoreUnavailable as error:
            if self.place.dsn is not None or not self.place.file.exists():
                raise
            self.wrong(0, "log.db", error.why.rstrip("."))
            return self.report
        try:
            self._judge(db, chain, published)
        finally:
            db.close()
            if self.keys is not None:
                self.keys.close()
        return self.report

    def _judge(self, db: LogReader, chain: list[str], published: tuple[int, bytes] | None) -> None:
        if self.place.dsn is not None:
            self._all(db, chain, published)
            return
        # SQLite looks after its pages while the records are read; neither waits for the other.
        self.tell("The file", 0, 1)
        with ThreadPoolExecutor(1) as beside:
            file = beside.submit(_file, self.place)
            try:
                self._all(db, chain, published)
            finally:
                for said in file.result():
                    self.wrong(None, "log.db", said)
        self.tell("The file", 1, 1)

    def _all(self, db: LogReader, chain: list[str], published: tuple[int, bytes] | None) -> None:
        try:
            total = log_db.size(db)
        except db.errors as error:
            self.wrong(0, "log.db", f"it cannot be read: {error}")
            return
        size, root = published or (0, b"")
        if size > total:
            self.wrong(None, "log/checkpoint", f"{size} records were published and {total} are here: it went back")
        derived = Derived(self.places.log_tiles, size, self.wrong)
        try:
            self._records(db, chain, derived, total, size, root)
            self._afterwards(db)
        except db.errors as error:
            self.wrong(derived.size, "the store", f"it cannot be read from here on: {error}")
        first = self.report.first()
        if first is not None and first.position is not None:
            self.report.neighbours = [_row(db, at) for at in (first.position - 1, first.position, first.position + 1)]

    # --- files -------------------------------------------------------------------------------------------------

    def _keys(self) -> None:
        try:
            self.keys = KeyFile(self.places.keys_db, self.places.master_key)
            self.report.keys = self.keys.count_all()
        except KeysUnreadable as error:
            self.wrong(None, "keys.db", str(error))
            return
        for key_id in self.keys.broken:
            self.wrong(None, "keys.db", f"the key {key_id.hex()} was changed: it does not open")

    def _chain(self) -> list[str]:
        """The log's verifier keys, the newest first."""
        try:
            lines = (self.places.log_tiles / "keys").read_text().splitlines()
            chain = [held for line in lines if (held := Handover.read(line)) is not None]
            end_of(chain)
            held = [handover.key for handover in chain]
        except (OSError, ValueError, BadKey) as error:
            self.wrong(None, "log/keys", f"the chain of the log's keys does not hold: {error}")
            held = []
        signer = self._signer(len(held) - 1) if held else self._signer(0)
        if signer is not None and held and signer.verifier_key != held[-1]:
            self.wrong(None, "log/keys", "the log signs with another key than the last one that is published")
        if not held and signer is not None:
            held = [signer.verifier_key]
        return held[::-1]

    def _signer(self, number: int) -> Signer | None:
        secret = self.keys.named(f"log/sign/{number}" if number else "log/sign") if self.keys else None
        return None if secret is None else Signer(self.origin, secret)

    def _published(self, chain: list[str]) -> tuple[int, bytes] | None:
        path = self.places.log_tiles / "checkpoint"
        try:
            note = path.read_bytes().decode()
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError) as error:
            self.wrong(None, "log/checkpoint", f"the published checkpoint cannot be read: {error}")
            return None
        checkpoint = _signed(note, chain)
        if checkpoint is None:
            self.wrong(None, "log/checkpoint", "no key of the log signed the published checkpoint")
            return None
        self.report.published = checkpoint[0]
        try:
            for witness in read_witnesses(self.places.data / "witnesses"):
                seen = cosignature(note, witness.key)
                if seen is not None:
                    self.report.witnesses.append(seen.name)
        except BadNote as error:
            self.wrong(None, "log/checkpoint", str(error))
        except BadWitness as error:
            self.wrong(None, "witnesses", error.why)
        return checkpoint

    def _erasures(self, chain: list[str]) -> None:
        try:
            if chain:
                read_list((self.places.log_tiles / "erasures").read_bytes(), chain[-1])
        except FileNotFoundError:
            return  # published at the keeper's next start
        except BadErasures as error:
            self.wrong(None, "log/erasures", error.why.rstrip("."))
        except OSError as error:
            self.wrong(None, "log/erasures", f"it cannot be read: {error}")

    # --- records -----------------------------------------------------------------------------------------------

    def _records(
        self, db: LogReader, chain: list[str], derived: Derived, total: int, published: int, root: bytes
    ) -> None:
        signer = self._signer(len(chain) - 1) if chain else None
        checkpoints = _checkpoints(db)
        size, note = next(checkpoints, (0, ""))
        while derived.size < total:
            # Only this program's own column names are put into the query.
            query = f"SELECT {COLUMNS} FROM record WHERE position >= ? ORDER BY position LIMIT ?"  # noqa: S608
            rows = db.execute(query, (derived.size, min(AT_ONCE, total - derived.size))).fetchall()
            if not rows:
                break
            for row in rows:
                if row[0] != derived.size:
                    self.wrong(derived.size, "the store", f"the record is missing; the next one is {row[0]}")
                    return
                if not all(isinstance(part, bytes) for part in row[8:11]) or len(row[8]) != 32:
                    self.wrong(derived.size, "the store", "its row is damaged")
                    return
                self._record(row, derived.add(row[8]))
                while 0 < size <= derived.size:
                    self._checkpoint(size, note, derived, chain, signer)
                    size, note = next(checkpoints, (0, ""))
                if derived.size == published and derived.root() != root:
                    self.wrong(published - 1, "log/checkpoint", "the published root is not that of these records")
            self.report.records = derived.size
            self.tell("Records", derived.size, total)
        if size:
            self.wrong(None, "the store", f"a checkpoint speaks of {size} records, and there are {derived.size}")
        newest = log_db.last_checkpoint(db)
        if total and (newest is None or newest[0] < total):
            self.wrong(total - 1, "the store", "the newest records are under no checkpoint")

    def _checkpoint(self, size: int, note: str, derived: Derived, chain: list[str], signer: Signer | None) -> None:
        self.report.checkpoints += 1
        root = derived.root()
        # Ed25519 gives one signature for one text, so signing again says the same as verifying, and is quicker.
        if not isinstance(note, str):
            self.wrong(size - 1, "the store", f"the checkpoint of {size} records is damaged")
            return
        if size == derived.size and signer is not None and note == signer.sign(size, root):
            return
        if size != derived.size or _signed(note, chain) != (size, root):
            self.wrong(size - 1, "the store", f"the checkpoint of {size} records does not sign the records before it")

    def _record(self, row: tuple[Any, ...], leaf: bytes) -> None:
        position, wraps, sealed = row[0], bytes(row[9]), bytes(row[10])
        if self.noted and row[6] is not None:
            self.noted.pop(bytes(row[6]), None)
        opened = self._opened(position, row[8], leaf, wraps, sealed)
        if opened is None:
            self._closed(row)
            return
        self.report.readable += 1
        try:
            record = decode(opened)
            said = (*(record[name] for name in INDEXED), record["receipt"], record["site"])
        except (ValueError, KeyError, TypeError):
            self.wrong(position, "the store", "its bytes are no record")
            return
        tag = None if said[6] is None else sha256(str(said[6]).encode(errors="replace")).digest()
        columns = (*row[1:6], row[7], None if row[6] is None else bytes(row[6]), self.site)
        if columns != (*said[:6], tag, said[7]):
            names = [*INDEXED, "receipt_tag", "site"]
            changed = [
                name for name, one, other in zip(names, columns, (*said[:6], tag, said[7]), strict=True) if one != other
            ]
            self.wrong(position, "the store", f"the index says something else than the record: {', '.join(changed)}")
            return
        persons = record.get("persons")
        if isinstance(persons, list) and len(wraps) < WRAP * max(1, len(persons)):
            self.closed_to_some.set(position)
        self._content(position, record)

    def _opened(self, position: int, commitment: bytes, leaf: bytes, wraps: bytes, sealed: bytes) -> bytes | None:
        """The record's bytes by whichever key opens it; every key that is there must."""
        if self.keys is None:
            return None
        if len(wraps) % WRAP:
            self.wrong(position, "the store", "its wraps are torn")
            return None
        data: bytes | None = None
        missing = not wraps
        for at in range(0, len(wraps), WRAP):
            cipher = self.keys.cipher(wraps[at : at + ID])
            if cipher is None:
                missing = True
                continue
            try:
                nonce, wrapped = wraps[at + ID : at + ID + NONCE], wraps[at + ID + NONCE : at + WRAP]
                fresh = cipher.decrypt(nonce, wrapped, self.about + leaf)
                data = AESGCM(fresh[:32]).decrypt(bytes(NONCE), sealed, self.about)
            except (InvalidTag, ValueError):
                self.wrong(position, "the store", "a key of it is there and does not open it: it was changed")
                return None
            if digest(fresh[32:], data, "sha256") != commitment:
                self.wrong(position, "the store", "its leaf is that of another record")
                return None
        if missing:
            (self.unreadable if data is None else self.closed_to_some).set(position)
        return data

    def _closed(self, row: tuple[Any, ...]) -> None:
        """What is known of a record that nobody can open."""
        if row[1] == "decision":
            self.decisions.set(row[0])
        elif row[1] in ("event", "outcome"):
            self.journals.unknown()
            if row[7] is not None:
                self.decisions.clear(row[7])

    def _content(self, position: int, record: dict[str, Any]) -> None:
        kind, body, about = record["kind"], record["body"], record["about"]
        if about is not None and not 0 <= about < position:
            self.wrong(position, "the store", f"it closes record {about}, which does not come before it")
        if kind == "decision":
            self.decisions.set(position)
        elif kind == "outcome" and about is not None:
            self.decisions.clear(about)
        if kind in ("event", "outcome"):
            self.journals.heard(position, body)
        elif kind == "restore":
            self.journals.again()
        elif kind == "erase":
            self._erased(position, body)

    def _erased(self, position: int, body: dict[str, Any]) -> None:
        spans = _spans(body.get("indices"), position)
        if spans is None or not body.get("requester") or not body.get("reason") or not body.get("second_approver"):
            self.wrong(position, "the store", "the erasure does not say which records, for whom, why, and who agreed")
            return
        for index in (index for span in spans for index in span):
            self.report.erased += index in self.unreadable
            self.unreadable.clear(index)
            self.closed_to_some.clear(index)

    def _afterwards(self, db: LogReader) -> None:
        self.tell("Journals", 0, 1)
        if self.keys is not None:
            for position in self.unreadable:
                self.wrong(position, "the store", "nobody can read it, and no erasure names it")
            for position in self.closed_to_some:
                self.wrong(position, "the store", "one whom it concerns cannot read it, and no erasure names it")
        twice = db.execute(
            "SELECT max(position) FROM record WHERE receipt_tag IS NOT NULL GROUP BY receipt_tag"
            " HAVING count(*) > 1 LIMIT 5"
        ).fetchall()
        for (position,) in twice:
            self.wrong(position, "the store", "its receipt code is that of an earlier record")
        kept = log_db.journal(db)
        self._closing(kept.pop(CLOSED, 0))
        for own in [name for name in kept if name.startswith("/")]:
            del kept[own]  # the keeper's own marks, which no node uploads
        self.journals.compare(kept)
        for note in self.noted.values():
            why = f"{note.node} noted an answer whose receipt {note.receipt} no record has: an answer without a record"
            self.wrong(None, f"nodes/{note.node}", why)
        self.report.open_decisions = len(self.decisions)
        self.tell("Journals", 1, 1)

    def _closing(self, mark: int) -> None:
        """The keeper says below which position it need not look for open decisions; a decision there is forgotten."""
        first = next(iter(self.decisions), None)
        if first is not None and first < mark:
            self.wrong(first, "the store", "the keeper takes it as closed, and no record says what became of it")


def _file(place: LogPlace) -> list[str]:
    """What SQLite itself finds wrong with the file's pages and indexes."""
    try:
        db = log_db.open_reader(place)
    except StoreUnavailable as error:
        return [error.why.rstrip(".")]
    try:
        return [said for (said,) in db.execute("PRAGMA integrity_check(5)").fetchall() if said != "ok"]
    except sqlite3.Error as error:
        return [f"the file is damaged: {error}"]
    finally:
        db.close()


def _spans(indices: Any, before: int) -> list[range] | None:
    """What an erasure names: positions, or pairs of the first and the last one. None when it names none rightly."""
    if not isinstance(indices, list) or not indices:
        return None
    spans: list[range] = []
    for one in indices:
        match one:
            case [int(first), int(last)] if 0 <= first <= last < before:
                spans.append(range(first, last + 1))
            case int(index) if 0 <= index < before and not isinstance(index, bool):
                spans.append(range(index, index + 1))
            case _:
                return None
    return spans


def _checkpoints(db: LogReader) -> Iterator[tuple[int, str]]:
    above = 0
    query = "SELECT size, note FROM checkpoint WHERE size > ? ORDER BY size LIMIT ?"
    while found := db.execute(query, (above, AT_ONCE)).fetchall():
        yield from found
        above = found[-1][0]


def _signed(note: str, chain: list[str]) -> tuple[int, bytes] | None:
    for key in chain:
        try:
            checkpoint = read_checkpoint(note, key)
        except BadNote:
            continue
        return checkpoint.size, checkpoint.root
    return None


def _row(db: LogReader, position: int) -> str:
    query = "SELECT kind, door, at_ms, code FROM record WHERE position = ?"
    try:
        row = db.execute(query, (position,)).fetchone()
    except (*db.errors, ThreePartError):
        return f"record {position}: cannot be read"
    if row is None:
        return f"record {position}: there is none"
    kind, door, at_ms, code = row
    return f"record {position}: {kind}{f' at {door}' if door else ''}, {at_ms} ms{f', {code}' if code else ''}"
