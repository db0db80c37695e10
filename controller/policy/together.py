"""How clauses come to hold together: what must be done, and the first moment at which they all do."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import islice, product
from typing import Protocol

from ostiary.controller.policy.change import Change, Deed, Wait, Way, deeds_of
from ostiary.controller.policy.clause import Finding
from ostiary.controller.policy.facts import LATEST_MS, Facts
from ostiary.controller.policy.hours import HORIZON_MS

MOST_COMBINATIONS = 64
MOST_TURNS = 64


class Condition(Protocol):
    """What a clause and a forbid have in common here."""

    def check(self, facts: Facts) -> Finding: ...

    def change(self, facts: Facts) -> list[Change]: ...

    def next_change(self, facts: Facts) -> int | None: ...


def ways_to_all(conditions: Sequence[Condition], facts: Facts, most: int) -> list[Way]:
    """Up to `most` ways after which all conditions hold: those that help at once come first, fewest entries first;
    waiting alone, where it helps, is always among them. None if they hold.

    Each way names the first moment at which they hold together, for somebody who does these deeds and of whom nothing
    further is recorded until then; `with_reasons` says what that moment brings. A way is left out where another asks
    for a part of its deeds and is no later.
    """
    failing = [condition for condition in conditions if not condition.check(facts).held]
    if not failing:
        return []
    choices = [dict.fromkeys([deeds_of(change) for change in condition.change(facts)] + [()]) for condition in failing]
    # Waiting alone is looked at first: however many combinations there are, it is not lost among them.
    combined = ((), *islice(product(*choices), MOST_COMBINATIONS))
    wanted = {frozenset(deed for part in chosen for deed in part): chosen for chosen in combined}
    found = [way for chosen in wanted.values() if (way := _way(conditions, facts, _flat(chosen))) is not None]
    found = [way for way in found if not any(_better(other, way) for other in found)]
    found.sort(key=lambda way: (way.at_ms > facts.at_ms, way.entries, len(way.deeds), way.at_ms))
    waiting = [way for way in found if not way.deeds]
    acting = [_without_vain_deeds(conditions, facts, way) for way in found if way.deeds][: most - len(waiting)]
    kept = {frozenset(way.deeds): way for way in (*acting, *waiting)}.values()
    return [way for way in kept if not any(_better(other, way) for other in kept)]


def with_reasons(conditions: Sequence[Condition], facts: Facts, way: Way) -> Way:
    """The way with what its time brings: for each condition that fails on the way, the last wait for it."""
    waits: dict[int, Wait] = {}
    done = Way(way.deeds, facts.at_ms).apply(facts)
    while done.at_ms < way.at_ms:
        for number, condition in enumerate(conditions):
            wait = next((change for change in condition.change(done) if isinstance(change, Wait)), None)
            if wait is not None:
                waits[number] = wait
        done = done.at(max(wait.at_ms for wait in waits.values()))
    return replace(way, waits=tuple(waits.values()))


def first_moment(conditions: Sequence[Condition], facts: Facts, held: bool = True) -> int | None:
    """The first moment, now or later, at which every condition holds (or, not `held`, at which none does) if nothing
    but time goes on; None: not in sight."""
    now, turn = facts, 0
    while others := [condition for condition in conditions if condition.check(now).held != held]:
        turns = [condition.next_change(now) for condition in others]
        known = [at_ms for at_ms in turns if at_ms is not None and at_ms <= LATEST_MS]
        if len(known) < len(turns) or (turn >= MOST_TURNS and max(known) > facts.at_ms + HORIZON_MS):
            return None
        turn += 1
        # None of them turns before its own next change, so nothing is missed by going to the latest of these.
        now = now.at(max(known))
    return now.at_ms


def first_change(conditions: Sequence[Condition], facts: Facts) -> int | None:
    """When the first of these conditions changes its truth; None: not in sight."""
    return min((at_ms for one in conditions if (at_ms := one.next_change(facts)) is not None), default=None)


def _way(conditions: Sequence[Condition], facts: Facts, deeds: tuple[Deed, ...]) -> Way | None:
    """These deeds and the first moment after them at which all conditions hold; None if waiting brings no such."""
    at_ms = first_moment(conditions, Way(deeds, facts.at_ms).apply(facts))
    return None if at_ms is None else Way(deeds, at_ms)


def _flat(chosen: tuple[tuple[Deed, ...], ...]) -> tuple[Deed, ...]:
    return tuple(dict.fromkeys(deed for part in chosen for deed in part))


def _without_vain_deeds(conditions: Sequence[Condition], facts: Facts, way: Way) -> Way:
    """The same way, or one with fewer of its deeds that is no later."""
    for deed in way.deeds:
        rest = tuple(other for other in way.deeds if other is not deed)
        shorter = _way(conditions, facts, rest)
        if shorter is not None and shorter.at_ms <= way.at_ms:
            return _without_vain_deeds(conditions, facts, shorter)
    return way


def _better(one: Way, other: Way) -> bool:
    """Whether `one` asks for a true part of the other's deeds and is no later."""
    return set(one.deeds) < set(other.deeds) and one.at_ms <= other.at_ms
