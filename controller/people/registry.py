"""Who the persons of a site are: adding, finding and naming them."""

import base64
import unicodedata
from dataclasses import dataclass

from sqlalchemy import Connection, Row, insert, select, update

from ostiary.controller.people import shapes
from ostiary.controller.people.errors import Malformed, NoSuchPerson, PersonAlreadyHere
from ostiary.controller.store import people_tables as tables


@dataclass(frozen=True, slots=True)
class Person:
    """A person who is here: id, name, and since when (Unix milliseconds)."""

    id: str
    name: str
    created_at_ms: int


def new_id(random: bytes) -> str:
    """A person's id from 10 random bytes: "p-" and 16 letters of base32. Raises `Malformed` for fewer or more."""
    if len(random) != 10:
        raise Malformed("The randomness for an id", f"of {len(random)} bytes", "10 bytes")
    return "p-" + base64.b32encode(random).decode().lower()


def ever_here(conn: Connection) -> tuple[str, ...]:
    """The ids of everybody, of those who have left too."""
    return tuple(conn.execute(select(tables.person.c.id)).scalars())


def add(conn: Connection, person: str, name: str, at_ms: int) -> Person:
    """A new person under an id from `new_id`. Raises `Malformed` and `PersonAlreadyHere`."""
    shapes.person_id(person)
    new = Person(person, shapes.said("The name", name, 200), shapes.moment("The time", at_ms))
    known = conn.execute(select(tables.person.c.id).where(tables.person.c.id == person)).first()
    if known is not None:
        raise PersonAlreadyHere(person)
    conn.execute(insert(tables.person).values(id=person, name=new.name, created_at_ms=at_ms))
    return new


def rename(conn: Connection, person: str, name: str) -> Person:
    """The person under the name they want to have. Raises `NoSuchPerson` and `Malformed`."""
    known = person_here(conn, person)
    wanted = shapes.said("The name", name, 200)
    if wanted != known.name:
        conn.execute(update(tables.person).where(tables.person.c.id == person).values(name=wanted))
    return Person(person, wanted, known.created_at_ms)


def person_here(conn: Connection, person: str) -> Person:
    """The person with this id. Raises `NoSuchPerson`, also for one who left."""
    here = (tables.person.c.id == person) & tables.person.c.left_at_ms.is_(None)
    row = conn.execute(select(tables.person).where(here)).first()
    if row is None:
        raise NoSuchPerson(person)
    return _read(row)


def everybody(conn: Connection) -> tuple[Person, ...]:
    """All who are here, by name as a reader of names would sort them."""
    rows = conn.execute(select(tables.person).where(tables.person.c.left_at_ms.is_(None)))
    return tuple(sorted((_read(row) for row in rows), key=lambda person: (_folded(person.name), person.id)))


def find(conn: Connection, words: str) -> tuple[Person, ...]:
    """Those whose name holds each of the words, whatever case and accents, or whose id is `words`; sorted by name."""
    sought = _folded(words).split()
    return tuple(
        person
        for person in everybody(conn)
        if sought and (person.id == words.strip() or all(part in _folded(person.name) for part in sought))
    )


def _read(row: Row[tuple[str, str, int]]) -> Person:
    return Person(row.id, row.name, row.created_at_ms)


def _folded(name: str) -> str:
    """Without case and accents, so that "ozgur" finds "Özgür": SQLite itself folds ASCII only."""
    parts = unicodedata.normalize("NFKD", name)
    return "".join(part for part in parts if not unicodedata.combining(part)).casefold()
