"""Realize: a case that a solver thought of becomes facts that a policy can judge, and words that a person can check."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from ostiary.controller.policy.facts import Entry, Escort, Facts, Holding, Inside, Live, Membership, PersonFacts
from ostiary.controller.policy.formula import (
    Atom,
    HasHolding,
    IsEscorted,
    IsInside,
    IsLockedDown,
    IsMember,
    IsOpen,
    IsRevoked,
    IsSuspended,
    IsWithdrawn,
    LiveKnown,
    Others,
    ScoreOf,
    Somebody,
)
from ostiary.controller.policy.hours import clock
from ostiary.controller.policy.language import DAYS, local
from ostiary.controller.policy.score import WINDOW_MS, ScoreRules

DAY_MS = 86_400_000
SUPPOSED = "supposed"


@dataclass(frozen=True, slots=True)
class Case:
    """A value for each atom: the keys of the `true` ones, how many `others` are inside by key, and what all points come
    to (before start and range) under each of the rules. `at_ms` is a moment at which these hours are open."""

    atoms: tuple[Atom, ...]
    true: frozenset[str]
    others: Mapping[str, int]
    sums: Sequence[tuple[ScoreRules, int]]
    at_ms: int


def realized(case: Case, door: str) -> Facts:
    """Facts with these values, as far as there can be such; whoever asked checks them."""
    person = _person(case) if Somebody().key in case.true else None
    return Facts(person, door, case.at_ms, _live(case) if LiveKnown().key in case.true else None)


def _person(case: Case) -> PersonFacts:
    true = [atom for atom in case.atoms if atom.key in case.true]
    entries = {total: _entries(rules, total, case.at_ms) for rules, total in case.sums if total}
    return PersonFacts(
        SUPPOSED,
        member=tuple(Membership(atom.state) for atom in true if isinstance(atom, IsMember)),
        holds=tuple(Holding(atom.name) for atom in true if isinstance(atom, HasHolding)),
        entries=next(iter(entries.values()), ()),
        suspended_until_ms=case.at_ms + DAY_MS if IsSuspended().key in case.true else None,
        revoked=IsRevoked().key in case.true,
        withdrawn=IsWithdrawn().key in case.true,
    )


def _entries(rules: ScoreRules, total: int, at_ms: int) -> tuple[Entry, ...]:
    """A ledger that comes to `total`: one award, or penalties that are so far apart that no cap takes any of them."""
    if total > 0:
        return (_entry(rules.context, 1, total, at_ms, at_ms),)
    entries: list[Entry] = []
    occurred_ms = at_ms
    while total and occurred_ms > WINDOW_MS:
        points = max(total, -rules.largest_penalty)
        entries.append(_entry(rules.context, len(entries) + 1, points, occurred_ms, at_ms))
        total -= points
        occurred_ms -= WINDOW_MS
    return tuple(entries)


def _entry(context: str, number: int, points: int, occurred_ms: int, at_ms: int) -> Entry:
    name = f"{SUPPOSED}-{number}"
    return Entry(name, SUPPOSED, context, points, SUPPOSED, occurred_ms, occurred_ms, at_ms + DAY_MS)


def _live(case: Case) -> Live:
    went_in = [atom for atom in case.atoms if isinstance(atom, IsInside)]
    inside = [
        Inside(0, door, case.at_ms + 1 - atom.for_ms)
        for atom in went_in
        if atom.key in case.true
        for door in _only(atom.doors, [other.doors for other in went_in if other.key not in case.true])
    ]
    who = 0
    counted = sorted((atom for atom in case.atoms if isinstance(atom, Others)), key=lambda atom: atom.for_ms)
    for atom in counted:
        # Those of a shorter time or of fewer doors are among these already.
        missing = case.others[atom.key] - sum(
            one.who > 0 and one.door in atom.doors and case.at_ms < one.since_ms + atom.for_ms for one in inside
        )
        fewer = [other.doors for other in counted if case.others[other.key] < case.others[atom.key]]
        for _ in range(max(missing, 0)):
            who += 1
            inside += [Inside(who, door, case.at_ms + 1 - atom.for_ms) for door in _only(atom.doors, fewer)]
    escorts = tuple(
        Escort(atom.holding, case.at_ms + 1 - atom.within_ms)
        for atom in case.atoms
        if isinstance(atom, IsEscorted) and atom.key in case.true
    )
    return Live(tuple(inside), escorts, case.at_ms if IsLockedDown().key in case.true else None)


def _only(doors: Sequence[str], others: Sequence[Sequence[str]]) -> Sequence[str]:
    """One of the doors, if possible one that is not among the others."""
    elsewhere = {door for some in others for door in some}
    return [next((door for door in doors if door not in elsewhere), doors[0])]


def say_case(facts: Facts, read: Sequence[Atom], zone: ZoneInfo) -> tuple[str, ...]:
    """What these atoms are in these facts, one a line; the moment first."""
    now = local(facts.at_ms, zone)
    lines = [f"It is {DAYS['en'][now.weekday()]}, {now:%Y-%m-%d %H:%M} ({zone.key})."]
    for atom in read:
        said = _say(atom, facts)
        if said is not None:
            lines.append(said)
    return tuple(lines)


def _say(atom: Atom, facts: Facts) -> str | None:
    value = atom.value(facts)
    no = "" if value else "not "
    match atom:
        case Somebody():
            return None if value else "Nobody was identified."
        case LiveKnown():
            return None if value else "The live state is not known."
        case IsWithdrawn() | IsRevoked() | IsSuspended():
            return f"The person is {atom.key}." if value else None
        case IsLockedDown():
            return "The door is locked down." if value else None
        case IsMember(state):
            return f"The person is {no}a member ({state})."
        case HasHolding(name):
            return f"The person {'holds' if value else 'does not hold'} {name}."
        case IsOpen(hours):
            times = f"{clock(hours.from_min)} to {clock(hours.to_min)}"
            return f"The hours {hours.name} ({times}) are {'open' if value else 'closed'}."
        case IsInside(doors, for_ms):
            return f"The person went in by {_names(doors)} less than {_minutes(for_ms)} ago." if value else None
        case IsEscorted(holding, within_ms):
            return f"Somebody with {holding} went {no}in less than {_minutes(within_ms)} before."
        case ScoreOf(rules):
            return f"The person's score ({rules.context}) is {value}."
        case Others(doors, for_ms):
            return f"{value} other people went in by {_names(doors)} less than {_minutes(for_ms)} ago."


def _names(doors: Sequence[str]) -> str:
    return " or ".join(doors)


def _minutes(span_ms: int) -> str:
    return f"{span_ms // 60_000} min" if span_ms % 60_000 == 0 else f"{span_ms // 1000} s"
