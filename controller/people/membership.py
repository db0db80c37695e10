"""A person's memberships: in which state, since when, until when, and on which evidence."""

from sqlalchemy import Connection

from ostiary.controller.people import spans
from ostiary.controller.people.spans import Span
from ostiary.controller.store import people_tables as tables


def add_membership(
    conn: Connection,
    person: str,
    state: str,
    evidence: str,
    author: str,
    at_ms: int,
    *,
    from_ms: int,
    until_ms: int | None = None,
) -> Span:
    """The person is a member in this state (such as "active") from `from_ms` until before `until_ms`, or open-ended.

    `evidence` is the id of a document that was kept before. Raises `NoSuchPerson`, `EvidenceMissing`, `Malformed`.
    """
    table = tables.membership
    return spans.begin(
        conn,
        table,
        table.c.state,
        person=person,
        value=state,
        evidence=evidence,
        author=author,
        from_ms=from_ms,
        until_ms=until_ms,
        at_ms=at_ms,
    )


def end_membership(conn: Connection, membership: int, author: str, at_ms: int) -> Span:
    """End the membership with this number now. Raises `NoSuchSpan`, `Malformed`."""
    return spans.end(conn, tables.membership, tables.membership.c.state, membership, author, at_ms)


def memberships(conn: Connection, person: str) -> tuple[Span, ...]:
    """All memberships of a person, ended ones among them, as they were written."""
    return spans.spans(conn, tables.membership, tables.membership.c.state, person)
