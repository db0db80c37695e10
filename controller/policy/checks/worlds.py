"""The cases that a door's rule can tell apart: a value for each atom of its formula, and no two that contradict.

It is a finite list because a rule only ever asks whether a number reaches a bound, and whether hours are open.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from itertools import product

from ostiary.controller.policy.document import Policy
from ostiary.controller.policy.formula import (
    And,
    Atom,
    Formula,
    IsOpen,
    LiveKnown,
    Not,
    Or,
    Others,
    Reaches,
    ScoreOf,
    Somebody,
    atoms,
    follows,
)
from ostiary.controller.policy.open_together import open_together

MOST_WORLDS = 4_096
World = Mapping[str, bool | int]


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
        value > other_value and follows(other, atom)
        for atom, value in zip(found, chosen, strict=True)
        for other, other_value in zip(found, chosen, strict=True)
    )
