"""The documents that memberships, holdings and entries rest on: known by id, hash, kind and title, kept elsewhere."""

from collections.abc import Iterable
from dataclasses import astuple, dataclass, fields

from sqlalchemy import Connection, delete, insert, select

from ostiary.controller.people import shapes
from ostiary.controller.people.errors import EvidenceDiffers, EvidenceMissing
from ostiary.controller.store import people_tables as tables

_CITING = (tables.membership, tables.holding, tables.entry)


@dataclass(frozen=True, slots=True)
class Evidence:
    """A document: its id, the sha256 of its bytes, the kind that a policy asks for, and a title for readers."""

    id: str
    sha256: str
    kind: str
    title: str


def keep(conn: Connection, evidence: Evidence) -> Evidence:
    """Know this document from now on; the same again changes nothing. Raises `EvidenceDiffers`, `Malformed`."""
    new = Evidence(
        shapes.said("The document's id", evidence.id, 100),
        shapes.sha256("The document's hash", evidence.sha256),
        shapes.word("The document's kind", evidence.kind),
        shapes.said("The document's title", evidence.title, 200),
    )
    known = _known(conn, new.id)
    if known is None:
        conn.execute(insert(tables.evidence).values(id=new.id, sha256=new.sha256, kind=new.kind, title=new.title))
    elif known != new:
        pairs = zip(fields(new), astuple(known), astuple(new), strict=True)
        raise EvidenceDiffers(new.id, next(field.name for field, old, now in pairs if old != now))
    return new


def evidence_of(conn: Connection, evidence: str) -> Evidence:
    """The document with this id. Raises `EvidenceMissing`."""
    known = _known(conn, evidence)
    if known is None:
        raise EvidenceMissing(evidence)
    return known


def cited_by(conn: Connection, person: str) -> frozenset[str]:
    """The ids of the documents that something about this person rests on."""
    rests = (select(table.c.evidence).where(table.c.person == person) for table in _CITING)
    return frozenset(evidence for one in rests for evidence in conn.execute(one).scalars())


def forget_uncited(conn: Connection, among: Iterable[str]) -> int:
    """Delete those of these documents that nothing rests on any more, and say how many."""
    gone = 0
    for evidence in among:
        uncited = (tables.evidence.c.id.not_in(select(table.c.evidence)) for table in _CITING)
        gone += conn.execute(delete(tables.evidence).where(tables.evidence.c.id == evidence, *uncited)).rowcount
    return gone


def _known(conn: Connection, evidence: str) -> Evidence | None:
    row = conn.execute(select(tables.evidence).where(tables.evidence.c.id == evidence)).first()
    return None if row is None else Evidence(row.id, row.sha256, row.kind, row.title)
