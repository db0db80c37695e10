"""The list of people for reading: sorted and searchable in memory, and read again only when somebody changed."""

import threading
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, func, select

from ostiary.controller.people import following, registry
from ostiary.controller.store import people_tables as tables
from ostiary.controller.web.views import Listed

PAGE = 50
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class Found:
    """A page of people: `total` are all that match, `following` is the page after this one, or None."""

    people: tuple[Listed, ...]
    total: int
    at: int
    following: int | None


class Directory:
    """Asked from any thread."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._seen = -1
        self._everybody: tuple[tuple[str, registry.Person], ...] = ()

    def find(self, words: str, at: int, at_ms: int) -> Found:
        """The page that begins at `at` of those whose name holds each word, or whose id is `words`; by name."""
        with self._engine.begin() as conn:
            everybody = self._known(conn)
            sought = registry.folded(words[:_LONGEST]).split()
            matching = [
                person
                for name, person in everybody
                if not sought or person.id == words.strip() or all(part in name for part in sought)
            ]
            at = min(max(at, 0), max(len(matching) - 1, 0)) // PAGE * PAGE
            shown = matching[at : at + PAGE]
            more = at + PAGE if at + PAGE < len(matching) else None
            return Found(tuple(_listed(conn, shown, at_ms)), len(matching), at, more)

    def names(self) -> dict[str, str]:
        """The names of all who are here, by id."""
        with self._engine.begin() as conn:
            return {person.id: person.name for _, person in self._known(conn)}

    def _known(self, conn: Connection) -> tuple[tuple[str, registry.Person], ...]:
        # The feed has a row for every change of a person, in the same transaction.
        seq = following.version(conn)
        with self._lock:
            if seq != self._seen:
                self._everybody = tuple((registry.folded(one.name), one) for one in registry.everybody(conn))
                self._seen = seq
            return self._everybody


def _listed(conn: Connection, shown: list[registry.Person], at_ms: int) -> list[Listed]:
    ids = [person.id for person in shown]
    held, faces = tables.card, tables.template
    cards = dict(
        conn.execute(
            select(held.c.person, func.count())
            .where(held.c.person.in_(ids), held.c.revoked_at_ms.is_(None))
            .group_by(held.c.person)
        ).all()
    )
    with_face = set(conn.execute(select(faces.c.person).where(faces.c.person.in_(ids))).scalars())
    barred = tables.revocation
    revoked = set(
        conn.execute(select(barred.c.person).where(barred.c.person.in_(ids), barred.c.lifted_at_ms.is_(None))).scalars()
    )
    held_out = tables.suspension
    suspended = set(
        conn.execute(
            select(held_out.c.person).where(
                held_out.c.person.in_(ids),
                func.coalesce(held_out.c.lifted_at_ms, held_out.c.until_ms) > at_ms,
                held_out.c.until_ms > at_ms,
            )
        ).scalars()
    )
    return [
        Listed(
            person.id,
            person.name,
            _shows(cards.get(person.id, 0), person.id in with_face),
            "revoked" if person.id in revoked else "suspended" if person.id in suspended else "",
        )
        for person in shown
    ]


def _shows(cards: int, face: bool) -> str:
    shown = [] if not cards else ["card"] if cards == 1 else [f"{cards} cards"]
    return ", ".join([*shown, *(["face"] if face else [])]) or "nothing to show yet"
