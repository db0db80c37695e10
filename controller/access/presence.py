"""The live state of a site: who went in where, who was let in just now, what is locked down; folded from the log.

Every record that became durable is folded in, and a start folds the last day of the log again, so the keeper knows
after a crash what it knew before. Somebody went in when the node's journal closed their grant with `acted`; until that
comes they do not count, so who passes a card back before the door has opened is not caught. No exit has a reader and
none needs one: an entry is dropped after a day at the latest, and each clause that reads entries forgives them after a
time of its own (`policy/area.py`).
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from ostiary.controller.policy.area import LONGEST_MS
from ostiary.controller.policy.clauses.escorted import LONGEST_MS as LONGEST_ESCORT_MS
from ostiary.controller.policy.document import Policy
from ostiary.controller.policy.evaluate import as_formula
from ostiary.controller.policy.facts import QUIET, Escort, Inside, Live, PersonFacts
from ostiary.controller.policy.formula import Atom, IsEscorted, IsInside, Others, atoms
from ostiary.controller.record.errors import Broken
from ostiary.controller.record.log import Log
from ostiary.controller.record.opening import Erased
from ostiary.controller.record.record import Draft
from ostiary.protocol import codes

PAGE = 1_000
LOCKDOWN, RESUME, NOTE_LEFT = "lockdown", "resume", "note-left"
FACE_OFF, FACE_ON = "face-off", "face-on"

_log = logging.getLogger("ostiary.presence")


class _Grant(NamedTuple):
    person: str
    door: str
    at_ms: int


@dataclass(slots=True)
class Presence:
    """What the log says about the moment. `locked` leads from a door, or None for the whole site, to since when, and
    `faceless` from a door at which an operator switched the face off."""

    locked: dict[str | None, int] = field(default_factory=dict[str | None, int])
    faceless: dict[str, int] = field(default_factory=dict[str, int])
    _grants: dict[int, _Grant] = field(default_factory=dict[int, _Grant])  # by position in the log, oldest first
    _inside: dict[str, dict[str, int]] = field(default_factory=dict[str, dict[str, int]])  # door → person → since_ms
    _reads: dict[tuple[str, str], tuple[Atom, ...]] = field(default_factory=dict[tuple[str, str], tuple[Atom, ...]])

    def recorded(self, position: int, draft: Draft) -> None:
        """Fold in a record that is durable, in the order of the log."""
        person = draft.persons[0] if len(draft.persons) == 1 else None
        match draft.kind, draft.code:
            case "decision", _ if draft.verdict == "grant" and person and draft.door:
                self._forget(draft.at_ms)
                self._grants[position] = _Grant(person, draft.door, draft.at_ms)
            case "outcome", codes.ACTED if draft.about in self._grants:
                grant = self._grants[draft.about]
                entered = self._inside.setdefault(grant.door, {})
                entered[grant.person] = max(grant.at_ms, entered.get(grant.person, 0))
            case "note-left", _ if person:
                for entered in self._inside.values():
                    entered.pop(person, None)
            case (("lockdown" | "resume"), _):
                self.locked = dict(draft.body["locked"])
            case (("face-off" | "face-on"), _):
                self.faceless = dict(draft.body["faceless"])
            case _:
                pass

    def is_locked(self, door: str) -> bool:
        return None in self.locked or door in self.locked

    def seen(
        self,
        person: str,
        policy: Policy,
        door: str,
        at_ms: int,
        facts_of: Callable[[str], PersonFacts | None],
    ) -> Live:
        """The live state for this person at this door: as much as the door's rule asks for, and nobody else's id."""
        mine: dict[str, int] = {}  # door → for how long an entry by it is asked about
        others: dict[str, int] = {}
        escorts: list[Escort] = []
        for atom in self._read_by(policy, door):
            match atom:
                case IsInside(doors, for_ms):
                    mine.update({name: max(for_ms, mine.get(name, 0)) for name in doors})
                case Others(doors, for_ms):
                    others.update({name: max(for_ms, others.get(name, 0)) for name in doors})
                case IsEscorted(holding, within_ms):
                    escorts += self._escorts(person, door, holding, within_ms, at_ms, facts_of)
                case _:
                    pass
        since = [
            (since_ms, name, who)
            for name in sorted({*mine, *others})
            for who, since_ms in self._inside.get(name, {}).items()
            if at_ms < since_ms + ((mine if who == person else others).get(name, 0))
        ]
        since.sort()
        numbers = {person: 0}
        inside = tuple(Inside(numbers.setdefault(who, len(numbers)), name, since_ms) for since_ms, name, who in since)
        locked = [self.locked[name] for name in (None, door) if name in self.locked]
        if not inside and not escorts and not locked:
            return QUIET
        return Live(inside, tuple(dict.fromkeys(escorts)), min(locked, default=None))

    def _read_by(self, policy: Policy, door: str) -> tuple[Atom, ...]:
        """What the door's rule reads: worked out once for each policy."""
        known = self._reads.get((policy.sha256, door))
        if known is None:
            if len({policy.sha256} | {sha256 for sha256, _ in self._reads}) > 2:  # the one that rules, and its shadow
                self._reads.clear()
            known = self._reads[policy.sha256, door] = atoms(as_formula(policy, door))
        return known

    def _escorts(
        self,
        person: str,
        door: str,
        holding: str,
        within_ms: int,
        at_ms: int,
        facts_of: Callable[[str], PersonFacts | None],
    ) -> list[Escort]:
        found: list[Escort] = []
        for grant in reversed(self._grants.values()):
            if grant.at_ms + LONGEST_ESCORT_MS <= at_ms:
                break  # all before it are older, unless a clock went back, and then they are old grants all the same
            if grant.door != door or grant.person == person or grant.at_ms + within_ms <= at_ms:
                continue
            facts = facts_of(grant.person)
            # Who no longer holds it escorts nobody, whatever was so when they were let in.
            if facts is not None and any(one.name == holding and one.at(at_ms) for one in facts.holds):
                found.append(Escort(holding, grant.at_ms))
        return found

    def _forget(self, at_ms: int) -> None:
        """Drop what no clause can read any more; grants stand in the order of the log, nearly that of time."""
        while self._grants:
            position, grant = next(iter(self._grants.items()))
            if at_ms < grant.at_ms + LONGEST_MS:
                return
            del self._grants[position]
            entered = self._inside.get(grant.door, {})
            if entered.get(grant.person, 0) <= grant.at_ms:
                entered.pop(grant.person, None)


def remembered(log: Log, at_ms: int) -> Presence:
    """The live state as the log of the last day tells it, and the lockdowns in force however old."""
    presence = Presence()
    reading = log.reading()
    acts = [row for kind in (LOCKDOWN, RESUME, FACE_OFF, FACE_ON) if (row := reading.last_of(kind)) is not None]
    positions = {row.position for row in acts}
    before: int | None = None
    while page := reading.newest(PAGE, before):
        positions |= {
            row.position
            for row in page
            if (row.kind == "decision" and row.verdict == "grant")
            or (row.kind == "outcome" and row.code == codes.ACTED)
            or row.kind == NOTE_LEFT
        }
        before = page[-1].position
        if max(row.at_ms for row in page) + LONGEST_MS <= at_ms:
            break
    for position in sorted(positions):
        draft = _draft(log, position)
        if draft is not None:
            presence.recorded(position, draft)
    return presence


def _draft(log: Log, position: int) -> Draft | None:
    """The record again as it was folded in; None for one that nobody can read any more."""
    try:
        opened = log.opened(position)
    except Broken as error:
        # One damaged record must not keep the site shut; what it said of the moment is lost.
        _log.error("A record could not be read while the live state was rebuilt: %s", error)
        return None
    if isinstance(opened, Erased):
        return None
    row, body = opened.row, opened.body
    persons = (body["person"],) if body.get("person") else ()
    return Draft(row.kind, row.at_ms, body, persons, row.door, row.verdict, row.code, about=row.about)
