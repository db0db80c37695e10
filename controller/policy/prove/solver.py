"""The solver: is there a case in which a formula is true? Its terms become those of Z3, and a case becomes facts.

What is asked of the solver allows a little more than can happen (scores under other caps are taken for independent of
each other), so "there is none" is a proof. A case that it names is built and judged before anybody hears of it; one
that is not what it seemed is set aside, and another one asked for.

Z3: de Moura and Bjørner, TACAS 2008.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any

from ostiary.controller.policy.facts import Facts
from ostiary.controller.policy.formula import (
    And,
    Atom,
    Formula,
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
    Not,
    Or,
    Others,
    Reaches,
    ScoreOf,
    Somebody,
    atoms,
    follows,
    satisfied,
)
from ostiary.controller.policy.open_together import open_together
from ostiary.controller.policy.prove.realize import Case, realized
from ostiary.controller.policy.score import ScoreRules

MOST_CASES = 32
OF_SOMEBODY = (IsWithdrawn, IsRevoked, IsSuspended, IsMember, HasHolding, IsInside)
OF_LIVE = (IsInside, IsEscorted, IsLockedDown)


class SolverMissing(RuntimeError):
    """Z3 is not installed; a site that proves nothing needs none."""


class Undecided(Exception):
    """The solver came to no end in its time, or no case that it named could be made of real facts."""


def find(condition: Formula, door: str, today: date, timeout_ms: int) -> Facts | None:
    """Facts at `door` of which the condition is true; None is the proof that there are none.

    Hours are those of `open_together`, from `today` on. Raises `Undecided` and `SolverMissing`.
    """
    z3 = _z3()
    terms = _Terms(z3, atoms(condition), today)
    solver = z3.Solver()
    solver.set("timeout", timeout_ms)
    solver.set("random_seed", 0)
    solver.add(*terms.laws(), terms.of(condition))
    aside = 0
    while (answer := solver.check()) == z3.sat and aside < MOST_CASES:
        case = terms.case(solver.model())
        facts = realized(case, door)
        if satisfied(condition, facts):
            return facts
        aside += 1
        solver.add(z3.Not(terms.same(case)))
    if answer == z3.unsat and not aside:
        return None
    if answer == z3.unknown:
        raise Undecided(f"The solver did not come to an end within {timeout_ms / 1000:g} s.")
    raise Undecided("The solver named cases, and none of them could be made of a real ledger and a real moment.")


def _z3() -> Any:
    try:
        import z3  # type: ignore[reportMissingTypeStubs]  # forty megabytes, and only proofs need them
    except ImportError as error:
        raise SolverMissing(
            "Nothing was proved. The solver Z3 is not installed. Install it with: pip install 'ostiary[prove]'"
        ) from error
    return z3


class _Terms:
    """The atoms of one condition as Z3's terms."""

    def __init__(self, z3: Any, found: Sequence[Atom], today: date) -> None:
        self._z3 = z3
        # Every law about nobody and about an unknown live state needs these two.
        known: dict[str, Atom] = {atom.key: atom for atom in (Somebody(), LiveKnown(), *found)}
        self._atoms = tuple(known.values())
        self._hours = [atom for atom in self._atoms if isinstance(atom, IsOpen)]
        self._patterns = open_together([atom.hours for atom in self._hours], today)
        self._truths = {atom.key: z3.Bool(atom.key) for atom in self._atoms if not isinstance(atom, ScoreOf | Others)}
        self._others = {atom.key: z3.Int(atom.key) for atom in self._atoms if isinstance(atom, Others)}
        self._rules = [atom.rules for atom in self._atoms if isinstance(atom, ScoreOf)]
        self._sums = {_sum_of(rules): z3.Int(_sum_of(rules)) for rules in self._rules}

    def of(self, formula: Formula) -> Any:
        """The formula as a term."""
        z3 = self._z3
        match formula:
            case And(parts):
                return z3.And([self.of(part) for part in parts])
            case Or(parts):
                return z3.Or([self.of(part) for part in parts])
            case Not(part):
                return z3.Not(self.of(part))
            case Reaches(ScoreOf(rules), bound):
                return self._score(rules) >= bound
            case Reaches(number, bound):
                return self._others[number.key] >= bound
            case truth:
                return self._truths[truth.key]

    def laws(self) -> list[Any]:
        """What holds in every case: the dependences that `formula.py` states, and which hours are open together."""
        z3, truths, found = self._z3, self._truths, list[Any]()
        somebody, live = truths[Somebody().key], truths[LiveKnown().key]
        for atom in self._atoms:
            if isinstance(atom, OF_SOMEBODY):
                found.append(z3.Implies(truths[atom.key], somebody))
            if isinstance(atom, OF_LIVE):
                found.append(z3.Implies(truths[atom.key], live))
            if isinstance(atom, Others):
                found.append(z3.And(self._others[atom.key] >= 0, z3.Implies(z3.Not(live), self._others[atom.key] == 0)))
            found += [self._follows(wider, atom) for wider in self._atoms if wider is not atom and follows(wider, atom)]
        for rules in self._rules:
            # Beyond these bounds the score is at an end of its range and stays there.
            sums = [other for other in self._rules if _sum_of(other) == _sum_of(rules)]
            lowest = min(other.lowest - other.start for other in sums) if rules.largest_penalty else 0
            total = self._sums[_sum_of(rules)]
            found.append(z3.And(total >= lowest, total <= max(other.highest - other.start for other in sums)))
        patterns = [z3.And([self._open(pattern, at) for at in range(len(self._hours))]) for pattern in self._patterns]
        return [*found, z3.Or(patterns)]

    def case(self, model: Any) -> Case:
        """The case that a model of the solver states."""
        z3 = self._z3

        def value(term: Any) -> Any:
            return model.eval(term, model_completion=True)

        true = frozenset(key for key, term in self._truths.items() if z3.is_true(value(term)))
        return Case(
            atoms=self._atoms,
            true=true,
            others={key: value(term).as_long() for key, term in self._others.items()},
            sums=[(rules, value(self._sums[_sum_of(rules)]).as_long()) for rules in self._rules],
            at_ms=self._patterns[tuple(atom.key in true for atom in self._hours)],
        )

    def same(self, case: Case) -> Any:
        """True of this case alone."""
        z3 = self._z3
        truths = [term if key in case.true else z3.Not(term) for key, term in self._truths.items()]
        others = [self._others[key] == value for key, value in case.others.items()]
        return z3.And([*truths, *others, *[self._sums[_sum_of(rules)] == total for rules, total in case.sums]])

    def _score(self, rules: ScoreRules) -> Any:
        z3, total = self._z3, self._sums[_sum_of(rules)] + rules.start
        clamped = z3.If(total < rules.lowest, rules.lowest, z3.If(total > rules.highest, rules.highest, total))
        return z3.If(self._truths[Somebody().key], clamped, rules.lowest)

    def _follows(self, wider: Atom, narrower: Atom) -> Any:
        if isinstance(wider, Others):
            return self._others[wider.key] >= self._others[narrower.key]
        return self._z3.Implies(self._truths[narrower.key], self._truths[wider.key])

    def _open(self, pattern: tuple[bool, ...], at: int) -> Any:
        term = self._truths[self._hours[at].key]
        return term if pattern[at] else self._z3.Not(term)


def _sum_of(rules: ScoreRules) -> str:
    """The name of the sum of all points that count. It is the same under every policy with the same caps; where they
    start and where they end is another matter."""
    return f"sum:{rules.context}:{rules.largest_penalty}:{rules.penalties_in_30d}"
