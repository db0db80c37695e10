"""Many entries at once from a CSV file: first the difference, as a value to look at; then exactly that, or nothing.

The file has the columns `person, kind, evidence, sha256, evidence_kind, title, occurred` in any order; `occurred` is a
time with its offset (RFC 3339). However many rows there are, they lie in a scratch file of SQLite's and not in memory.
"""

import csv
import hashlib
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TextIO

from sqlalchemy import Connection, insert, select

from ostiary.controller.people import shapes
from ostiary.controller.people.errors import (
    EntryDiffers,
    EvidenceDiffers,
    EvidenceKindWrong,
    FileRefused,
    ImportMistaken,
    Malformed,
    NoSuchPerson,
    PeopleError,
    RowUnread,
)
from ostiary.controller.people.evidence import Evidence
from ostiary.controller.people.reporting import Report, kind_of
from ostiary.controller.policy.document import Policy
from ostiary.controller.store import people_tables as tables

COLUMNS = ("person", "kind", "evidence", "sha256", "evidence_kind", "title", "occurred")
LONGEST_LINE = 10_000
AT_ONCE = 400  # SQLite bounds the parameters of a statement
_SCRATCH = """
CREATE TABLE row (
  line INTEGER, state TEXT, person TEXT, kind TEXT, evidence TEXT, sha256 TEXT, evidence_kind TEXT, title TEXT,
  occurred_ms INTEGER, what TEXT, why TEXT, now TEXT
);
CREATE TABLE document (id TEXT PRIMARY KEY, sha256 TEXT, kind TEXT, title TEXT) WITHOUT ROWID;
CREATE TABLE entry (person TEXT, kind TEXT, evidence TEXT, occurred_ms INTEGER, PRIMARY KEY (person, kind, evidence))
  WITHOUT ROWID;
"""
_REPORT = "person, kind, evidence, sha256, evidence_kind, title, occurred_ms"


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the file that was understood."""

    line: int
    report: Report


@dataclass(frozen=True, slots=True)
class Mistake:
    """A line that cannot be imported: what happened, why, and what to do now."""

    line: int
    what: str
    why: str
    now: str


@dataclass(frozen=True, slots=True)
class Counts:
    """How many lines are known already, would be added, say something else than is known, or make no entry."""

    unchanged: int
    added: int
    conflicting: int
    refused: int


class Difference:
    """What an import would do. Rows are sorted by person, kind and document, mistakes by line; they may be walked
    through again and again, until `close`."""

    def __init__(self, scratch: sqlite3.Connection) -> None:
        """Use `compare`."""
        self._scratch = scratch
        counted = dict(scratch.execute("SELECT state, count(*) FROM row GROUP BY state").fetchall())
        self.counts = Counts(*(counted.get(state, 0) for state in ("unchanged", "added", "conflicting", "refused")))

    @property
    def clean(self) -> bool:
        """Whether it may be applied: all or nothing, so no line may be a mistake."""
        return not self.counts.conflicting and not self.counts.refused

    def added(self) -> Iterator[Row]:
        return self._rows("added")

    def unchanged(self) -> Iterator[Row]:
        return self._rows("unchanged")

    def conflicting(self) -> Iterator[Mistake]:
        return self._mistakes("conflicting")

    def refused(self) -> Iterator[Mistake]:
        return self._mistakes("refused")

    def sha256(self) -> str:
        """The name of this difference (64 hex digits): equal for equal additions, whatever the order of the file."""
        digest = hashlib.sha256()
        for row in self.added():
            document = row.report.evidence
            parts = (row.report.person, row.report.kind, document.id, document.sha256, document.kind, document.title)
            digest.update("\0".join((*parts, str(row.report.occurred_ms))).encode() + b"\n")
        return digest.hexdigest()

    def close(self) -> None:
        self._scratch.close()

    def __enter__(self) -> "Difference":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _rows(self, state: str) -> Iterator[Row]:
        query = f"SELECT line, {_REPORT} FROM row WHERE state = ? ORDER BY person, kind, evidence, line"  # noqa: S608
        for line, person, kind, evidence, sha256, evidence_kind, title, occurred_ms in self._scratch.execute(
            query, (state,)
        ):
            yield Row(line, Report(person, kind, Evidence(evidence, sha256, evidence_kind, title), occurred_ms))

    def _mistakes(self, state: str) -> Iterator[Mistake]:
        query = "SELECT line, what, why, now FROM row WHERE state = ? ORDER BY line"
        for found in self._scratch.execute(query, (state,)):
            yield Mistake(*found)


def lines_of(file: TextIO) -> Iterator[str]:
    """The lines of a file, none read further than the bound on lines."""
    return iter(lambda: file.readline(LONGEST_LINE + 2), "")


def compare(
    conn: Connection, lines: Iterable[str], policy: Policy, at_ms: int, step: Callable[[int], None] = lambda _: None
) -> Difference:
    """What importing these lines would do to the ledgers as they are in this transaction; writes nothing there.

    `step` hears how many rows were read. Raises `FileRefused` for a file that is no such table, and `NoScoreHere`.
    """
    scratch = sqlite3.connect("", isolation_level=None)  # a nameless file that is gone when it is closed
    try:
        scratch.executescript(_SCRATCH)
        scratch.execute("BEGIN")
        judged = _Judged(conn, scratch, policy, at_ms)
        waiting: list[tuple[int, Report | PeopleError]] = []
        read = 0
        for line, fields in _table(lines):
            waiting.append((line, fields if isinstance(fields, PeopleError) else _report(fields)))
            read += 1
            if len(waiting) == AT_ONCE:
                judged.take(waiting)
                waiting.clear()
                step(read)
        judged.take(waiting)
        scratch.execute("COMMIT")
        step(read)
        return Difference(scratch)
    except BaseException:
        scratch.close()
        raise


def apply(
    conn: Connection,
    difference: Difference,
    policy: Policy,
    author: str,
    at_ms: int,
    step: Callable[[int], None] = lambda _: None,
) -> int:
    """Write what the difference adds, in the transaction in which it was compared; says how many entries that made.

    Raises `ImportMistaken` where a line cannot be imported: all or nothing.
    """
    if not difference.clean:
        raise ImportMistaken(difference.counts.conflicting, difference.counts.refused)
    author = shapes.said("The author", author, 100)
    made = 0
    for piece in _pieces(difference.added()):
        _keep_documents(conn, [row.report.evidence for row in piece])
        conn.execute(insert(tables.entry), [_values(row.report, policy, author, at_ms) for row in piece])
        made += len(piece)
        step(made)
    return made


class _Judged:
    """Holds each row against what is known, and against the rows before it."""

    def __init__(self, conn: Connection, scratch: sqlite3.Connection, policy: Policy, at_ms: int) -> None:
        self._conn, self._scratch, self._policy, self._at_ms = conn, scratch, policy, at_ms

    def take(self, rows: Sequence[tuple[int, Report | PeopleError]]) -> None:
        reports = [report for _, report in rows if isinstance(report, Report)]
        people = self._people({report.person for report in reports})
        documents = self._documents({report.evidence.id for report in reports})
        entries = self._entries({report.evidence.id for report in reports})
        judged = []
        for line, report in rows:
            if isinstance(report, PeopleError):
                judged.append((line, "refused", *(None,) * 7, report.what, report.why, report.now))
                continue
            state, why = self._judge(report, people, documents, entries)
            said = (why.what, why.why, why.now) if why else (None, None, None)
            judged.append((line, state, *_flat(report), *said))
        self._scratch.executemany(f"INSERT INTO row VALUES ({', '.join('?' * 12)})", judged)  # noqa: S608

    def _judge(
        self,
        report: Report,
        people: set[str],
        documents: dict[str, Evidence],
        entries: dict[tuple[str, str, str], int],
    ) -> tuple[str, PeopleError | None]:
        document = report.evidence
        try:
            kind, _ = kind_of(self._policy, report.kind)
            if report.person not in people:
                raise NoSuchPerson(report.person)
            if document.kind not in kind.evidence:
                raise EvidenceKindWrong(kind.name, kind.evidence, document.kind)
            if report.occurred_ms > self._at_ms:
                raise Malformed("The time of what happened", report.occurred_ms, "no later than now")
        except PeopleError as refused:
            return "refused", refused
        known = documents.get(document.id) or self._document_before(document)
        if known != document:
            names = ("sha256", "kind", "title")
            differs = next(name for name in names if getattr(known, name) != getattr(document, name))
            return "conflicting", EvidenceDiffers(document.id, differs)
        occurred_ms = entries.get((report.person, report.kind, document.id))
        if occurred_ms is None:
            occurred_ms = self._entry_before(report)
        if occurred_ms is None:
            return "added", None
        if occurred_ms != report.occurred_ms:
            return "conflicting", EntryDiffers(report.kind, document.id)
        return "unchanged", None

    def _document_before(self, document: Evidence) -> Evidence:
        """The document of this id in a row before, which this one is if there was none."""
        held = (document.id, document.sha256, document.kind, document.title)
        self._scratch.execute("INSERT OR IGNORE INTO document VALUES (?, ?, ?, ?)", held)
        found = self._scratch.execute("SELECT * FROM document WHERE id = ?", (document.id,)).fetchone()
        return Evidence(*found)

    def _entry_before(self, report: Report) -> int | None:
        """When a row before says that the same happened; None where there was none."""
        key = (report.person, report.kind, report.evidence.id)
        query = "SELECT occurred_ms FROM entry WHERE person = ? AND kind = ? AND evidence = ?"
        found = self._scratch.execute(query, key).fetchone()
        if found is None:
            self._scratch.execute("INSERT INTO entry VALUES (?, ?, ?, ?)", (*key, report.occurred_ms))
            return None
        return found[0]

    def _people(self, ids: set[str]) -> set[str]:
        here = tables.person.c.id.in_(ids) & tables.person.c.left_at_ms.is_(None)
        return set(self._conn.execute(select(tables.person.c.id).where(here)).scalars())

    def _documents(self, ids: set[str]) -> dict[str, Evidence]:
        table = tables.evidence
        rows = self._conn.execute(select(table).where(table.c.id.in_(ids)))
        return {row.id: Evidence(row.id, row.sha256, row.kind, row.title) for row in rows}

    def _entries(self, evidence: set[str]) -> dict[tuple[str, str, str], int]:
        table, rules = tables.entry, self._policy.score
        here = table.c.evidence.in_(evidence) & (table.c.context == (rules.context if rules else ""))
        rows = self._conn.execute(
            select(table.c.person, table.c.kind, table.c.evidence, table.c.occurred_at_ms).where(here)
        )
        return {(person, kind, document): occurred_ms for person, kind, document, occurred_ms in rows}


def _table(lines: Iterable[str]) -> Iterator[tuple[int, dict[str, str] | PeopleError]]:
    """Each line's number and its fields by column, or why it could not be read."""
    reader = csv.reader(_bounded(lines), strict=True)
    header: list[str] | None = None
    while True:
        try:
            fields = next(reader)
        except StopIteration:
            break
        except csv.Error as error:
            yield reader.line_num, RowUnread(str(error))
            continue
        if header is None:
            header = _header(fields)
        elif fields and len(fields) != len(header):
            yield reader.line_num, RowUnread(f"it has {len(fields)} fields, and the first line names {len(header)}")
        elif fields:
            yield reader.line_num, dict(zip(header, fields, strict=True))
    if header is None:
        raise FileRefused("it is empty", ", ".join(COLUMNS))


def _header(fields: Sequence[str]) -> list[str]:
    names = [field.strip().removeprefix("\ufeff").lower() for field in fields]
    if sorted(names) != sorted(COLUMNS):
        raise FileRefused(f"its first line is {', '.join(names)[:200]!r}", ", ".join(COLUMNS))
    return names


def _bounded(lines: Iterable[str]) -> Iterator[str]:
    for number, line in enumerate(lines, 1):
        if len(line) > LONGEST_LINE:
            raise FileRefused(f"line {number} has more than {LONGEST_LINE} characters", ", ".join(COLUMNS))
        yield line


def _report(fields: dict[str, str]) -> Report | PeopleError:
    try:
        document = Evidence(
            shapes.said("The document's id", fields["evidence"], 100),
            shapes.sha256("The document's hash", fields["sha256"].strip().lower()),
            shapes.word("The document's kind", fields["evidence_kind"].strip()),
            shapes.said("The document's title", fields["title"], 200),
        )
        person = shapes.person_id(fields["person"].strip())
        return Report(person, shapes.word("The kind", fields["kind"].strip()), document, _moment(fields["occurred"]))
    except PeopleError as refused:
        return refused


def _moment(text: str) -> int:
    expected = "a time with its offset, such as 2026-06-06T10:00:00+02:00"
    try:
        told = datetime.fromisoformat(text.strip())
        if told.tzinfo is None:  # which hour a clock without a zone means is anybody's guess
            raise Malformed("The time of what happened", text, expected)
        return shapes.moment("The time of what happened", round(told.timestamp() * 1000))
    except (ValueError, OverflowError) as error:
        if isinstance(error, PeopleError):
            raise
        raise Malformed("The time of what happened", text, expected) from None


def _flat(report: Report) -> tuple[Any, ...]:
    document = report.evidence
    held = (document.id, document.sha256, document.kind, document.title)
    return (report.person, report.kind, *held, report.occurred_ms)


def _values(report: Report, policy: Policy, author: str, at_ms: int) -> dict[str, Any]:
    kind, rules = kind_of(policy, report.kind)
    return {
        "person": report.person,
        "context": rules.context,
        "kind": kind.name,
        "points": kind.points,
        "evidence": report.evidence.id,
        "author": author,
        "occurred_at_ms": report.occurred_ms,
        "recorded_at_ms": at_ms,
        "expires_at_ms": kind.expires_ms(report.occurred_ms),
    }


def _keep_documents(conn: Connection, documents: Sequence[Evidence]) -> None:
    table = tables.evidence
    wanted = {document.id: document for document in documents}
    known = set(conn.execute(select(table.c.id).where(table.c.id.in_(wanted))).scalars())
    new = [
        {"id": one.id, "sha256": one.sha256, "kind": one.kind, "title": one.title}
        for one in wanted.values()
        if one.id not in known
    ]
    if new:
        conn.execute(insert(table), new)


def _pieces(rows: Iterator[Row]) -> Iterator[list[Row]]:
    piece: list[Row] = []
    for row in rows:
        piece.append(row)
        if len(piece) == AT_ONCE:
            yield piece
            piece = []
    if piece:
        yield piece
