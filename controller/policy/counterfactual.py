"""The shortest honest ways from a denial to a grant, each checked by applying it: earn, ask, wait, or some of each."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import groupby, islice, product

from ostiary.controller.policy.change import Deed, Earn, Wait
from ostiary.controller.policy.clause import Clause
from ostiary.controller.policy.document import Policy
from ostiary.controller.policy.facts import LATEST_MS, Facts
from ostiary.controller.policy.forbids import FORBIDS
from ostiary.controller.policy.language import pick, say_and, say_moment, say_or

MOST_WAYS = 3
MOST_COMBINATIONS = 64
MOST_WAITS = 64

WAIT: Mapping[str, str] = {
    "en": "wait until {moment}, when {because}",
    "de": "bis zum {moment} warten, wenn {because}",
}
BOTH: Mapping[str, str] = {"en": "{deeds} and then {wait}", "de": "{deeds} und dann {wait}"}
OPENS: Mapping[str, str] = {
    "en": "What would open this door for you: {ways}.",
    "de": "Was diese Tür für Sie öffnen würde: {ways}.",
}
COME: Mapping[str, str] = {"en": "Please {wait}.", "de": "Bitte {wait}."}
OF: Mapping[str, str] = {"en": "{value} of {bound}: {ways}.", "de": "{value} von {bound}: {ways}."}


@dataclass(frozen=True, slots=True)
class Way:
    """Do all of `deeds` now, and the door opens from `at_ms` on (the time of the request: at once). `waits` say what
    that time brings."""

    deeds: tuple[Deed, ...]
    at_ms: int
    waits: tuple[Wait, ...]

    def apply(self, facts: Facts) -> Facts:
        """The facts after going this way."""
        for deed in self.deeds:
            facts = deed.apply(facts)
        return replace(facts, at_ms=self.at_ms)

    @property
    def entries(self) -> int:
        """How many entries it takes."""
        return sum(deed.count for deed in self.deeds if isinstance(deed, Earn))


def ways(policy: Policy, facts: Facts) -> list[Way]:
    """Up to three ways to a grant: those that work at once come first, fewest entries first; waiting alone, where it
    helps, is always among them. None for a grant, a forbid, an unknown door or nobody.

    Each way names the first moment at which every clause of the door holds together, for somebody who does these deeds
    now and of whom nothing further is recorded until then. A way is left out where another asks for a part of its deeds
    and is no later.
    """
    door = policy.doors.get(facts.door)
    if door is None or facts.person is None or any(forbid.applies(facts.person) for forbid in FORBIDS):
        return []
    failing = [clause for clause in door.grant if not clause.check(facts).held]
    if not failing:
        return []
    choices: list[list[Deed | None]] = []
    for clause in failing:
        deeds: list[Deed | None] = [change for change in clause.change(facts) if not isinstance(change, Wait)]
        choices.append([*deeds, None])
    found: list[Way] = []
    for chosen in islice(product(*choices), MOST_COMBINATIONS):
        way = _first_grant(door.grant, facts, tuple(dict.fromkeys(deed for deed in chosen if deed is not None)))
        if way is not None:
            found.append(way)
    kept = [way for way in found if not any(_better(other, way) for other in found)]
    kept.sort(key=lambda way: (way.at_ms > facts.at_ms, way.entries, len(way.deeds), way.at_ms))
    waiting = [way for way in kept if not way.deeds]
    acting = [way for way in kept if way.deeds]
    return [*acting[: MOST_WAYS - len(waiting)], *waiting]


def say_ways(policy: Policy, facts: Facts, found: list[Way], language: str) -> str:
    """One or more ways as one sentence: "592 of 600: one course passed (+10), or wait until …"."""
    said = say_or(_say_each(found, facts, policy, language), language)
    for clause in policy.doors[facts.door].grant:
        finding = clause.check(facts)
        if finding.score is not None and not finding.held:
            return pick(OF, language).format(value=finding.value, bound=finding.bound, ways=said)
    if any(way.deeds for way in found):
        return pick(OPENS, language).format(ways=said)
    return pick(COME, language).format(wait=said)


def _say_each(found: list[Way], facts: Facts, policy: Policy, language: str) -> list[str]:
    """Ways that work at once one by one, then those that also need the same time as one: "a, or b and then wait …"."""
    parts: list[str] = []
    for at_ms, same in groupby(found, key=lambda way: way.at_ms):
        group = list(same)
        deeds = [say_and([deed.say(language) for deed in way.deeds], language) for way in group if way.deeds]
        if at_ms <= facts.at_ms:
            parts.extend(deeds)
            continue
        reasons = dict.fromkeys(pick(wait.because, language) for way in group for wait in way.waits)
        moment = say_moment(at_ms, policy.zone, language)
        wait = pick(WAIT, language).format(moment=moment, because=say_and(list(reasons), language))
        parts.append(pick(BOTH, language).format(deeds=say_or(deeds, language), wait=wait) if deeds else wait)
    return parts


def _first_grant(grant: tuple[Clause, ...], facts: Facts, deeds: tuple[Deed, ...]) -> Way | None:
    """The way of these deeds, with the first time at which all clauses hold; None if waiting brings no such time."""
    done = facts
    for deed in deeds:
        done = deed.apply(done)
    waits: dict[int, Wait] = {}
    for _ in range(MOST_WAITS):
        failing = [number for number, clause in enumerate(grant) if not clause.check(done).held]
        if not failing:
            return Way(deeds, done.at_ms, tuple(waits.values()))
        for number in failing:
            first = next((change for change in grant[number].change(done) if isinstance(change, Wait)), None)
            if first is None or first.at_ms > LATEST_MS:
                return None
            waits[number] = first
        # No clause that fails now holds before its own first time, so nothing is missed by going to the latest of them.
        done = replace(done, at_ms=max(waits[number].at_ms for number in failing))
    return None


def _better(one: Way, other: Way) -> bool:
    """Whether `one` asks for a true part of the other's deeds and is no later."""
    return set(one.deeds) < set(other.deeds) and one.at_ms <= other.at_ms
