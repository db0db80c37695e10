"""Whether a person may pass at all: suspended for at most 72 hours in danger, or revoked until somebody reinstates."""

from dataclasses import dataclass

from sqlalchemy import Connection, insert, select, update

from ostiary.controller.people import shapes
from ostiary.controller.people.errors import NothingToLift, SuspensionRuns, SuspensionTooLong
from ostiary.controller.people.registry import person_here
from ostiary.controller.store import people_tables as tables
from ostiary.controller.store.people_tables import LONGEST_SUSPENSION_MS


@dataclass(frozen=True, slots=True)
class Standing:
    """The last suspension and the revocation of a person, each None throughout if there is none."""

    person: str
    suspended_at_ms: int | None = None
    suspended_until_ms: int | None = None
    suspended_by: str | None = None
    suspended_why: str | None = None
    revoked_at_ms: int | None = None
    revoked_by: str | None = None
    revoked_why: str | None = None

    def suspended(self, at_ms: int) -> bool:
        return self.suspended_until_ms is not None and at_ms < self.suspended_until_ms

    @property
    def revoked(self) -> bool:
        return self.revoked_at_ms is not None


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
    values = {
        "suspended_at_ms": at_ms,
        "suspended_until_ms": until_ms,
        "suspended_by": shapes.said("The author", author, 100),
        "suspended_why": shapes.text("The reason", why, 500),
    }
    return _write(conn, person, values, at_ms)


def lift(conn: Connection, person: str, at_ms: int) -> Standing:
    """The suspension ends now. Raises `NoSuchPerson`, `NothingToLift`, `Malformed`."""
    if not standing_of(conn, person).suspended(shapes.moment("The time", at_ms)):
        raise NothingToLift(person, "suspended")
    names = ("suspended_at_ms", "suspended_until_ms", "suspended_by", "suspended_why")
    return _write(conn, person, dict.fromkeys(names), at_ms)


def revoke(conn: Connection, person: str, author: str, why: str, at_ms: int) -> Standing:
    """No door opens for the person until they are reinstated; a revocation that stands stays as it was written.

    Raises `NoSuchPerson`, `Malformed`.
    """
    known = standing_of(conn, person)
    if known.revoked:
        return known
    values = {
        "revoked_at_ms": shapes.moment("The time", at_ms),
        "revoked_by": shapes.said("The author", author, 100),
        "revoked_why": shapes.text("The reason", why, 500),
    }
    return _write(conn, person, values, at_ms)


def reinstate(conn: Connection, person: str, at_ms: int) -> Standing:
    """The revocation ends. Raises `NoSuchPerson`, `NothingToLift`, `Malformed`."""
    if not standing_of(conn, person).revoked:
        raise NothingToLift(person, "revoked")
    names = ("revoked_at_ms", "revoked_by", "revoked_why")
    return _write(conn, person, dict.fromkeys(names), shapes.moment("The time", at_ms))


def standing_of(conn: Connection, person: str) -> Standing:
    """How the person stands. Raises `NoSuchPerson`."""
    person_here(conn, person)
    row = conn.execute(select(tables.standing).where(tables.standing.c.person == person)).mappings().first()
    return Standing(person) if row is None else Standing(**{key: row[key] for key in row if key != "at_ms"})


def _write(conn: Connection, person: str, values: dict[str, int | str] | dict[str, None], at_ms: int) -> Standing:
    here = tables.standing.c.person == person
    known = conn.execute(select(tables.standing.c.person).where(here)).first()
    write = insert(tables.standing).values(person=person) if known is None else update(tables.standing).where(here)
    conn.execute(write.values(**values, at_ms=at_ms))
    return standing_of(conn, person)
