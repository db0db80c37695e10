"""Step 3, judge: facts and policy become a verdict and its explanation. Pure; a door without a policy stays shut."""

from dataclasses import dataclass
from typing import Any

from ostiary.controller.access.gallery import Gallery
from ostiary.controller.access.identify import Identity
from ostiary.controller.access.presence import Presence
from ostiary.controller.policy.evaluate import Verdict
from ostiary.controller.policy.facts import Facts, Live, PersonFacts
from ostiary.controller.policy.memo import Memo
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
    shadow: Verdict | None = None


def judge(
    identity: Identity,
    door: str,
    memo: Memo | None,
    gallery: Gallery,
    presence: Presence,
    at_ms: int,
    shadow: Memo | None = None,
) -> Judgement:
    """The judgement for one identified ask at `door` (its id) at the wall-clock time `at_ms`, by the policy of `memo`
    (None: none is published). `live` in it is what the verdict read of the live state: with it, and the person's
    ledger, the same facts can be made again. The policy of `shadow` is asked as well; what it says moves nothing."""
    if memo is None:
        return refused("no-policy")
    if identity.reason is not None:
        return refused(identity.reason)
    known = identity.person or ""
    # Somebody who was identified and is not here any more has left between the two.
    person = gallery.facts(known) or PersonFacts(known, withdrawn=True)
    live = presence.seen(known, memo.policy, door, at_ms, gallery.facts)
    answer = memo.answer(Facts(person, door, at_ms, live))
    verdict, why = answer.verdict, answer.why
    other = None
    if shadow is not None:
        seen = presence.seen(known, shadow.policy, door, at_ms, gallery.facts)
        other = shadow.verdict(Facts(person, door, at_ms, seen))
    return Judgement(
        verdict.granted,
        verdict.reason,
        why.sentence,
        why.counterfactual,
        why.clauses,
        why.factors,
        verdict,
        live,
        other,
    )


def refused(reason: str) -> Judgement:
    """A denial that was decided before any clause was read."""
    return Judgement(False, reason, sentence(reason))
