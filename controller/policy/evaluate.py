"""Facts and policy to a verdict: hard forbids first, then every clause of the door, no short cut; else deny."""

import msgspec

from ostiary.controller.policy.clause import Finding
from ostiary.controller.policy.document import Policy
from ostiary.controller.policy.facts import Facts
from ostiary.controller.policy.forbids import FORBIDS
from ostiary.controller.policy.formula import And, Formula, Or, Somebody
from ostiary.controller.policy.score import Score

GRANTED = "granted"


class Verdict(msgspec.Struct, frozen=True):
    """Grant or deny. `reason` is "granted", or the code of the first finding that does not hold: forbids in the
    order of `forbids/`, then clauses in the order in which the policy lists them; "unknown-door" and
    "claim-missing" where there is no rule or nobody to judge. `findings` are the forbids that apply and then one for
    each clause. `score` is there only where a clause of this door read it: no other door learns it.
    """

    granted: bool
    reason: str
    findings: tuple[Finding, ...]
    policy_sha256: str
    score: Score | None = None


def evaluate(policy: Policy, facts: Facts) -> Verdict:
    """The verdict on these facts; the same facts and policy always give the same one."""
    door = policy.doors.get(facts.door)
    if door is None:
        return Verdict(False, "unknown-door", (), policy.sha256)
    applying = [found for forbid in FORBIDS if not (found := forbid.check(facts)).held]
    findings = (*applying, *[clause.check(facts) for clause in door.grant])
    score = next((finding.score for finding in findings if finding.score is not None), None)
    if facts.person is None:
        return Verdict(False, "claim-missing", findings, policy.sha256)
    reason = next((finding.code for finding in findings if not finding.held), GRANTED)
    return Verdict(reason == GRANTED, reason, findings, policy.sha256, score)


def as_formula(policy: Policy, door: str) -> Formula:
    """What grants at this door, as a formula: satisfied by exactly those facts for which `evaluate` grants."""
    rule = policy.doors.get(door)
    if rule is None:
        return Or(())
    conditions = [condition.formula(door) for condition in (*FORBIDS, *rule.grant)]
    return And((Somebody(), *conditions))
