"""Whether a person may pass at all: suspended for at most 72 hours in danger, or revoked until somebody reinstates.

Both are begun once and ended once, so that it can be told how a person stood at any time.
"""

from dataclasses import dataclass

from sqlalchemy import Connection, Table, insert, select, update

from ostiary.controller.people import shapes
from ostiary.controller.people.errors import NothingToLift, SuspensionRuns, SuspensionTooLong
from ostiary.controller.people.registry import person_here
from ostiary.controller.store import people_tables as tables
from ostiary.controller.store.people_tables import LONGEST_SUSPENSION_MS


@dataclass(frozen=True, slots=True)
class Suspension:
    """Nobody lets the person in from `at_ms` until before `until_ms`, unless it was lifted before that."""

    id: int
    person: str
    author: str
    why: str
    at_ms: int
    until_ms: int
    lifted_at_ms: int | None
    lifted_by: str | None

    @property
    def effective_until_ms(self) -> int:
        """When it ends or ended, for whichever reason came first."""
        return self.until_ms if self.lifted_at_ms is None else min(self.until_ms, self.lifted_at_ms)


@dataclass(frozen=True, slots=True)
class Revocation:
    """No door opens from `at_ms` until somebody reinstated the person at `lifted_at_ms`; None: it stands."""

    id: int
    person: str
    author: str
    why: str
    at_ms: int
    lifted_at_ms: int | None
    lifted_by: str | None


@dataclass(frozen=True, slots=True)
class Standing:
    """Every suspension and revocation of a person, the oldest first."""

    person: str
    suspensions: tuple[Suspension, ...] = ()
    revocations: tuple[Revocation, ...] = ()

    def suspended(self, at_ms: int) -> bool:
        until_ms = self.suspended_until_ms
        return until_ms is not None and at_ms < until_ms

    @property
    def suspended_until_ms(self) -> int | None:
        """When the last suspension ends or ended; None if there never was one."""
        return max((one.effective_until_ms for one in self.suspensions), default=None)

    @property
    def revoked(self) -> bool:
        return any(one.lifted_at_ms is None for one in self.revocations)


def suspend(conn: Connection, person: str, until_ms: int, author: str, why: str, at_ms: int) -> Standing:
    """Nobody lets the person in until `until_ms`, at most 72 hours from now.

    Raises `NoSuchPerson`, `SuspensionTooLong`, `SuspensionRuns`, `Malformed`.
    """
    known = standing_of(conn, person)
    lasts_ms = shapes.moment("The end", until_ms) - shapes.moment("The time", at_ms)
    if not 0 < lasts_ms <= LONGEST_SUSPENSION_MS:
        raise SuspensionTooLong(lasts_ms / 3_600_000)
    if known.suspended(at_ms):
        raise SuspensionRuns(person)
    return _begin(conn, tables.suspension, person, author, why, {"at_ms": at_ms, "until_ms": until_ms})


def lift(conn: Connection, person: str, author: str, at_ms: int) -> Standing:
    """The suspension ends now. Raises `NoSuchPerson`, `NothingToLift`, `Malformed`."""
    known = standing_of(conn, person)
    if not known.suspended(shapes.moment("The time", at_ms)):
        raise NothingToLift(person, "suspended")
    for one in known.suspensions:
        if one.lifted_at_ms is None and at_ms < one.until_ms:
            _end(conn, tables.suspension, one.id, author, max(at_ms, one.at_ms))
    return standing_of(conn, person)


def revoke(conn: Connection, person: str, author: str, why: str, at_ms: int) -> Standing:
    """No door opens for the person until they are reinstated; a revocation that stands stays as it was written.

    Raises `NoSuchPerson`, `Malformed`.
    """
    known = standing_of(conn, person)
    if known.revoked:
        return known
    return _begin(conn, tables.revocation, person, author, why, {"at_ms": shapes.moment("The time", at_ms)})


def reinstate(conn: Connection, person: str, author: str, at_ms: int) -> Standing:
    """The revocation ends. Raises `NoSuchPerson`, `NothingToLift`, `Malformed`."""
    known = standing_of(conn, person)
    if not known.revoked:
        raise NothingToLift(person, "revoked")
    shapes.moment("The time", at_ms)
    for one in known.revocations:
        if one.lifted_at_ms is None:
            # A clock that was set back must not keep somebody out.
            _end(conn, tables.revocation, one.id, author, max(at_ms, one.at_ms))
    return standing_of(conn, person)


def standing_of(conn: Connection, person: str) -> Standing:
    """How the person stands, and how they stood. Raises `NoSuchPerson`."""
    person_here(conn, person)
    return Standing(
        person,
        tuple(Suspension(**row) for row in _rows(conn, tables.suspension, person)),
        tuple(Revocation(**row) for row in _rows(conn, tables.revocation, person)),
    )


def _rows(conn: Connection, table: Table, person: str):
    return conn.execute(select(table).where(table.c.person == person).order_by(table.c.id)).mappings()


def _begin(conn: Connection, table: Table, person: str, author: str, why: str, times: dict[str, int]) -> Standing:
    said = {"author": shapes.said("The author", author, 100), "why": shapes.text("The reason", why, 500)}
    conn.execute(insert(table).values(person=person, **said, **times))
    return standing_of(conn, person)


def _end(conn: Connection, table: Table, number: int, author: str, at_ms: int) -> None:
    ended = {"lifted_at_ms": at_ms, "lifted_by": shapes.said("The author", author, 100)}
    conn.execute(update(table).where(table.c.id == number).values(**ended))
