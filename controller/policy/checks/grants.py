"""A door that somebody can open, and no clause that could as well be away.

Both are asked of every case that the door's rule can tell apart (`cases.py`). A rule with too many cases for that is
left to the solver: `ostiary policy prove`.
"""

from collections.abc import Callable, Sequence

from ostiary.controller.policy import errors
from ostiary.controller.policy.around import Around
from ostiary.controller.policy.checks.cases import Cases, Together, cases_of
from ostiary.controller.policy.clause import Clause
from ostiary.controller.policy.document import UNREADABLE, Policy, Reading
from ostiary.controller.policy.formula import And, Formula, Or
from ostiary.controller.policy.reading import Value

Rebuild = Callable[[tuple[Formula, ...]], Formula]


def check(reading: Reading, draft: Policy, around: Around) -> None:
    """Notes `DoorForNobody` and `IdleClause`. A page whose score or hours cannot be read is not asked."""
    if draft.score is UNREADABLE or any(not hours.days for hours in draft.hours.values()):
        return
    together: Together = {}
    for name, door in draft.doors.items():
        whole = And(tuple(clause.formula(name) for clause in door.grant))
        cases = cases_of(whole, draft, around.today, together)
        if cases is None or not door.grant:
            continue
        grant = reading.doors[name]["grant"]
        if not cases.where(whole):
            found = f'the door "{name}", which nobody can ever open: {_never(door.grant, whole, cases)}'
            key = reading.key("doors", name)
            reading.findings.refuse(errors.DoorForNobody(key.at, found, "a grant that somebody can meet"))
            continue
        _note_idle(name, door.grant, grant, And, cases)


def _never(grant: Sequence[Clause], whole: And, cases: Cases) -> str:
    alone = [clause.name for clause, formula in zip(grant, whole.parts, strict=True) if not cases.where(formula)]
    return f"its clause {alone[0]} can never hold" if alone else "its clauses never hold together"


def _note_idle(door: str, clauses: Sequence[Clause], at: Value, rebuild: Rebuild, cases: Cases) -> None:
    """Note each clause of a list without which the whole, which `rebuild` makes of the list, stays the same."""
    pairs = [pair for item in at.items("clauses") for pair in item.pairs("clauses")]
    if len(pairs) != len(clauses):
        return  # one of them could not be read, so nobody can tell which place is whose
    kept = [clause.formula(door) for clause in clauses]
    for index in reversed(range(len(clauses))):  # of two that say the same, the first stays
        here, before, after = kept[index], kept[:index], kept[index + 1 :]
        whole, rest = rebuild((*before, here, *after)), rebuild((*before, *after))
        key, inner = pairs[index]
        parts: tuple[Clause, ...] = getattr(clauses[index], "parts", ())
        if cases.where(whole) == cases.where(rest):
            del kept[index]
            why = "holds always" if cases.where(here) == cases.all else "changes nothing beside the others"
            found = f'the clause {clauses[index].name} of the door "{door}", which {why}'
            key.findings.refuse(errors.IdleClause(key.at, found, "only clauses that matter"))
        elif parts:
            _note_idle(door, parts, inner, _inside(rebuild, before, Or if isinstance(here, Or) else And, after), cases)


def _inside(
    rebuild: Rebuild, before: Sequence[Formula], combine: type[And] | type[Or], after: Sequence[Formula]
) -> Rebuild:
    """What makes the whole of the parts of one clause, whose neighbours are as they are."""
    return lambda parts: rebuild((*before, combine(parts), *after))
