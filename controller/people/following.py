"""How the keeper knows the persons: all of them once, then whoever changed, by the feed that every write appends to.

Applying the changes since a version to its snapshot gives the snapshot that reading everything now would give.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from sqlalchemy import Connection, Row, Table, func, select

from ostiary.controller.people.errors import FeedWentBack
from ostiary.controller.people.ledger import LedgerEntry
from ostiary.controller.policy.facts import Entry, Holding, Membership, PersonFacts
from ostiary.controller.store import credential_tables
from ostiary.controller.store import people_tables as tables


@dataclass(frozen=True, slots=True)
class SealedTemplate:
    """A template that only the keeper can open; `model` is the embedder file's sha256, `runtime` what ran it."""

    id: int
    model: str
    runtime: str
    sealed: bytes


@dataclass(frozen=True, slots=True)
class HeldPass:
    """A visitor's pass; `code` is its id, `single` lets it in once while the keeper is there. Times are Unix ms."""

    code: str
    doors: tuple[str, ...]
    from_ms: int
    until_ms: int
    single: bool
    revoked: bool


@dataclass(frozen=True, slots=True)
class Followed:
    """A person as the keeper needs them: facts, tags of live cards, sealed templates. No name.

    `sealed_cards`: the same cards' tags, each with its number as only the keeper can open it, where that is kept.
    `more_time`: doors stay open longer for this person; no decision turns on it and no answer says so.
    """

    facts: PersonFacts
    cards: tuple[str, ...] = ()
    templates: tuple[SealedTemplate, ...] = ()
    more_time: bool = False
    sealed_cards: tuple[tuple[str, bytes | None], ...] = ()
    passes: tuple[HeldPass, ...] = ()
    pin: bytes | None = None  # sealed; only the keeper can open it


@dataclass(frozen=True, slots=True)
class Changes:
    """Whoever changed up to `version`: as they are now, or None for those who left."""

    version: int
    people: Mapping[str, Followed | None]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everybody who is here, as of `version` (the feed's last number); `cards` leads from a live tag to its person,
    `passes` from a pass's id to its person."""

    version: int
    people: Mapping[str, Followed]
    cards: Mapping[str, str]
    passes: Mapping[str, str] = field(default_factory=dict[str, str])

    def after(self, changes: Changes) -> "Snapshot":
        """The snapshot with these changes; this one stays as it is."""
        people, cards, passes = dict(self.people), dict(self.cards), dict(self.passes)
        for person in changes.people:
            for tag in people[person].cards if person in people else ():
                del cards[tag]
            for held in people[person].passes if person in people else ():
                del passes[held.code]
        for person, now in changes.people.items():
            people.pop(person, None)
            if now is not None:
                people[person] = now
                cards.update(dict.fromkeys(now.cards, person))
                passes.update(dict.fromkeys((held.code for held in now.passes), person))
        return Snapshot(changes.version, people, cards, passes)


def snapshot(conn: Connection) -> Snapshot:
    """Everybody, in one state of the database; takes as long as there are rows, and waits for nobody."""
    # The version first: were this ever read outside a transaction, a change could come twice but never be missed.
    at = version(conn)
    people = _read(conn, None)
    cards = {tag: person for person, one in people.items() for tag in one.cards}
    passes = {held.code: person for person, one in people.items() for held in one.passes}
    return Snapshot(at, people, cards, passes)


def changes(conn: Connection, after_seq: int) -> Changes:
    """Whoever changed after this version. Raises `FeedWentBack` when the feed ends before it."""
    at = version(conn)
    if at < after_seq:
        raise FeedWentBack(after_seq, at)
    if at == after_seq:
        return Changes(at, {})
    feed = tables.change
    changed = sorted(set(conn.execute(select(feed.c.person).where(feed.c.seq > after_seq)).scalars()))
    people: dict[str, Followed | None] = dict.fromkeys(changed)
    for first in range(0, len(changed), _AT_ONCE):
        people.update(_read(conn, changed[first : first + _AT_ONCE]))
    return Changes(at, people)


def version(conn: Connection) -> int:
    """The feed's last number, 0 before the first change; cheap enough to ask several times a second."""
    return conn.execute(select(func.max(tables.change.c.seq))).scalar() or 0


_AT_ONCE = 500  # SQLite bounds the parameters of a statement


def _read(conn: Connection, only: list[str] | None) -> dict[str, Followed]:
    here = select(tables.person.c.id).where(tables.person.c.left_at_ms.is_(None)).order_by(tables.person.c.id)
    ids = conn.execute(here if only is None else here.where(tables.person.c.id.in_(only))).scalars().all()
    member = _by_person(conn, tables.membership, only)
    holds = _by_person(conn, tables.holding, only)
    entries = _entries(conn, only)
    cards = _by_person(conn, tables.card, only)
    templates = _by_person(conn, tables.template, only)
    suspensions = _by_person(conn, tables.suspension, only)
    revocations = _by_person(conn, tables.revocation, only)
    longer = _by_person(conn, tables.more_time, only)
    passes = _by_person(conn, credential_tables.visitor_pass, only)
    pins = _by_person(conn, credential_tables.pin, only)
    people: dict[str, Followed] = {}
    for person in ids:
        facts = PersonFacts(
            id=person,
            member=tuple(Membership(row.state, *span) for row, span in _spans(member.get(person, ()))),
            holds=tuple(Holding(row.name, *span) for row, span in _spans(holds.get(person, ()))),
            entries=tuple(entries.pop(person, ())),
            suspended_until_ms=max((_ends_ms(row) for row in suspensions.get(person, ())), default=None),
            revoked=any(row.lifted_at_ms is None for row in revocations.get(person, ())),
        )
        people[person] = Followed(
            facts,
            tuple(row.tag for row in cards.get(person, ()) if row.revoked_at_ms is None),
            tuple(SealedTemplate(row.id, row.model, row.runtime, row.sealed) for row in templates.get(person, ())),
            any(row.ended_at_ms is None for row in longer.get(person, ())),
            tuple((row.tag, row.sealed) for row in cards.get(person, ()) if row.revoked_at_ms is None),
            tuple(map(_held_pass, passes.get(person, ()))),
            next((row.sealed for row in pins.get(person, ())), None),
        )
    return people


def _held_pass(row: Row[tuple]) -> HeldPass:
    doors = tuple(row.doors.split(" "))
    return HeldPass(row.code, doors, row.from_ms, row.until_ms, bool(row.single), row.revoked_at_ms is not None)


def _by_person(conn: Connection, table: Table, only: list[str] | None) -> dict[str, list[Row[tuple]]]:
    rows = select(table).order_by(*table.primary_key.columns)
    if only is not None:
        rows = rows.where(table.c.person.in_(only))
    found: dict[str, list[Row[tuple]]] = {}
    for row in conn.execute(rows):
        found.setdefault(row.person, []).append(row)
    return found


def _entries(conn: Connection, only: list[str] | None) -> dict[str, list[Entry]]:
    """Everybody's entries as facts, made one by one: a site may have a million of them."""
    rows = select(tables.entry, tables.evidence.c.sha256).join(tables.evidence).order_by(tables.entry.c.id)
    if only is not None:
        rows = rows.where(tables.entry.c.person.in_(only))
    found: dict[str, list[Entry]] = {}
    for row in conn.execute(rows.execution_options(yield_per=_AT_ONCE)):
        found.setdefault(row.person, []).append(as_fact(row, row.sha256))
    return found


def _spans(rows: Iterable[Row[tuple]]) -> Iterable[tuple[Row[tuple], tuple[int, int | None]]]:
    """Each row with the time in which it holds; one that was ended before it began never does, and is left out."""
    for row in rows:
        ends = [at_ms for at_ms in (row.until_ms, row.ended_at_ms) if at_ms is not None]
        until_ms = min(ends, default=None)
        if until_ms is None or until_ms > row.from_ms:
            yield row, (row.from_ms, until_ms)


def _ends_ms(row: Row[tuple]) -> int:
    return row.until_ms if row.lifted_at_ms is None else min(row.until_ms, row.lifted_at_ms)


def as_fact(row: Row[tuple] | LedgerEntry, evidence_sha256: str) -> Entry:
    """A row of the ledger as a policy reads it. `evidence` is "<id> sha256:<hash>", so that the ledger's head vouches
    for the document and not for its name."""
    return Entry(
        id=str(row.id),
        kind=row.kind,
        context=row.context,
        points=row.points,
        evidence=f"{row.evidence} sha256:{evidence_sha256}",
        occurred_ms=row.occurred_at_ms,
        recorded_ms=row.recorded_at_ms,
        expires_ms=row.expires_at_ms,
        contested_ms=row.contested_at_ms,
        upheld_ms=row.upheld_at_ms,
        cancelled_ms=row.cancelled_at_ms,
    )
