"""The ledger behind a person's score: entries with evidence, written once, contested and cancelled but never erased.

What an entry weighs is the policy's business (`policy/score.py`); here it is only made sure that there is one entry
for what happened once, and that it rests on a document of the kind that the policy asks for.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import Connection, insert, select, update

from ostiary.controller.people import shapes
from ostiary.controller.people.errors import (
    AlreadyContested,
    EntryCancelled,
    EntryDiffers,
    EvidenceKindWrong,
    Malformed,
    NoSuchEntry,
    NotContested,
)
from ostiary.controller.people.evidence import evidence_of
from ostiary.controller.people.registry import person_here
from ostiary.controller.store import people_tables as tables

if TYPE_CHECKING:
    from ostiary.controller.policy.entry_kind import EntryKind


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """An entry as it stands: times in Unix milliseconds, `expires_at_ms` None for an award that stays."""

    id: int
    person: str
    context: str
    kind: str
    points: int
    evidence: str
    author: str
    occurred_at_ms: int
    recorded_at_ms: int
    expires_at_ms: int | None
    contested_at_ms: int | None
    upheld_at_ms: int | None
    cancelled_at_ms: int | None
    cancelled_why: str | None


def record(
    conn: Connection,
    person: str,
    kind: "EntryKind",
    context: str,
    evidence: str,
    author: str,
    occurred_at_ms: int,
    at_ms: int,
) -> LedgerEntry:
    """Record what happened, with the points and the life that the policy's `kind` gives it now.

    A document gives one entry of a kind to a person: recording it again returns the entry that stands, whatever the
    policy gives by now. Raises `NoSuchPerson`, `EvidenceMissing`, `EvidenceKindWrong`, `EntryDiffers`, `Malformed`.
    """
    person_here(conn, person)
    rests_on = evidence_of(conn, evidence)
    if rests_on.kind not in kind.evidence:
        raise EvidenceKindWrong(kind.name, kind.evidence, rests_on.kind)
    if shapes.moment("The time of what happened", occurred_at_ms) > shapes.moment("The time", at_ms):
        raise Malformed("The time of what happened", occurred_at_ms, "no later than now")
    once = {"person": person, "context": shapes.word("The context", context), "kind": kind.name, "evidence": evidence}
    known = conn.execute(select(tables.entry).filter_by(**once)).first()
    if known is not None and known.occurred_at_ms != occurred_at_ms:
        raise EntryDiffers(kind.name, evidence)
    if known is not None:
        return entry_of(conn, known.id)
    values = {
        "points": kind.points,
        "author": shapes.said("The author", author, 100),
        "occurred_at_ms": occurred_at_ms,
        "recorded_at_ms": at_ms,
        "expires_at_ms": kind.expires_ms(occurred_at_ms),
    }
    conn.execute(insert(tables.entry).values(**once, **values))
    return ledger(conn, person)[-1]


def contest(conn: Connection, entry: int, at_ms: int) -> LedgerEntry:
    """The person challenges the entry; a penalty counts no more until it is upheld.

    Raises `NoSuchEntry`, `EntryCancelled`, `AlreadyContested`, `Malformed`.
    """
    known = _open(conn, entry)
    if known.contested_at_ms is not None:
        raise AlreadyContested(entry)
    return _mark(conn, known, {"contested_at_ms": _not_before(at_ms, known.recorded_at_ms)})


def uphold(conn: Connection, entry: int, at_ms: int) -> LedgerEntry:
    """A reviewer found the contested entry right; it counts again.

    Raises `NoSuchEntry`, `EntryCancelled`, `NotContested`, `Malformed`.
    """
    known = _open(conn, entry)
    if known.contested_at_ms is None or known.upheld_at_ms is not None:
        raise NotContested(entry)
    return _mark(conn, known, {"upheld_at_ms": _not_before(at_ms, known.contested_at_ms)})


def cancel(conn: Connection, entry: int, why: str, at_ms: int) -> LedgerEntry:
    """The entry counts no more, for good; it stays in the ledger with the reason (1 to 500 characters).

    Raises `NoSuchEntry`, `EntryCancelled`, `Malformed`.
    """
    known = _open(conn, entry)
    reason = shapes.text("The reason", why, 500)
    at_ms = _not_before(at_ms, known.recorded_at_ms)
    return _mark(conn, known, {"cancelled_at_ms": at_ms, "cancelled_why": reason})


def ledger(conn: Connection, person: str) -> tuple[LedgerEntry, ...]:
    """The person's entries, cancelled ones among them, in the order in which they were recorded."""
    rows = conn.execute(select(tables.entry).where(tables.entry.c.person == person).order_by(tables.entry.c.id))
    return tuple(LedgerEntry(**row) for row in rows.mappings())


def entry_of(conn: Connection, entry: int) -> LedgerEntry:
    """The entry with this number. Raises `NoSuchEntry`."""
    row = conn.execute(select(tables.entry).where(tables.entry.c.id == entry)).mappings().first()
    if row is None:
        raise NoSuchEntry(entry)
    return LedgerEntry(**row)


def _open(conn: Connection, entry: int) -> LedgerEntry:
    known = entry_of(conn, entry)
    if known.cancelled_at_ms is not None:
        raise EntryCancelled(entry)
    return known


def _not_before(at_ms: int, earlier_ms: int) -> int:
    # A clock that was set back must not keep a person from contesting, or an error from being cancelled.
    return max(shapes.moment("The time", at_ms), earlier_ms)


def _mark(conn: Connection, entry: LedgerEntry, values: dict[str, int] | dict[str, int | str]) -> LedgerEntry:
    conn.execute(update(tables.entry).where(tables.entry.c.id == entry.id).values(**values))
    return entry_of(conn, entry.id)
