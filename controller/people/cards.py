"""A person's cards: known by a tag that the keeper makes of the number, so that no number is kept here."""

from dataclasses import dataclass

from sqlalchemy import Connection, insert, select, update

from ostiary.controller.people import shapes
from ostiary.controller.people.errors import CardAlreadyAdded, NoSuchCard, TagTaken
from ostiary.controller.people.registry import person_here
from ostiary.controller.store import people_tables as tables


@dataclass(frozen=True, slots=True)
class Card:
    """A card; `revoked_at_ms` is None as long as it opens doors."""

    id: int
    person: str
    tag: str
    label: str
    at_ms: int
    revoked_at_ms: int | None


def add_card(conn: Connection, person: str, tag: str, label: str, at_ms: int, *, sealed: bytes | None = None) -> Card:
    """Give the person a card, by the tag (64 hex digits) that the keeper's act `card-tag` made of its number, and with
    the number as that act sealed it. A card without it opens nothing where a door decides alone.

    A revoked card may be given out again. Raises `NoSuchPerson`, `Malformed`, `CardAlreadyAdded`, `TagTaken`.
    """
    person_here(conn, person)
    shapes.sha256("The card's tag", tag)
    here = (tables.card.c.tag == tag) & tables.card.c.revoked_at_ms.is_(None)
    held = conn.execute(select(tables.card).where(here)).first()
    if held is not None and held.person == person:
        raise CardAlreadyAdded(person, held.label)
    if held is not None:
        raise TagTaken(held.person)
    label = shapes.said("The card's label", label, 80)
    values = {"person": person, "tag": tag, "label": label, "at_ms": shapes.moment("The time", at_ms)}
    values["sealed"] = sealed
    conn.execute(insert(tables.card).values(**values))
    return cards(conn, person)[-1]


def revoke_card(conn: Connection, card: int, at_ms: int) -> Card:
    """The card with this number opens nothing any more. Raises `NoSuchCard`, `Malformed`."""
    here = (tables.card.c.id == card) & tables.card.c.revoked_at_ms.is_(None)
    held = conn.execute(select(tables.card).where(here)).first()
    if held is None:
        raise NoSuchCard(card)
    at_ms = max(shapes.moment("The time", at_ms), held.at_ms)  # a clock set back must not keep a lost card alive
    conn.execute(update(tables.card).where(here).values(revoked_at_ms=at_ms))
    return next(one for one in cards(conn, held.person) if one.id == card)


def cards(conn: Connection, person: str) -> tuple[Card, ...]:
    """The person's cards, revoked ones among them, the oldest first."""
    rows = conn.execute(select(tables.card).where(tables.card.c.person == person).order_by(tables.card.c.id))
    return tuple(Card(row.id, row.person, row.tag, row.label, row.at_ms, row.revoked_at_ms) for row in rows)
