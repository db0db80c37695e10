"""A person's consent to face recognition: given for one notice, withdrawn at any time with all that rests on it."""

from dataclasses import dataclass

from sqlalchemy import Connection, func, insert, select, update

from ostiary.controller.people import shapes
from ostiary.controller.people.errors import ConsentAlreadyGiven, NoConsent
from ostiary.controller.people.notice import Notice
from ostiary.controller.people.registry import person_here
from ostiary.controller.store import people_tables as tables


@dataclass(frozen=True, slots=True)
class Consent:
    """What was agreed to and when; `withdrawn_at_ms` is None as long as it stands."""

    id: int
    person: str
    notice_version: str
    notice_sha256: str
    release: str
    given_at_ms: int
    withdrawn_at_ms: int | None


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """What a withdrawal did: the consent as it is now, and how many templates it took along."""

    consent: Consent
    templates: int


def give(conn: Connection, person: str, notice: Notice, at_ms: int) -> Consent:
    """The person agrees to the release of this notice. Raises `NoSuchPerson`, `ConsentAlreadyGiven`, `Malformed`."""
    person_here(conn, person)
    shapes.moment("The time", at_ms)
    if live(conn, person) is not None:
        raise ConsentAlreadyGiven(person)
    values = {
        "person": person,
        "kind": "face",
        "notice_version": shapes.said("The notice's version", notice.version, 40),
        "notice_sha256": shapes.sha256("The notice's hash", notice.sha256),
        "release": shapes.text("The release", notice.release, 2000),
        "given_at_ms": at_ms,
    }
    conn.execute(insert(tables.consent).values(**values))
    return standing_consent(conn, person)


def withdraw(conn: Connection, person: str, at_ms: int) -> Withdrawn:
    """End the person's consent and delete their templates, in this transaction.

    Two things remain for the caller when it has committed: `people_db.scrub`, which takes the deleted bytes out of
    the files, and the keeper's act `withdraw-face`, which destroys the person's key. Raises `NoConsent`, `Malformed`.
    """
    standing = standing_consent(conn, person)
    at_ms = max(shapes.moment("The time", at_ms), standing.given_at_ms)  # a clock set back must not keep a face
    count = select(func.count()).select_from(tables.template).where(tables.template.c.person == person)
    templates = conn.execute(count).scalar_one()
    # A trigger deletes the templates, so that no other way to withdraw can forget them.
    conn.execute(update(tables.consent).where(tables.consent.c.id == standing.id).values(withdrawn_at_ms=at_ms))
    return Withdrawn(consents(conn, person)[-1], templates)


def live(conn: Connection, person: str) -> Consent | None:
    """The consent that stands, or None."""
    return next((one for one in consents(conn, person) if one.withdrawn_at_ms is None), None)


def standing_consent(conn: Connection, person: str) -> Consent:
    """The consent that stands. Raises `NoConsent`."""
    standing = live(conn, person)
    if standing is None:
        raise NoConsent(person)
    return standing


def consents(conn: Connection, person: str) -> tuple[Consent, ...]:
    """All consents of a person, the oldest first."""
    rows = conn.execute(select(tables.consent).where(tables.consent.c.person == person).order_by(tables.consent.c.id))
    return tuple(
        Consent(
            *(row.id, row.person, row.notice_version, row.notice_sha256, row.release),
            *(row.given_at_ms, row.withdrawn_at_ms),
        )
        for row in rows
    )
