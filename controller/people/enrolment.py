"""Keeps a person's face templates, sealed by the keeper: never without consent, never of two models at once."""

from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select

from ostiary.controller.people import shapes
from ostiary.controller.people.consent import standing_consent
from ostiary.controller.people.errors import Malformed
from ostiary.controller.people.registry import person_here
from ostiary.controller.store import people_tables as tables

MOST_TEMPLATES = 4
"""More captures of one face help little and widen what an impostor may hit."""
LARGEST_SEALED_BYTES = 4096


@dataclass(frozen=True, slots=True)
class Template:
    """A sealed template, opaque here: `model` is the embedder file's sha256, `runtime` what ran it."""

    id: int
    person: str
    model: str
    runtime: str
    sealed: bytes
    at_ms: int


def enrol_face(
    conn: Connection, person: str, sealed: bytes, model: str, runtime: str, at_ms: int, *, afresh: bool = False
) -> Template:
    """Add a template, and let the older ones go that it replaces.

    Templates of another model always go, for models must not mix; all go when `afresh` (a new capture after years);
    and the oldest go beyond `MOST_TEMPLATES`. Run `people_db.scrub` after the commit if any went. Raises
    `NoSuchPerson`, `NoConsent`, `Malformed`.
    """
    person_here(conn, person)
    standing_consent(conn, person)
    shapes.sha256("The model's hash", model)
    shapes.moment("The time", at_ms)
    if not 1 <= len(sealed) <= LARGEST_SEALED_BYTES:
        raise Malformed("The sealed template", f"of {len(sealed)} bytes", f"1 to {LARGEST_SEALED_BYTES} bytes")
    runtime = shapes.said("The runtime", runtime, 64)
    kept = [one.id for one in templates(conn, person) if one.model == model and not afresh]
    kept = kept[len(kept) - MOST_TEMPLATES + 1 :] if len(kept) >= MOST_TEMPLATES else kept
    goes = (tables.template.c.person == person) & tables.template.c.id.not_in(kept)
    conn.execute(delete(tables.template).where(goes))
    values = {"person": person, "model": model, "runtime": runtime, "sealed": sealed, "at_ms": at_ms}
    conn.execute(insert(tables.template).values(**values))
    return templates(conn, person)[-1]


def templates(conn: Connection, person: str) -> tuple[Template, ...]:
    """The person's templates, the oldest first."""
    rows = conn.execute(
        select(tables.template).where(tables.template.c.person == person).order_by(tables.template.c.id)
    )
    return tuple(Template(row.id, row.person, row.model, row.runtime, row.sealed, row.at_ms) for row in rows)
