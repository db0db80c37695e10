"""The shortest honest ways from a denial to a grant, each checked by applying it: earn, ask, wait, or some of each."""

from collections.abc import Mapping
from itertools import groupby

from ostiary.controller.policy.change import Bring, Way
from ostiary.controller.policy.document import Policy
from ostiary.controller.policy.facts import Facts
from ostiary.controller.policy.forbids import FORBIDS
from ostiary.controller.policy.language import pick, say_and, say_moment, say_or
from ostiary.controller.policy.together import ways_to_all, with_reasons

MOST_WAYS = 3

WAIT: Mapping[str, str] = {
    "en": "wait until {moment}, when {because}",
    "de": "bis zum {moment} warten, wenn {because}",
}
BOTH: Mapping[str, str] = {"en": "{deeds} and then {wait}", "de": "{deeds} und dann {wait}"}
THERE: Mapping[str, str] = {"en": "{wait}, and then {deeds}", "de": "{wait} und dann {deeds}"}
OPENS: Mapping[str, str] = {
    "en": "What would open this door for you: {ways}.",
    "de": "Was diese Tür für Sie öffnen würde: {ways}.",
}
COME: Mapping[str, str] = {"en": "Please {wait}.", "de": "Bitte {wait}."}
OF: Mapping[str, str] = {"en": "{value} of {bound}: {ways}.", "de": "{value} von {bound}: {ways}."}


def ways(policy: Policy, facts: Facts) -> list[Way]:
    """Up to three ways to a grant: those that work at once come first, fewest entries first; waiting alone, where it
    helps, is always among them. None for a grant, an unknown door, nobody, and a forbid that no time lifts.

    Each way names the first moment at which every clause of the door holds together, for somebody who does these deeds
    and of whom nothing further is recorded until then.
    """
    door = policy.doors.get(facts.door)
    if door is None or facts.person is None:
        return []
    conditions = (*FORBIDS, *door.grant)
    return [with_reasons(conditions, facts, way) for way in ways_to_all(conditions, facts, MOST_WAYS)]


def say_ways(policy: Policy, facts: Facts, found: list[Way], language: str) -> str:
    """One or more ways as one sentence: "592 of 600: one course passed (+10), or wait until …"."""
    said = say_or(_say_each(found, facts, policy, language), language)
    for clause in policy.doors[facts.door].grant:
        finding = clause.check(facts)
        if finding.score is not None and not finding.held and not finding.parts:
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
        # Whoever is to come along does so when the time has come, not before.
        together = THERE if any(isinstance(deed, Bring) for way in group for deed in way.deeds) else BOTH
        parts.append(pick(together, language).format(deeds=say_or(deeds, language), wait=wait) if deeds else wait)
    return parts
