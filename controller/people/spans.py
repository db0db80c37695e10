"""What is true of a person for a time and rests on evidence: begun once, ended once, never rewritten."""

from dataclasses import dataclass

from sqlalchemy import Column, Connection, Table, insert, select, update

from ostiary.controller.people import shapes
from ostiary.controller.people.errors import Malformed, NoSuchSpan
from ostiary.controller.people.evidence import evidence_of
from ostiary.controller.people.registry import person_here


@dataclass(frozen=True, slots=True)
class Span:
    """`what` holds from `from_ms` until before `until_ms` (None: open), unless it was ended before that."""

    id: int
    person: str
    what: str
    evidence: str
    author: str
    recorded_at_ms: int
    from_ms: int
    until_ms: int | None
    ended_at_ms: int | None
    ended_by: str | None

    @property
    def effective_until_ms(self) -> int | None:
        """When it ceases or ceased to hold, for whichever reason came first; None for never."""
        ends = [at_ms for at_ms in (self.until_ms, self.ended_at_ms) if at_ms is not None]
        return min(ends, default=None)


def begin(
    conn: Connection,
    table: Table,
    what: Column[str],
    *,
    person: str,
    value: str,
    evidence: str,
    author: str,
    from_ms: int,
    until_ms: int | None,
    at_ms: int,
) -> Span:
    """Write a span down. Raises `NoSuchPerson`, `EvidenceMissing`, `Malformed`."""
    person_here(conn, person)
    shapes.moment("The beginning", from_ms)
    if until_ms is not None and shapes.moment("The end", until_ms) <= from_ms:
        raise Malformed("The end", until_ms, "later than the beginning")
    values = {
        "person": person,
        what.name: shapes.word(f"The {table.name}", value),
        "evidence": evidence_of(conn, evidence).id,
        "author": shapes.said("The author", author, 100),
        "recorded_at_ms": shapes.moment("The time", at_ms),
        "from_ms": from_ms,
        "until_ms": until_ms,
    }
    conn.execute(insert(table).values(**values))
    return spans(conn, table, what, person)[-1]


def end(conn: Connection, table: Table, what: Column[str], number: int, author: str, at_ms: int) -> Span:
    """End a span now; what it was stays written. Raises `NoSuchSpan`, `Malformed`."""
    running = (table.c.id == number) & table.c.ended_at_ms.is_(None)
    row = conn.execute(select(table.c.person).where(running)).first()
    if row is None:
        raise NoSuchSpan(table.name, number)
    values = {
        "ended_at_ms": shapes.moment("The time", at_ms),
        "ended_by": shapes.said("The author", author, 100),
    }
    conn.execute(update(table).where(running).values(**values))
    return next(one for one in spans(conn, table, what, row.person) if one.id == number)


def spans(conn: Connection, table: Table, what: Column[str], person: str) -> tuple[Span, ...]:
    """All spans of a person, ended ones among them, as they were written."""
    rows = conn.execute(select(table).where(table.c.person == person).order_by(table.c.id))
    return tuple(
        Span(
            *(row.id, row.person, getattr(row, what.name), row.evidence, row.author, row.recorded_at_ms),
            *(row.from_ms, row.until_ms, row.ended_at_ms, row.ended_by),
        )
        for row in rows
    )
