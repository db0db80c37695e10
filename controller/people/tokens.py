"""Tokens of the JSON API: each belongs to an operator, is for the deeds that it names, and is kept by its hash."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, Row, insert, select, update

from ostiary.controller.people import secrets, shapes
from ostiary.controller.people.errors import Malformed, NoSuchToken, ScopeTooWide
from ostiary.controller.people.operators import Operator
from ostiary.controller.people.roles import DEEDS, may
from ostiary.controller.store import signin_tables as tables

PREFIX = "ostiary_"
DAY_MS = 86_400_000
LONGEST_DAYS = 366


@dataclass(frozen=True, slots=True)
class Token:
    """`scopes` are deeds; it may do those of them that its owner may at that time."""

    id: int
    owner: str
    label: str
    scopes: frozenset[str]
    made_at_ms: int
    until_ms: int
    revoked_at_ms: int | None
    seen_at_ms: int | None

    def live(self, at_ms: int) -> bool:
        return self.revoked_at_ms is None and at_ms < self.until_ms


def add(
    conn: Connection, owner: Operator, label: str, scopes: Iterable[str], days: int, random: bytes, at_ms: int
) -> tuple[Token, str]:
    """A new token and its text, shown once. Raises `Malformed` for an unknown scope or days, and `ScopeTooWide`."""
    wanted = frozenset(scopes)
    if not wanted or not wanted <= set(DEEDS):
        raise Malformed("The scopes", " ".join(sorted(wanted)) or "none", f"one or more of {', '.join(DEEDS)}")
    if wide := sorted(deed for deed in wanted if not may(owner.roles, deed)):
        raise ScopeTooWide(wide)
    if not 1 <= days <= LONGEST_DAYS:
        raise Malformed("The days", days, f"from 1 to {LONGEST_DAYS}")
    text = secrets.token(random, PREFIX)
    values = {"owner": owner.id, "sha256": secrets.known_by(text), "scopes": " ".join(sorted(wanted))}
    values["label"] = shapes.said("What the token is for", label, 80)
    conn.execute(insert(tables.api_token).values(**values, made_at_ms=at_ms, until_ms=at_ms + days * DAY_MS))
    return tokens(conn, owner.id)[-1], text


def tokens(conn: Connection, owner: str | None = None) -> tuple[Token, ...]:
    """An operator's tokens, or everybody's, in the order in which they were made."""
    table = tables.api_token
    wanted = select(table).order_by(table.c.id)
    return tuple(_read(row) for row in conn.execute(wanted if owner is None else wanted.where(table.c.owner == owner)))


def token_with(conn: Connection, text: str) -> Token | None:
    """The token with this text, live or not."""
    row = conn.execute(select(tables.api_token).where(tables.api_token.c.sha256 == secrets.known_by(text))).first()
    return None if row is None else _read(row)


def seen(conn: Connection, token: int, at_ms: int) -> None:
    conn.execute(update(tables.api_token).where(tables.api_token.c.id == token).values(seen_at_ms=at_ms))


def revoke(conn: Connection, owner: str, token: int, at_ms: int) -> Token:
    """Good for nothing from now on. Raises `NoSuchToken`, also for somebody else's."""
    found = next((one for one in tokens(conn, owner) if one.id == token), None)
    if found is None or found.revoked_at_ms is not None:
        raise NoSuchToken
    conn.execute(update(tables.api_token).where(tables.api_token.c.id == token).values(revoked_at_ms=at_ms))
    return found


def _read(row: Row) -> Token:
    scopes = frozenset(row.scopes.split())
    return Token(row.id, row.owner, row.label, scopes, row.made_at_ms, row.until_ms, row.revoked_at_ms, row.seen_at_ms)
