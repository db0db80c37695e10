"""The cases that a door's rule can tell apart: a value for each atom of its formula, and no two that contradict.

It is a finite list because a rule only ever asks whether a number reaches a bound, and whether hours are open.

A set of cases is a whole number with one bit for each, so that a formula is asked of all of them at once.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from math import prod

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

MOST_CASES = 65_536
Together = dict[tuple[str, ...], tuple[tuple[bool, ...], ...]]


class Cases:
    """Every case in which somebody asks at a door and the live state is known."""

    def __init__(self, columns: "Mapping[str, Sequence[tuple[int, int]]]", all_of_them: int) -> None:
        """`columns` has for each atom its values, each with the set of cases in which it has that value."""
        self._columns, self.all = columns, all_of_them

    def where(self, formula: Formula) -> int:
        """The set of cases in which the formula is true."""
        match formula:
            case And(parts):
                found = self.all
                for part in parts:
                    found &= self.where(part)
                return found
            case Or(parts):
                found = 0
                for part in parts:
                    found |= self.where(part)
                return found
            case Not(part):
                return self.all & ~self.where(part)
            case Reaches(number, bound):
                return self._at_least(number.key, bound)
            case truth:
                return self._at_least(truth.key, 1)

    def _at_least(self, key: str, bound: int) -> int:
        found = 0
        for value, cases in self._columns[key]:
            if value >= bound:
                found |= cases
        return self.all & found


def cases_of(formula: Formula, policy: Policy, today: date, known: Together) -> Cases | None:
    """The cases of a rule; None if there are too many to go through. `known` keeps what hours do together."""
    found = atoms(formula)
    hours = [atom for atom in found if isinstance(atom, IsOpen)]
    rest = [atom for atom in found if not isinstance(atom, IsOpen)]
    bounds = _bounds(formula)
    # Numbers of people are compared with each other, too, so they share their bounds.
    crowd = {bound for atom in rest if isinstance(atom, Others) for bound in bounds[atom.key]}
    names = tuple(atom.hours.name for atom in hours)
    if names not in known:
        known[names] = tuple(open_together([atom.hours for atom in hours], today))
    patterns = known[names]
    values = [
        _values(atom, crowd if isinstance(atom, Others) else bounds.get(atom.key, set()), policy) for atom in rest
    ]
    count = len(patterns) * prod(len(choices) for choices in values)
    if count > MOST_CASES:
        return None
    columns: dict[str, list[tuple[int, int]]] = {}
    inner = 1
    for atom, choices in zip(rest, values, strict=True):
        columns[atom.key] = [(value, _every(inner, place, len(choices), count)) for place, value in enumerate(choices)]
        inner *= len(choices)
    for number, atom in enumerate(hours):
        opened = 0
        for place, pattern in enumerate(patterns):
            opened |= _every(inner, place, len(patterns), count) * pattern[number]
        columns[atom.key] = [(1, opened)]
    possible = (1 << count) - 1
    for narrower in rest:
        for wider in rest:
            if follows(wider, narrower):
                for value, here in columns[narrower.key]:
                    for less, there in columns[wider.key]:
                        if value > less:
                            possible &= ~(here & there)
    return Cases(columns, possible)


def _every(inner: int, place: int, choices: int, count: int) -> int:
    """Of `count` cases, in runs of `inner` that take turns among `choices`, the set of those whose turn is `place`."""
    period = inner * choices
    once = ((1 << inner) - 1) << (inner * place)
    return once * (((1 << count) - 1) // ((1 << period) - 1))


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


def _values(atom: Atom, bounds: set[int], policy: Policy) -> list[int]:
    match atom:
        case Somebody() | LiveKnown():
            return [1]
        case ScoreOf(rules):
            earnable = any(kind.points > 0 for kind in policy.entries.values())
            most = rules.highest if earnable else rules.start
            return [rules.lowest, *sorted(bound for bound in bounds if rules.lowest < bound <= most)]
        case Others():
            return [0, *sorted(bound for bound in bounds if bound > 0)]
        case _:
            return [0, 1]
