"""Many members at once from a CSV file: first what it would do, as a value to look at; then exactly that, or nothing.

The file has the columns `name, evidence, title, until, card` in any order. `evidence` is the id of the document that
the membership rests on, and it makes a line one person's: the same file again finds everybody here already. `until` is
the last day (2026-11-30) or empty, `card` a number or empty.
"""

import csv
import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import Connection, select

from ostiary.controller.people import cards, membership, registry, shapes
from ostiary.controller.people.errors import FileRefused, ImportMistaken, Malformed, PeopleError, RowUnread, TagTaken
from ostiary.controller.people.evidence import Evidence, keep
from ostiary.controller.people.importing import Mistake
from ostiary.controller.store import people_tables as tables

COLUMNS = ("name", "evidence", "title", "until", "card")
MOST_LINES = 20_000
LONGEST_LINE = 2_000
KIND = "enrolment-form"
STATE = "active"
CARD_LONGEST = 64
CardOf = Callable[[str], tuple[str, bytes]]


@dataclass(frozen=True, slots=True)
class Joiner:
    """A line that makes a member; `tag` is the card's, None without one, `sealed` its number for the keeper, and `card`
    says only its last signs."""

    line: int
    name: str
    evidence: Evidence
    until_ms: int | None
    tag: str | None
    sealed: bytes | None
    card: str


@dataclass(frozen=True, slots=True)
class Joining:
    """What an import would do: who joins, how many lines are known already, and what cannot be."""

    added: tuple[Joiner, ...]
    unchanged: int
    refused: tuple[Mistake, ...]

    @property
    def clean(self) -> bool:
        return not self.refused

    def sha256(self) -> str:
        """The name of this difference: equal for equal additions, whatever the order of the file."""
        digest = hashlib.sha256()
        for one in sorted(self.added, key=lambda one: one.evidence.id):
            said = (one.name, one.evidence.id, one.evidence.title, str(one.until_ms), one.tag or "")
            digest.update("\0".join(said).encode() + b"\n")
        return digest.hexdigest()


def compare(conn: Connection, lines: Iterable[str], at_ms: int, card_of: CardOf) -> Joining:
    """What importing these lines would do now; writes nothing. `card_of` gives a card number's tag and the
    number as the keeper seals it.

    Raises `FileRefused` for a file that is no such table.
    """
    added: dict[str, Joiner] = {}
    unchanged, refused = 0, list[Mistake]()
    known = _members(conn)
    held = set(conn.execute(select(tables.card.c.tag).where(tables.card.c.revoked_at_ms.is_(None))).scalars())
    for line, fields in _table(lines):
        try:
            if isinstance(fields, PeopleError):
                raise fields
            one = _joiner(line, fields, at_ms, card_of)
            if one.evidence.id in known:
                _same(one, known[one.evidence.id])
                unchanged += 1
            elif one.evidence.id in added:
                _same(one, added[one.evidence.id].name)
                unchanged += 1
            else:
                if one.tag is not None and one.tag in held:
                    raise TagTaken("somebody else")
                held |= {one.tag} if one.tag is not None else set()
                added[one.evidence.id] = one
        except PeopleError as mistake:
            refused.append(Mistake(line, mistake.what, mistake.why, mistake.now))
    return Joining(tuple(added.values()), unchanged, tuple(refused))


def apply(conn: Connection, joining: Joining, author: str, at_ms: int, random: Callable[[int], bytes]) -> list[str]:
    """Write it, in the transaction in which it was compared; the ids of who joined.

    Raises `ImportMistaken` where a line cannot be imported: all or nothing.
    """
    if not joining.clean:
        raise ImportMistaken(0, len(joining.refused))
    made = []
    for one in joining.added:
        person = registry.add(conn, registry.new_id(random(10)), one.name, at_ms).id
        keep(conn, one.evidence)
        membership.add_membership(
            conn, person, STATE, one.evidence.id, author, at_ms, from_ms=at_ms, until_ms=one.until_ms
        )
        if one.tag is not None:
            cards.add_card(conn, person, one.tag, f"card {one.card}", at_ms, sealed=one.sealed)
        made.append(person)
    return made


def _members(conn: Connection) -> dict[str, str]:
    """Whose membership rests on which document: names by the document's id."""
    person, member = tables.person, tables.membership
    rows = select(member.c.evidence, person.c.name).join(person, person.c.id == member.c.person)
    return {row[0]: row[1] for row in conn.execute(rows.where(person.c.left_at_ms.is_(None)))}


def _same(one: Joiner, name: str) -> None:
    if registry.folded(one.name) != registry.folded(name):
        raise Malformed("The document’s id", one.evidence.id, "one that nobody else’s membership rests on")


def _joiner(line: int, fields: dict[str, str], at_ms: int, card_of: CardOf) -> Joiner:
    number = "".join(fields["card"].split())
    if len(number) > CARD_LONGEST or not number.isprintable():
        raise Malformed("The card", f"of {len(number)} signs", f"at most {CARD_LONGEST} printed signs")
    name = shapes.said("The name", fields["name"], 200)
    document = shapes.said("The document’s id", fields["evidence"], 100)
    title = shapes.said("The document’s title", fields["title"], 200)
    digest = hashlib.sha256(f"{KIND}\n{document}\n{title}".encode()).hexdigest()
    until_ms = _day(fields["until"].strip())
    if until_ms is not None and until_ms <= at_ms:
        raise Malformed("The last day", fields["until"], "today or later")
    tag, sealed = card_of(number) if number else (None, None)
    return Joiner(line, name, Evidence(document, digest, KIND, title), until_ms, tag, sealed, f"…{number[-4:]}")


def _day(text: str) -> int | None:
    if not text:
        return None
    try:
        day = date.fromisoformat(text) + timedelta(days=1)
        return round(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() * 1000)
    except (ValueError, OverflowError):
        raise Malformed("The last day", text, "a day such as 2026-11-30") from None


def _table(lines: Iterable[str]) -> Iterable[tuple[int, dict[str, str] | PeopleError]]:
    """Each line's number and its fields by column, or why it could not be read."""
    reader = csv.reader(_bounded(lines), strict=True)
    header: list[str] | None = None
    while True:
        try:
            fields = next(reader)
        except StopIteration:
            break
        except csv.Error as error:
            yield reader.line_num, RowUnread(str(error))
            continue
        if header is None:
            header = [field.strip().removeprefix("\ufeff").lower() for field in fields]
            if sorted(header) != sorted(COLUMNS):
                raise FileRefused(f"its first line is {', '.join(header)[:200]!r}", ", ".join(COLUMNS))
        elif fields and len(fields) != len(header):
            yield reader.line_num, RowUnread(f"it has {len(fields)} fields, and the first line names {len(header)}")
        elif fields:
            yield reader.line_num, dict(zip(header, fields, strict=True))
    if header is None:
        raise FileRefused("it is empty", ", ".join(COLUMNS))


def _bounded(lines: Iterable[str]) -> Iterable[str]:
    for number, line in enumerate(lines, 1):
        if len(line) > LONGEST_LINE or number > MOST_LINES + 1:
            bound = f"more than {LONGEST_LINE} characters in a line, or more than {MOST_LINES} lines"
            raise FileRefused(bound, ", ".join(COLUMNS))
        yield line
