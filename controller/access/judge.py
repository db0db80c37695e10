"""Step 3, judge: facts and policy become a verdict and its explanation. Pure; a door without a policy stays shut."""

from dataclasses import dataclass
from typing import Any

from ostiary.controller.access.gallery import Gallery
from ostiary.controller.access.identify import Identity
from ostiary.controller.access.presence import Presence
from ostiary.controller.policy.document import Policy
from ostiary.controller.policy.evaluate import Verdict, evaluate
from ostiary.controller.policy.explain import explain
from ostiary.controller.policy.facts import Facts, Live, PersonFacts
from ostiary.controller.policy.sentences import sentence


@dataclass(frozen=True, slots=True)
class Judgement:
    """Grant or deny, with everything that the record says about why."""

    granted: bool
    reason: str
    sentence: str
    counterfactual: str | None = None
    clauses: tuple[dict[str, Any], ...] = ()
    factors: tuple[dict[str, Any], ...] = ()
    verdict: Verdict | None = None
    live: Live | None = None


def judge(
    identity: Identity, door: str, policy: Policy | None, gallery: Gallery, presence: Presence, at_ms: int
) -> Judgement:
    """The judgement for one identified ask at `door` (its id) at the wall-clock time `at_ms`. `live` in it is what the
    verdict read of the live state: with it, and the person's ledger, the same facts can be made again."""
    if policy is None:
        return refused("no-policy")
    if identity.reason is not None:
        return refused(identity.reason)
    known = identity.person or ""
    # Somebody who was identified and is not here any more has left between the two.
    person = gallery.facts(known) or PersonFacts(known, withdrawn=True)
    live = presence.seen(known, policy, door, at_ms, gallery.facts)
    facts = Facts(person, door, at_ms, live)
    verdict = evaluate(policy, facts)
    why = explain(policy, facts, verdict)
    return Judgement(
        verdict.granted, verdict.reason, why.sentence, why.counterfactual, why.clauses, why.factors, verdict, live
    )


def refused(reason: str) -> Judgement:
    """A denial that was decided before any clause was read."""
    return Judgement(False, reason, sentence(reason))
