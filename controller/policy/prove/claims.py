"""The closed set of statements that can be proved of one policy, each in words, each by asking for a case against it.

| word | what is stated |
|---|---|
| `opens` | each door can be opened by somebody |
| `matters` | each clause matters: without it, somebody else would get in |
| `forbids` | no door opens for nobody, for a person who is withdrawn, revoked or suspended, or in a lockdown |
| `monotone` | more points never shut a door |
| `all` | all of these |
| `DOOR needs CLAUSE: NAME` | whoever passes that door meets this: `laser-room needs holds: laser-induction` |
| `DOOR within DOOR` | whoever passes the first could pass the second at that moment |
"""

import difflib
from collections.abc import Callable, Iterator
from datetime import date

from ostiary.controller.policy.clause import Clause, parts_of
from ostiary.controller.policy.document import Policy
from ostiary.controller.policy.evaluate import as_formula
from ostiary.controller.policy.formula import (
    And,
    Formula,
    HasHolding,
    IsLockedDown,
    IsMember,
    IsOpen,
    IsRevoked,
    IsSuspended,
    IsWithdrawn,
    Not,
    Or,
    Reaches,
    ScoreOf,
    Somebody,
    atoms,
)
from ostiary.controller.policy.prove.proof import Example, Outcome, Proof
from ostiary.controller.policy.prove.realize import say_case
from ostiary.controller.policy.prove.solver import Undecided, find
from ostiary.controller.policy.reading import listed

TIMEOUT_MS = 10_000
NEEDED = ("member", "holds", "score", "within")

Claim = Callable[[Policy, date, int], Iterator[Proof]]


class UnknownClaim(ValueError):
    """A statement that is none of those that can be proved."""

    def __init__(self, found: str, expected: str, known: list[str]) -> None:
        near = difflib.get_close_matches(found, known, n=1)
        meant = f' Did you mean "{near[0]}"?' if near else ""
        super().__init__(f'Nothing was proved: found "{found}", expected {expected}.{meant}')


def prove(policy: Policy, claim: str, today: date, timeout_ms: int = TIMEOUT_MS) -> Iterator[Proof]:
    """What becomes of a claim, one statement after the other. The solver has `timeout_ms` for each question; hours are
    looked at from `today` on. Raises `UnknownClaim` and `SolverMissing`."""
    words = claim.split(None, 2)
    match words:
        case ["all"]:
            for each in CLAIMS.values():
                yield from each(policy, today, timeout_ms)
        case [word] if word in CLAIMS:
            yield from CLAIMS[word](policy, today, timeout_ms)
        case [door, "needs", needed]:
            _known_door(policy, door)
            wanted, said = _needed(policy, needed)
            against = And((as_formula(policy, door), Not(wanted)))
            yield never(policy, f"Whoever passes {door} {said}.", against, door, today, timeout_ms)
        case [door, "within", other]:
            _known_door(policy, door)
            _known_door(policy, other)
            against = And((as_formula(policy, door), Not(as_formula(policy, other))))
            statement = f"Whoever passes {door} could pass {other} at that moment."
            yield never(policy, statement, against, door, today, timeout_ms)
        case _:
            expected = f'{listed((*CLAIMS, "all"))}, "DOOR needs CLAUSE: NAME" or "DOOR within DOOR"'
            raise UnknownClaim(claim, expected, [*CLAIMS, "all"])


def never(policy: Policy, statement: str, against: Formula, door: str, today: date, timeout_ms: int) -> Proof:
    """The statement is proved if no case is against it."""
    try:
        found = find(against, door, today, timeout_ms)
    except Undecided as end:
        return Proof(statement, Outcome.UNDECIDED, why=str(end))
    if found is None:
        return Proof(statement, Outcome.PROVED)
    return Proof(statement, Outcome.REFUTED, Example(found, say_case(found, atoms(against), policy.zone)))


def _sometimes(policy: Policy, statement: str, case: Formula, door: str, today: date, timeout_ms: int) -> Proof:
    """The statement is proved if there is such a case."""
    try:
        found = find(case, door, today, timeout_ms)
    except Undecided as end:
        return Proof(statement, Outcome.UNDECIDED, why=str(end))
    if found is None:
        return Proof(statement, Outcome.REFUTED, why="There is no case in which it is so.")
    return Proof(statement, Outcome.PROVED, Example(found, say_case(found, atoms(case), policy.zone)))


def _opens(policy: Policy, today: date, timeout_ms: int) -> Iterator[Proof]:
    for door in policy.doors:
        yield _sometimes(policy, f"Somebody can open {door}.", as_formula(policy, door), door, today, timeout_ms)


def _forbids(policy: Policy, today: date, timeout_ms: int) -> Iterator[Proof]:
    forbidden = Or((Not(Somebody()), IsWithdrawn(), IsRevoked(), IsSuspended(), IsLockedDown()))
    for door in policy.doors:
        statement = (
            f"{door} opens for nobody who is unknown, withdrawn, revoked or suspended, and for nobody in a lockdown."
        )
        yield never(policy, statement, And((as_formula(policy, door), forbidden)), door, today, timeout_ms)


def _monotone(policy: Policy, today: date, timeout_ms: int) -> Iterator[Proof]:
    """For a rule that only asks whether a score reaches some bounds, it is enough to look at each bound and the next
    lower one."""
    for door in policy.doors:
        rule = as_formula(policy, door)
        bounds = sorted(set(_score_bounds(rule)))
        below: list[int | None] = [None, *bounds]
        against = [
            And((_at_score(rule, lower), Not(_at_score(rule, higher))))
            for lower, higher in zip(below, bounds, strict=False)
        ]
        if against:
            yield never(policy, f"More points never shut {door}.", Or(tuple(against)), door, today, timeout_ms)


def _matters(policy: Policy, today: date, timeout_ms: int) -> Iterator[Proof]:
    for name, door in policy.doors.items():
        rule = as_formula(policy, name)
        if not isinstance(rule, And):
            continue
        first = len(rule.parts) - len(door.grant)
        for at, clause in enumerate(door.grant, first):
            for path, without in _without(clause.name, clause, rule, at, lambda whole: whole):
                statement = f"At {name} the clause {path} matters: without it, the door would open otherwise."
                otherwise = Or((And((rule, Not(without))), And((without, Not(rule)))))
                yield _sometimes(policy, statement, otherwise, name, today, timeout_ms)


def _without(
    path: str, clause: Clause, whole: And | Or, at: int, rule: Callable[[Formula], Formula]
) -> Iterator[tuple[str, Formula]]:
    """For the clause whose formula is part `at` of `whole`, and for each clause inside it: its path in words, and the
    rule without it. `rule` makes the whole rule of what stands in the place of `whole`."""
    combine = type(whole)
    before, own, after = whole.parts[:at], whole.parts[at], whole.parts[at + 1 :]
    yield path, rule(combine((*before, *after)))
    inner = parts_of(clause)
    if inner and isinstance(own, And | Or):
        for place, part in enumerate(inner):
            inside = f"{path} > {part.name}"
            yield from _without(inside, part, own, place, lambda put: rule(combine((*before, put, *after))))


CLAIMS: dict[str, Claim] = {"opens": _opens, "matters": _matters, "forbids": _forbids, "monotone": _monotone}


def _known_door(policy: Policy, door: str) -> None:
    if door not in policy.doors:
        raise UnknownClaim(door, f"a door: {listed(policy.doors)}", list(policy.doors))


def _needed(policy: Policy, needed: str) -> tuple[Formula, str]:
    """`holds: laser-induction` as a formula, and how it is said of whoever passes."""
    word, _, name = (part.strip() for part in needed.partition(":"))
    match word:
        case "member" if name:
            return IsMember(name), f"is a member ({name})"
        case "holds" if name:
            return HasHolding(name), f"holds {name}"
        case "within" if name in policy.hours:
            return IsOpen(policy.hours[name]), f"does so within {name}"
        case "within":
            raise UnknownClaim(name, f"hours: {listed(policy.hours) if policy.hours else 'none'}", list(policy.hours))
        case "score" if policy.score is not None and name.isdecimal() and len(name) < 10:
            return Reaches(ScoreOf(policy.score), int(name)), f"has a score of {name} or more"
        case _:
            raise UnknownClaim(needed, f"{listed(NEEDED)}, a colon and a name or a score", list(NEEDED))


def _score_bounds(formula: Formula) -> Iterator[int]:
    """The bounds with which a score is compared."""
    match formula:
        case And(parts) | Or(parts):
            for part in parts:
                yield from _score_bounds(part)
        case Not(part):
            yield from _score_bounds(part)
        case Reaches(ScoreOf(), bound):
            yield bound
        case _:
            return


def _at_score(formula: Formula, reached: int | None) -> Formula:
    """The formula for somebody whose score is `reached` exactly (None: below every bound)."""
    match formula:
        case And(parts):
            return And(tuple(_at_score(part, reached) for part in parts))
        case Or(parts):
            return Or(tuple(_at_score(part, reached) for part in parts))
        case Not(part):
            return Not(_at_score(part, reached))
        case Reaches(ScoreOf(), bound):
            return And(()) if reached is not None and reached >= bound else Or(())
        case leaf:
            return leaf
