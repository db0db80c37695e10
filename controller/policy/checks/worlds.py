"""The cases that a door's rule can tell apart: a value for each atom of its formula, and no two that contradict.

It is a finite list because a rule only ever asks whether a number reaches a bound, and whether hours are open. What
hours do together is looked up, day by day, for 400 days from today and around every date that they name.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import product

from ostiary.controller.policy.document import Policy
from ostiary.controller.policy.formula import (
    And,
    Atom,
    Formula,
    IsEscorted,
    IsInside,
    IsOpen,
    LiveKnown,
    Not,
    Or,
    Others,
    Reaches,
    ScoreOf,
    Somebody,
    atoms,
)
from ostiary.controller.policy.hours import Hours

HORIZON_DAYS = 400
MOST_WORLDS = 4_096
World = Mapping[str, bool | int]
_ONE_DAY = timedelta(days=1)


def true(formula: Formula, world: World) -> bool:
    """Whether the formula is true in a world that has a value for each of its atoms."""
    match formula:
        case And(parts):
            return all(true(part, world) for part in parts)
        case Or(parts):
            return any(true(part, world) for part in parts)
        case Not(part):
            return not true(part, world)
        case Reaches(number, bound):
            return world[number.key] >= bound
        case truth:
            return bool(world[truth.key])


def worlds(formula: Formula, policy: Policy, today: date) -> list[World] | None:
    """Every case in which somebody asks and the live state is known; None if there are too many to go through."""
    found = atoms(formula)
    hours = [atom for atom in found if isinstance(atom, IsOpen)]
    rest = [atom for atom in found if not isinstance(atom, IsOpen)]
    bounds = _bounds(formula)
    # Numbers of people are compared with each other, too, so they share their bounds.
    crowd = {bound for atom in rest if isinstance(atom, Others) for bound in bounds[atom.key]}
    values = [
        _values(atom, crowd if isinstance(atom, Others) else bounds.get(atom.key, set()), policy) for atom in rest
    ]
    patterns = open_together([atom.hours for atom in hours], today)
    count = len(patterns)
    for choices in values:
        count *= len(choices)
    if count > MOST_WORLDS:
        return None
    return [
        {atom.key: value for atom, value in zip((*hours, *rest), (*pattern, *chosen), strict=True)}
        for pattern in patterns
        for chosen in product(*values)
        if not _contradictory(rest, chosen)
    ]


def open_together(hours: Sequence[Hours], today: date) -> list[tuple[bool, ...]]:
    """Which of these hours are open at once: each combination that occurs."""
    if not hours:
        return [()]
    found: dict[tuple[bool, ...], None] = {}
    for at_ms in _moments(hours, today):
        found[tuple(item.open_until(at_ms) is not None for item in hours)] = None
    return list(found)


def _moments(hours: Sequence[Hours], today: date) -> Iterator[int]:
    """Every moment from today on at which one of the hours may turn."""
    days = {today + offset * _ONE_DAY for offset in range(HORIZON_DAYS)}
    for item in hours:
        for written in (*item.closed.dates, *item.also):
            days.update(day for offset in (-1, 0, 1) if (day := written + offset * _ONE_DAY) >= today)
    for day in sorted(days):
        yield int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) * 1000
        for item in hours:
            yield from item.opening(day) or ()


def _bounds(formula: Formula) -> dict[str, set[int]]:
    """The bounds with which each number is compared."""
    match formula:
        case And(parts) | Or(parts):
            found: dict[str, set[int]] = {}
            for part in parts:
                for key, bounds in _bounds(part).items():
                    found.setdefault(key, set()).update(bounds)
            return found
        case Not(part):
            return _bounds(part)
        case Reaches(number, bound):
            return {number.key: {bound}}
        case _:
            return {}


def _values(atom: Atom, bounds: set[int], policy: Policy) -> list[bool | int]:
    match atom:
        case Somebody() | LiveKnown():
            return [True]
        case ScoreOf(rules):
            earnable = any(kind.points > 0 for kind in policy.entries.values())
            most = rules.highest if earnable else rules.start
            return [rules.lowest, *sorted(bound for bound in bounds if rules.lowest < bound <= most)]
        case Others():
            return [0, *sorted(bound for bound in bounds if bound > 0)]
        case _:
            return [True, False]


def _contradictory(found: Sequence[Atom], chosen: Sequence[bool | int]) -> bool:
    """Whether one atom is less than another from which it follows."""
    return any(
        value > other_value and _follows(other, atom)
        for atom, value in zip(found, chosen, strict=True)
        for other, other_value in zip(found, chosen, strict=True)
    )


def _follows(wider: Atom, narrower: Atom) -> bool:
    """Whether `wider` is at least as true, or as large, as `narrower`: more doors, or a longer time."""
    match wider, narrower:
        case (IsInside(), IsInside()) | (Others(), Others()):
            return set(narrower.doors) <= set(wider.doors) and narrower.for_ms <= wider.for_ms
        case IsEscorted(), IsEscorted():
            return narrower.holding == wider.holding and narrower.within_ms <= wider.within_ms
        case _:
            return False
