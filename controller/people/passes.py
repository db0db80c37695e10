"""Visitors' passes: whose each is, for which doors, from when until when. The keeper signs them; here each is an id."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from ostiary.controller.people import shapes
from ostiary.controller.people.errors import Malformed, NoSuchPass
from ostiary.controller.people.registry import person_here
from ostiary.controller.store.credential_tables import LONGEST_MS, visitor_pass
from ostiary.protocol import base64url, passes
from ostiary.protocol.errors import Refused


@dataclass(frozen=True, slots=True)
class Pass:
    """A pass; `code` is its id in base64url (16 random bytes), `single` lets it in once while the keeper is there."""

    id: int
    person: str
    code: str
    doors: tuple[str, ...]
    from_ms: int
    until_ms: int
    single: bool
    at_ms: int
    revoked_at_ms: int | None


def add_pass(
    conn: Connection,
    site: str,
    person: str,
    code: str,
    doors: Sequence[str],
    from_s: int,
    until_s: int,
    author: str,
    at_ms: int,
    *,
    single: bool,
) -> Pass:
    """Give the person a pass with this id for these doors, from `from_s` until before `until_s` (Unix seconds), at
    most 31 days. Raises `NoSuchPerson`, `Malformed`."""
    person_here(conn, person)
    try:
        passes.payload(site, base64url.decode(code), doors, from_s, until_s)
    except Refused as refused:
        expected = f"an id, 1 to {passes.MOST_DOORS} doors and a time that ends after it begins ({refused.detail})"
        raise Malformed("The pass", " ".join(doors), expected) from refused
    if (until_s - from_s) * 1000 > LONGEST_MS:
        raise Malformed("The pass's time", f"{(until_s - from_s) // 86_400} days", "at most 31 days: it is for a visit")
    values: dict[str, Any] = {"person": person, "code": code, "doors": " ".join(doors), "single": int(single)}
    values |= {"from_ms": from_s * 1000, "until_ms": until_s * 1000, "at_ms": shapes.moment("The time", at_ms)}
    conn.execute(insert(visitor_pass).values(author=shapes.said("The author", author, 100), **values))
    return next(one for one in passes_of(conn, person) if one.code == code)


def revoke_pass(conn: Connection, number: int, author: str, at_ms: int) -> Pass:
    """The pass with this number opens nothing any more. Raises `NoSuchPass`, `Malformed`."""
    here = (visitor_pass.c.id == number) & visitor_pass.c.revoked_at_ms.is_(None)
    held = conn.execute(select(visitor_pass).where(here)).first()
    if held is None:
        raise NoSuchPass(number)
    at_ms = max(shapes.moment("The time", at_ms), held.at_ms)  # a clock set back must not keep a lost pass alive
    author = shapes.said("The author", author, 100)
    conn.execute(update(visitor_pass).where(here).values(revoked_at_ms=at_ms, revoked_by=author))
    return next(one for one in passes_of(conn, held.person) if one.id == number)


def passes_of(conn: Connection, person: str | None = None) -> tuple[Pass, ...]:
    """The person's passes, or everybody's; revoked and past ones among them, the oldest first."""
    rows = select(visitor_pass).order_by(visitor_pass.c.id)
    return tuple(map(_read, conn.execute(rows if person is None else rows.where(visitor_pass.c.person == person))))


def _read(row: Row[tuple]) -> Pass:
    return Pass(
        row.id,
        row.person,
        row.code,
        tuple(row.doors.split(" ")),
        row.from_ms,
        row.until_ms,
        bool(row.single),
        row.at_ms,
        row.revoked_at_ms,
    )
