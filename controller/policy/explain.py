"""A verdict in words for the person and the operator: what decided, each clause, and what would change it."""

from typing import Any

import msgspec

from ostiary.controller.policy.clause import Clause, Finding, parts_of
from ostiary.controller.policy.counterfactual import say_ways, ways
from ostiary.controller.policy.document import Policy
from ostiary.controller.policy.evaluate import Verdict
from ostiary.controller.policy.facts import Facts
from ostiary.controller.policy.forbids import FORBIDS
from ostiary.controller.policy.forbids.forbid import Forbid
from ostiary.controller.policy.key_factors import key_factors, say_factor, score_that_failed
from ostiary.controller.policy.language import pick
from ostiary.controller.policy.sentences import sentence


class Explanation(msgspec.Struct, frozen=True):
    """`sentence` says the verdict with every clause that decided it: all that hold for a grant, all that fail for a
    denial. `counterfactual` says what would change a denial; None for a grant, and where nobody but a human can
    change it. `clauses` are {clause, held, value, bound, say} in the order of the findings, of JSON types; those made
    of clauses have `parts`, of the same form. `factors` are the entries that weighed most, where a score was too low:
    {entry, kind, points, occurred_ms, expires_ms, say}, heaviest first.
    """

    sentence: str
    counterfactual: str | None
    clauses: tuple[dict[str, Any], ...]
    factors: tuple[dict[str, Any], ...] = ()


def explain(policy: Policy, facts: Facts, verdict: Verdict, language: str = "en") -> Explanation:
    """The explanation of `verdict`, which is `evaluate(policy, facts)`. Raises `UnknownLanguage`."""
    door = policy.doors.get(facts.door)
    if door is None:
        return Explanation(sentence(verdict.reason, language), None, ())
    applying = [forbid for forbid in FORBIDS if not forbid.check(facts).held]
    lines = [
        line_of(told, finding, language)
        for told, finding in zip([*applying, *door.grant], verdict.findings, strict=True)
    ]
    decisive = [str(line["say"]) for line in lines if line["held"] == verdict.granted]
    if verdict.granted:
        return Explanation(" ".join([sentence("granted", language), *decisive]), None, tuple(lines))
    if facts.person is None:
        return Explanation(sentence(verdict.reason, language), None, tuple(lines))
    counterfactual = change_of(policy, facts, language)
    return Explanation(" ".join(decisive), counterfactual, tuple(lines), factors_of(policy, verdict, language))


def line_of(told: Clause | Forbid, finding: Finding, language: str) -> dict[str, Any]:
    """The line of one finding, as in `clauses`. Raises `UnknownLanguage`."""
    line: dict[str, Any] = {
        "clause": finding.clause,
        "held": finding.held,
        "value": finding.value,
        "bound": finding.bound,
        "say": told.say(finding, language),
    }
    if finding.parts:
        together = zip(parts_of(told), finding.parts, strict=True)
        line["parts"] = [line_of(part, found, language) for part, found in together]
    return line


def factors_of(policy: Policy, verdict: Verdict, language: str) -> tuple[dict[str, Any], ...]:
    """The entries that weighed most, as in `factors`."""
    score = score_that_failed(verdict.findings)
    return tuple(
        {
            "entry": item.entry.id,
            "kind": item.entry.kind,
            "points": item.points,
            "occurred_ms": item.entry.occurred_ms,
            "expires_ms": item.entry.expires_ms,
            "say": say_factor(item, policy.entries, policy.zone, language),
        }
        for item in (key_factors(score) if score is not None else ())
    )


def change_of(policy: Policy, facts: Facts, language: str) -> str | None:
    """What would change the denial of a person who is there, as in `counterfactual`."""
    found = ways(policy, facts)
    if found:
        return say_ways(policy, facts, found, language)
    if any(not forbid.check(facts).held for forbid in FORBIDS):
        return None
    for clause in policy.doors[facts.door].grant:
        if not clause.check(facts).held and not clause.change(facts):
            return pick(clause.no_change, language)
    return None
