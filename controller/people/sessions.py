"""Sessions of operators and persons: a row each, over when it is ended, when it idles, or after half a day."""

from dataclasses import dataclass

from sqlalchemy import Connection, Row, delete, insert, select, update

from ostiary.controller.people import secrets
from ostiary.controller.people.errors import NoSuchSession
from ostiary.controller.store import signin_tables as tables

MINUTE_MS = 60_000
# NIST SP 800-63B-4, 2.2.3 (AAL2): at most 24 hours in all, and an hour without a sign of life.
LASTS_MS = 12 * 60 * MINUTE_MS
IDLE_MS = 60 * MINUTE_MS
SEEN_EVERY_MS = MINUTE_MS
KEPT_MS = 30 * 24 * 60 * MINUTE_MS
MOST_AT_ONCE = 20


@dataclass(frozen=True, slots=True)
class Session:
    """`way` is how it began: passkey, password, recovery or setup; its owner knows it by `agent` and `address`."""

    id: int
    owner: str
    way: str
    agent: str
    address: str
    purpose: str | None
    made_at_ms: int
    seen_at_ms: int
    until_ms: int
    ended_at_ms: int | None

    def live(self, at_ms: int) -> bool:
        return self.ended_at_ms is None and at_ms < self.until_ms and at_ms - self.seen_at_ms < IDLE_MS


def begin(conn: Connection, owner: str, way: str, agent: str, address: str, random: bytes, at_ms: int) -> str:
    """The token of a new session, for its cookie. The oldest ends where the owner would have more than
    `MOST_AT_ONCE`; what is over for `KEPT_MS` is forgotten."""
    table = tables.session
    conn.execute(delete(table).where(table.c.until_ms < at_ms - KEPT_MS))
    for old in [one for one in sessions(conn, owner) if one.ended_at_ms is None][MOST_AT_ONCE - 1 :]:
        _end(conn, old.id, at_ms)
    token = secrets.token(random)
    values = {
        "owner": owner,
        "sha256": secrets.known_by(token),
        "way": way,
        "agent": agent[:80],
        "address": address[:64],
    }
    conn.execute(insert(table).values(**values, made_at_ms=at_ms, seen_at_ms=at_ms, until_ms=at_ms + LASTS_MS))
    return token


def session_with(conn: Connection, token: str) -> Session | None:
    """The session of this token, live or not."""
    row = conn.execute(select(tables.session).where(tables.session.c.sha256 == secrets.known_by(token))).first()
    return None if row is None else _read(row)


def sessions(conn: Connection, owner: str) -> tuple[Session, ...]:
    """All of this owner that are kept, the newest first."""
    table = tables.session
    return tuple(_read(row) for row in conn.execute(select(table).where(table.c.owner == owner).order_by(-table.c.id)))


def seen(conn: Connection, session: int, at_ms: int) -> None:
    conn.execute(update(tables.session).where(tables.session.c.id == session).values(seen_at_ms=at_ms))


def set_purpose(conn: Connection, session: int, purpose: str | None) -> None:
    conn.execute(update(tables.session).where(tables.session.c.id == session).values(purpose=purpose))


def end(conn: Connection, owner: str, session: int, at_ms: int) -> None:
    """Raises `NoSuchSession`, also for somebody else's."""
    found = next((one for one in sessions(conn, owner) if one.id == session), None)
    if found is None:
        raise NoSuchSession
    if found.ended_at_ms is None:
        _end(conn, session, at_ms)


def end_others(conn: Connection, owner: str, but: int | None, at_ms: int) -> int:
    """End every session of this owner but one; says how many that were."""
    live = [one.id for one in sessions(conn, owner) if one.live(at_ms) and one.id != but]
    for session in live:
        _end(conn, session, at_ms)
    return len(live)


def _end(conn: Connection, session: int, at_ms: int) -> None:
    conn.execute(update(tables.session).where(tables.session.c.id == session).values(ended_at_ms=at_ms))


def _read(row: Row) -> Session:
    known = (row.id, row.owner, row.way, row.agent, row.address, row.purpose)
    return Session(*known, row.made_at_ms, row.seen_at_ms, row.until_ms, row.ended_at_ms)
