"""Who has more time at a door. It is a wish, not a reason: nobody writes down why, and no answer ever says it."""

from sqlalchemy import Connection, insert, select, update

from ostiary.controller.people import shapes
from ostiary.controller.people.registry import person_here
from ostiary.controller.store import people_tables as tables


def has_more_time(conn: Connection, person: str) -> bool:
    """Whether doors stay open longer for this person. Raises `NoSuchPerson`."""
    person_here(conn, person)
    here = (tables.more_time.c.person == person) & tables.more_time.c.ended_at_ms.is_(None)
    return conn.execute(select(tables.more_time.c.id).where(here)).first() is not None


def give_more_time(conn: Connection, person: str, author: str, at_ms: int) -> None:
    """Doors stay open longer for this person from now on; again changes nothing. Raises `NoSuchPerson`, `Malformed`."""
    if not has_more_time(conn, person):
        values = {"author": shapes.said("The author", author, 100), "at_ms": shapes.moment("The time", at_ms)}
        conn.execute(insert(tables.more_time).values(person=person, **values))


def end_more_time(conn: Connection, person: str, author: str, at_ms: int) -> None:
    """As for everybody, from now on; again changes nothing. Raises `NoSuchPerson`, `Malformed`."""
    person_here(conn, person)
    shapes.moment("The time", at_ms)
    table = tables.more_time
    here = (table.c.person == person) & table.c.ended_at_ms.is_(None)
    for row in conn.execute(select(table).where(here)).all():
        ended = {"ended_at_ms": max(at_ms, row.at_ms), "ended_by": shapes.said("The author", author, 100)}
        conn.execute(update(table).where(table.c.id == row.id).values(**ended))
