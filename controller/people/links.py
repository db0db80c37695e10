"""One-time links by which an operator or a person sets their sign-in up, the first time or after they lost it."""

from dataclasses import dataclass

from sqlalchemy import Connection, insert, select, update

from ostiary.controller.people import secrets, shapes
from ostiary.controller.people.errors import LinkUsed
from ostiary.controller.store import signin_tables as tables

HOUR_MS = 3_600_000
GOOD_FOR_MS = 24 * HOUR_MS


@dataclass(frozen=True, slots=True)
class Link:
    """`owner` is None for the link of a site without operators, by which the first one is made."""

    id: int
    owner: str | None
    until_ms: int


def make(conn: Connection, owner: str | None, made_by: str, random: bytes, at_ms: int) -> str:
    """The token of a new link, shown once; an earlier link of the same owner is good no more."""
    table = tables.setup_link
    shapes.moment("The time", at_ms)
    same = table.c.owner.is_(None) if owner is None else table.c.owner == owner
    conn.execute(update(table).where(same, table.c.used_at_ms.is_(None)).values(used_at_ms=at_ms))
    token = secrets.token(random)
    values = {"owner": owner, "sha256": secrets.known_by(token), "made_by": made_by}
    conn.execute(insert(table).values(**values, made_at_ms=at_ms, until_ms=at_ms + GOOD_FOR_MS))
    return token


def good(conn: Connection, token: str, at_ms: int) -> Link:
    """The link of this token, used by nobody yet. Raises `LinkUsed` for any other, whatever is wrong with it."""
    table = tables.setup_link
    row = conn.execute(select(table).where(table.c.sha256 == secrets.known_by(token))).first()
    if row is None or row.used_at_ms is not None or row.until_ms <= at_ms:
        raise LinkUsed
    return Link(row.id, row.owner, row.until_ms)


def use(conn: Connection, link: Link, at_ms: int) -> None:
    """From the end of the caller's transaction on, the link is good for nobody. Raises `LinkUsed`."""
    table = tables.setup_link
    unused = (table.c.id == link.id) & table.c.used_at_ms.is_(None)
    if conn.execute(update(table).where(unused).values(used_at_ms=at_ms)).rowcount != 1:
        raise LinkUsed
