"""A person leaves: everything of theirs is removed except what the log keeps."""

from dataclasses import dataclass

from sqlalchemy import Connection, delete, func, select, update

from ostiary.controller.people import shapes
from ostiary.controller.people.evidence import cited_by, forget_uncited
from ostiary.controller.people.registry import person_here
from ostiary.controller.store import credential_tables
from ostiary.controller.store import people_tables as tables
from ostiary.controller.store.attachment_tables import attachment

_THEIRS = (
    attachment,  # before the contests that they belong to
    *(tables.contest, tables.consent, tables.card, tables.membership, tables.holding, tables.entry),
    *(tables.suspension, tables.revocation, tables.more_time, tables.template),
    *(credential_tables.visitor_pass, credential_tables.pin),
)


@dataclass(frozen=True, slots=True)
class Left:
    """What was removed: rows by table, and documents that rested on nobody else."""

    person: str
    at_ms: int
    removed: dict[str, int]


def leave(conn: Connection, person: str, at_ms: int) -> Left:
    """Remove the person's name, consent, templates, cards, passes and PIN, memberships, holdings, entries, contests and
    standing.

    The id stays with the date, because records in the log bear it, and one line of the change feed, so that whoever
    follows learns of it. Cards open nothing from now on and may be given to others. When this has committed, run
    `people_db.scrub` and ask the keeper for `withdraw-face`. Raises `NoSuchPerson`, `Malformed`.
    """
    person_here(conn, person)
    shapes.moment("The time", at_ms)
    theirs = tables.person.c.id == person
    removed = {
        table.name: conn.execute(select(func.count()).select_from(table).where(table.c.person == person)).scalar_one()
        for table in _THEIRS
    }
    cited = cited_by(conn, person)
    # First of all: the guards let rows go only when their person has left.
    conn.execute(update(tables.person).where(theirs).values(name=None, left_at_ms=at_ms))
    for table in _THEIRS:
        conn.execute(delete(table).where(table.c.person == person))
    removed["evidence"] = forget_uncited(conn, cited)
    feed = tables.change
    last = select(func.max(feed.c.seq)).where(feed.c.person == person).scalar_subquery()
    conn.execute(delete(feed).where(feed.c.person == person, feed.c.seq < last))
    return Left(person, at_ms, removed)
