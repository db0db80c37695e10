"""A verdict in words for the person and the operator: what decided, each clause, and what would change it."""

from dataclasses import dataclass

from ostiary.controller.policy.clause import Finding, Scalar
from ostiary.controller.policy.counterfactual import say_ways, ways
from ostiary.controller.policy.document import Policy
from ostiary.controller.policy.evaluate import Verdict
from ostiary.controller.policy.facts import Facts
from ostiary.controller.policy.forbids import FORBIDS
from ostiary.controller.policy.language import pick
from ostiary.controller.policy.sentences import sentence


@dataclass(frozen=True, slots=True)
class Explanation:
    """`sentence` says the verdict with every clause that decided it: all that hold for a grant, all that fail for a
    denial. `counterfactual` says what would change a denial; None for a grant, and where nobody but a human can
    change it. `clauses` are {clause, held, value, bound, say} in the order of the findings, of JSON types.
    """

    sentence: str
    counterfactual: str | None
    clauses: tuple[dict[str, Scalar], ...]


def explain(policy: Policy, facts: Facts, verdict: Verdict, language: str = "en") -> Explanation:
    """The explanation of `verdict`, which is `evaluate(policy, facts)`. Raises `UnknownLanguage`."""
    door = policy.doors.get(facts.door)
    if door is None:
        return Explanation(sentence(verdict.reason, language), None, ())
    clauses: list[dict[str, Scalar]] = []
    decisive: list[str] = []
    applying = len(verdict.findings) - len(door.grant)
    for number, finding in enumerate(verdict.findings):
        forbidden = number < applying
        said = _say_forbid(finding, language) if forbidden else door.grant[number - applying].say(finding, language)
        clauses.append(
            {
                "clause": finding.clause,
                "held": finding.held,
                "value": finding.value,
                "bound": finding.bound,
                "say": said,
            }
        )
        if finding.held == verdict.granted:
            decisive.append(said)
    if verdict.granted:
        return Explanation(" ".join([sentence("granted", language), *decisive]), None, tuple(clauses))
    if facts.person is None:
        return Explanation(sentence(verdict.reason, language), None, tuple(clauses))
    return Explanation(" ".join(decisive), _counterfactual(policy, facts, verdict, language), tuple(clauses))


def _say_forbid(finding: Finding, language: str) -> str:
    return next(pick(forbid.words, language) for forbid in FORBIDS if forbid.code == finding.clause)


def _counterfactual(policy: Policy, facts: Facts, verdict: Verdict, language: str) -> str | None:
    found = ways(policy, facts)
    if found:
        return say_ways(policy, facts, found, language)
    if verdict.reason in {forbid.code for forbid in FORBIDS}:
        return None
    for clause in policy.doors[facts.door].grant:
        if not clause.check(facts).held and not clause.change(facts):
            return pick(clause.no_change, language)
    return None
