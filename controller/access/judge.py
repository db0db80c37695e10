"""Step 3, judge: facts and policy become a verdict and its explanation. Pure; a door without a policy stays shut."""

from dataclasses import dataclass
from typing import Any

from ostiary.controller.access.gallery import Gallery
from ostiary.controller.access.identify import Identity
from ostiary.controller.policy.document import Policy
from ostiary.controller.policy.evaluate import Verdict, evaluate
from ostiary.controller.policy.explain import explain
from ostiary.controller.policy.facts import Facts
from ostiary.controller.policy.sentences import sentence


@dataclass(frozen=True, slots=True)
class Judgement:
    """Grant or deny, with everything that the record says about why."""

    granted: bool
    reason: str
    sentence: str
    counterfactual: str | None = None
    clauses: tuple[dict[str, Any], ...] = ()
    verdict: Verdict | None = None


def judge(identity: Identity, door: str, policy: Policy | None, gallery: Gallery, at_ms: int) -> Judgement:
    """The judgement for one identified ask at `door` (its id) at the wall-clock time `at_ms`."""
    if policy is None:
        return refused("no-policy")
    if identity.reason is not None:
        return refused(identity.reason)
    person = gallery.facts(identity.person or "")
    if person is None:
        return refused("card-unknown")
    facts = Facts(person=person, door=door, at_ms=at_ms)
    verdict = evaluate(policy, facts)
    why = explain(policy, facts, verdict)
    return Judgement(verdict.granted, verdict.reason, why.sentence, why.counterfactual, tuple(why.clauses), verdict)


def refused(reason: str) -> Judgement:
    """A denial that was decided before any clause was read."""
    return Judgement(False, reason, sentence(reason))
