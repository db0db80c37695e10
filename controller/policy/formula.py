"""A door's rule as a formula over a few named facts: what a solver, a linter or the keeper reads instead of clauses.

A formula is made of `And`, `Or` and `Not` over *truths* (booleans) and over `Reaches`, which compares a *number* with a
bound. There is nothing else: whoever can translate the classes of this file can translate every clause type, those that
do not exist yet among them, without knowing any of them.

| term | kind | what it says of one request |
|---|---|---|
| `And(parts)`, `Or(parts)`, `Not(part)` | formula | as in logic; `And(())` is true, `Or(())` is false |
| `Reaches(number, bound)` | formula | number ≥ bound |
| `Somebody()` | truth | somebody was identified |
| `IsWithdrawn()`, `IsRevoked()`, `IsSuspended()` | truth | how that person stands, now |
| `IsMember(state)` | truth | a membership in this state runs now |
| `HasHolding(name)` | truth | a holding of this name runs now |
| `IsOpen(hours)` | truth | these hours are open now |
| `LiveKnown()` | truth | whoever decides knows the live state; a node that decides alone does not |
| `IsLockedDown()` | truth | the door or its site is locked down |
| `IsInside(doors, for_ms)` | truth | the person went in by one of these doors less than `for_ms` ago and has not left |
| `IsEscorted(holding, within_ms)` | truth | somebody else who holds this was let in here less than `within_ms` ago |
| `ScoreOf(rules)` | number | the score under these rules: a whole number from `rules.lowest` to `rules.highest` |
| `Others(doors, for_ms)` | number | how many other people are inside by these doors: a whole number from 0 |

Truths and numbers together are *atoms*, and independent of each other, except that without `Somebody` every truth about
a person is false and the score is `rules.lowest`; that without `LiveKnown` every live truth is false and every live
number 0; that an atom with a longer time follows from the same one with a shorter; and that hours are functions of the
time alone. `key` names an atom: two atoms, of one document or of two, mean the same if their keys are the same.

`satisfied(formula, facts)` is what a clause's `check` finds for the same facts: a test holds every type to that.
"""

from dataclasses import dataclass

from ostiary.controller.policy.canonical import sha256_of
from ostiary.controller.policy.facts import Facts, Inside
from ostiary.controller.policy.hours import Hours
from ostiary.controller.policy.score import ScoreRules, score


@dataclass(frozen=True, slots=True)
class And:
    """All of these."""

    parts: "tuple[Formula, ...]"


@dataclass(frozen=True, slots=True)
class Or:
    """At least one of these."""

    parts: "tuple[Formula, ...]"


@dataclass(frozen=True, slots=True)
class Not:
    """Not this."""

    part: "Formula"


@dataclass(frozen=True, slots=True)
class Somebody:
    """Somebody was identified."""

    @property
    def key(self) -> str:
        return "somebody"

    def value(self, facts: Facts) -> bool:
        return facts.person is not None


@dataclass(frozen=True, slots=True)
class IsWithdrawn:
    """The person has left the site for good."""

    @property
    def key(self) -> str:
        return "withdrawn"

    def value(self, facts: Facts) -> bool:
        return facts.person is not None and facts.person.withdrawn


@dataclass(frozen=True, slots=True)
class IsRevoked:
    """The person's access is revoked."""

    @property
    def key(self) -> str:
        return "revoked"

    def value(self, facts: Facts) -> bool:
        return facts.person is not None and facts.person.revoked


@dataclass(frozen=True, slots=True)
class IsSuspended:
    """The person's access is suspended now."""

    @property
    def key(self) -> str:
        return "suspended"

    def value(self, facts: Facts) -> bool:
        return facts.person is not None and facts.person.suspended_at(facts.at_ms)


@dataclass(frozen=True, slots=True)
class IsMember:
    """A membership in this state runs."""

    state: str

    @property
    def key(self) -> str:
        return f"member:{self.state}"

    def value(self, facts: Facts) -> bool:
        return facts.person is not None and any(
            one.state == self.state and one.at(facts.at_ms) for one in facts.person.member
        )


@dataclass(frozen=True, slots=True)
class HasHolding:
    """A holding of this name runs."""

    name: str

    @property
    def key(self) -> str:
        return f"holds:{self.name}"

    def value(self, facts: Facts) -> bool:
        return facts.person is not None and any(
            one.name == self.name and one.at(facts.at_ms) for one in facts.person.holds
        )


@dataclass(frozen=True, slots=True)
class IsOpen:
    """These hours are open. A solver that wants to know more than open or closed reads `hours`."""

    hours: Hours

    @property
    def key(self) -> str:
        return f"hours:{sha256_of(self.hours.as_document())}"

    def value(self, facts: Facts) -> bool:
        return self.hours.open_until(facts.at_ms) is not None


@dataclass(frozen=True, slots=True)
class LiveKnown:
    """The live state is known to whoever decides."""

    @property
    def key(self) -> str:
        return "live"

    def value(self, facts: Facts) -> bool:
        return facts.live is not None


@dataclass(frozen=True, slots=True)
class IsLockedDown:
    """The door or its site is locked down."""

    @property
    def key(self) -> str:
        return "lockdown"

    def value(self, facts: Facts) -> bool:
        return facts.live is not None and facts.live.lockdown_ms is not None


@dataclass(frozen=True, slots=True)
class IsInside:
    """The person went in by one of `doors` (sorted names) less than `for_ms` ago and is not known to have left."""

    doors: tuple[str, ...]
    for_ms: int

    @property
    def key(self) -> str:
        return f"inside:{','.join(self.doors)}:{self.for_ms}"

    def value(self, facts: Facts) -> bool:
        return any(one.who == 0 for one in inside(facts, self.doors, self.for_ms))


@dataclass(frozen=True, slots=True)
class IsEscorted:
    """Somebody else who holds `holding` was let in at this door less than `within_ms` ago."""

    holding: str
    within_ms: int

    @property
    def key(self) -> str:
        return f"escorted:{self.holding}:{self.within_ms}"

    def value(self, facts: Facts) -> bool:
        return facts.live is not None and any(
            one.holding == self.holding and one.runs(facts.at_ms, self.within_ms) for one in facts.live.escorts
        )


@dataclass(frozen=True, slots=True)
class ScoreOf:
    """The person's score under these rules."""

    rules: ScoreRules

    @property
    def key(self) -> str:
        rules = self.rules
        caps = f"{rules.largest_penalty}:{rules.penalties_in_30d}"
        return f"score:{rules.context}:{rules.lowest}:{rules.highest}:{rules.start}:{caps}"

    def value(self, facts: Facts) -> int:
        if facts.person is None:
            return self.rules.lowest
        return score(facts.person.entries, self.rules, facts.at_ms).value


@dataclass(frozen=True, slots=True)
class Others:
    """How many other people went in by one of `doors` (sorted names) less than `for_ms` ago and have not left."""

    doors: tuple[str, ...]
    for_ms: int

    @property
    def key(self) -> str:
        return f"others:{','.join(self.doors)}:{self.for_ms}"

    def value(self, facts: Facts) -> int:
        return len({one.who for one in inside(facts, self.doors, self.for_ms)} - {0})


Number = ScoreOf | Others


@dataclass(frozen=True, slots=True)
class Reaches:
    """The number is the bound or more."""

    number: Number
    bound: int


LiveTruth = IsInside | IsEscorted | IsLockedDown | LiveKnown
Truth = Somebody | IsWithdrawn | IsRevoked | IsSuspended | IsMember | HasHolding | IsOpen | LiveTruth
LiveAtom = LiveTruth | Others
Atom = Truth | Number
Formula = And | Or | Not | Reaches | Truth


def inside(facts: Facts, doors: tuple[str, ...], for_ms: int) -> list[Inside]:
    """Whoever is inside by one of these doors, each passage on its own. One that lies ahead counts: a clock went back,
    and doubt denies."""
    live = facts.live.inside if facts.live is not None else ()
    return [one for one in live if one.door in doors and facts.at_ms < one.since_ms + for_ms]


def satisfied(formula: Formula, facts: Facts) -> bool:
    """Whether the formula is true of these facts."""
    match formula:
        case And(parts):
            return all(satisfied(part, facts) for part in parts)
        case Or(parts):
            return any(satisfied(part, facts) for part in parts)
        case Not(part):
            return not satisfied(part, facts)
        case Reaches(number, bound):
            return number.value(facts) >= bound
        case truth:
            return truth.value(facts)


def atoms(formula: Formula) -> tuple[Atom, ...]:
    """The atoms that a formula reads, each once, in the order in which it first reads them."""
    found: dict[str, Atom] = {}
    waiting: list[Formula] = [formula]
    while waiting:
        match waiting.pop():
            case And(parts) | Or(parts):
                waiting.extend(reversed(parts))
            case Not(part):
                waiting.append(part)
            case Reaches(number, _):
                found.setdefault(number.key, number)
            case truth:
                found.setdefault(truth.key, truth)
    return tuple(found.values())


def follows(wider: Atom, narrower: Atom) -> bool:
    """Whether `wider` is at least as true, or as large, as `narrower` in every case: more doors, or a longer time."""
    match wider, narrower:
        case (IsInside(), IsInside()) | (Others(), Others()):
            return set(narrower.doors) <= set(wider.doors) and narrower.for_ms <= wider.for_ms
        case IsEscorted(), IsEscorted():
            return narrower.holding == wider.holding and narrower.within_ms <= wider.within_ms
        case _:
            return wider.key == narrower.key
