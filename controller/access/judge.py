"""Step 3, judge: facts and policy become a verdict and its explanation. Pure; a door without a policy stays shut."""

import logging
from dataclasses import dataclass, replace
from typing import Any

from ostiary.controller.access.gallery import Gallery
from ostiary.controller.access.identify import Identity
from ostiary.controller.access.presence import Presence
from ostiary.controller.policy.evaluate import Verdict
from ostiary.controller.policy.facts import Facts, Live, PersonFacts
from ostiary.controller.policy.memo import Memo
from ostiary.controller.policy.sentences import sentence

_log = logging.getLogger("ostiary.keeper")


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
    return Judgement(
        verdict.granted,
        verdict.reason,
        why.sentence,
        why.counterfactual,
        why.clauses,
        why.factors,
        verdict,
        live,
        None if shadow is None else _beside(shadow, person, door, gallery, presence, at_ms),
    )


def _beside(
    shadow: Memo, person: PersonFacts, door: str, gallery: Gallery, presence: Presence, at_ms: int
) -> Verdict | None:
    """What the policy in the shadow says; None where it fails."""
    try:
        live = presence.seen(person.id, shadow.policy, door, at_ms, gallery.facts)
        return shadow.verdict(Facts(person, door, at_ms, live))
    except Exception:  # noqa: BLE001
        # It moves nothing, so a mistake in it must move nothing either: without this net it would deny everybody.
        _log.exception("The policy in the shadow could not be asked; the door is decided without it.")
        return None


def strike_away(judgement: Judgement) -> Judgement:
    """What becomes of a grant that cannot reach the strike's node: nobody is let in by it, and nothing is held against
    the person."""
    return replace(refused("strike-away"), shadow=judgement.shadow)


def refused(reason: str) -> Judgement:
    """A denial that was decided before any clause was read."""
    return Judgement(False, reason, sentence(reason))
