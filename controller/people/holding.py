"""What a person holds, an induction or a key: since when, until when, and on which evidence."""

from sqlalchemy import Connection

from ostiary.controller.people import spans
from ostiary.controller.people.spans import Span
from ostiary.controller.store import people_tables as tables


def add_holding(
    conn: Connection,
    person: str,
    name: str,
    evidence: str,
    author: str,
    at_ms: int,
    *,
    from_ms: int,
    until_ms: int | None = None,
) -> Span:
    """The person holds `name` (such as "laser-induction") from `from_ms` until before `until_ms`, or open-ended.

    `evidence` is the id of a document that was kept before. Raises `NoSuchPerson`, `EvidenceMissing`, `Malformed`.
    """
    table = tables.holding
    return spans.begin(
        conn,
        table,
        table.c.name,
        person=person,
        value=name,
        evidence=evidence,
        author=author,
        from_ms=from_ms,
        until_ms=until_ms,
        at_ms=at_ms,
    )


def end_holding(conn: Connection, holding: int, author: str, at_ms: int) -> Span:
    """End the holding with this number now. Raises `NoSuchSpan`, `Malformed`."""
    return spans.end(conn, tables.holding, tables.holding.c.name, holding, author, at_ms)


def holdings(conn: Connection, person: str) -> tuple[Span, ...]:
    """All holdings of a person, ended ones among them, as they were written."""
    return spans.spans(conn, tables.holding, tables.holding.c.name, person)
