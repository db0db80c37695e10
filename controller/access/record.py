"""Step 4, record: what the log keeps of a decision, a refusal and a door event. No image, no probe, no similarity."""

from typing import Any

from ostiary.controller.access.gallery import Gallery
from ostiary.controller.access.identify import Identity
from ostiary.controller.access.intake import Ask, Refusal, Standing
from ostiary.controller.access.judge import Judgement
from ostiary.controller.policy.document import Policy
from ostiary.controller.record.record import Draft

OUTCOMES = ("acted", "unused", "refused")


def decision(
    site: str,
    ask: Ask,
    identity: Identity,
    judgement: Judgement,
    policy: Policy | None,
    gallery: Gallery,
    receipt_code: str,
    at_ms: int,
) -> Draft:
    """The record of one decision: DESIGN §8's list, which covers EU AI Act Art. 12(2)."""
    message, verdict = ask.message, judgement.verdict
    probe = message.get("probe") or {}
    counted = verdict.score if verdict else None
    body: dict[str, Any] = {
        "id": receipt_code,
        "at_ms": at_ms,
        "asked": message["at"],
        "site": site,
        "door": ask.standing.door,
        "node": ask.standing.node,
        "mode": "online",
        "credential": identity.credential,
        "claim": identity.claim,
        "person": identity.person,
        "faces": message["faces"],
        "model": probe.get("model"),
        "runtime": probe.get("runtime"),
        "gallery": {
            "version": gallery.version,
            "size": gallery.size,
            "compared": identity.compared,
        },
        "operating_point": {"fmr": identity.fmr, "threshold": identity.threshold},
        "match": identity.match,
        "quality": message.get("quality"),
        "liveness": message.get("liveness"),
        "score": {"value": counted.value, "head": counted.head} if counted else None,
        "live": judgement.live.as_document() if judgement.live else None,
        "policy": policy.sha256 if policy else None,
        "clauses": list(judgement.clauses),
        "verdict": "grant" if judgement.granted else "deny",
        "reason": judgement.reason,
        "sentence": judgement.sentence,
        "counterfactual": judgement.counterfactual,
        "factors": list(judgement.factors),
    }
    return Draft(
        kind="decision",
        at_ms=at_ms,
        body=body,
        persons=(identity.person,) if identity.person else (),
        door=ask.standing.door,
        verdict=body["verdict"],
        code=judgement.reason,
        receipt_code=receipt_code,
    )


def refusal(site: str, refused: Refusal, receipt_code: str, at_ms: int) -> Draft:
    """The record of a message that was not decided."""
    body = {
        "id": receipt_code,
        "at_ms": at_ms,
        "site": site,
        "door": refused.door,
        "node": refused.node,
        "reason": refused.code,
        "detail": refused.detail,
    }
    return Draft(
        kind="refusal",
        at_ms=at_ms,
        body=body,
        persons=(),
        door=refused.door,
        verdict="deny",
        code=refused.code,
        receipt_code=receipt_code,
    )


def door_event(
    site: str,
    standing: Standing,
    event: dict[str, Any],
    about: int | None,
    persons: tuple[str, ...],
    at_ms: int,
) -> Draft:
    """The record of what a node's journal says; an outcome (`acted`, `unused`, `refused`) closes a decision."""
    outcome = event["kind"] in OUTCOMES and about is not None
    body = {
        "at_ms": at_ms,
        "happened": event["at"],
        "site": site,
        "door": standing.door,
        "node": standing.node,
        "boot": event["boot"],
        "seq": event["seq"],
        "kind": event["kind"],
        "about": about,
        "detail": event.get("detail"),
    }
    return Draft(
        kind="outcome" if outcome else "event",
        at_ms=at_ms,
        body=body,
        persons=persons if outcome else (),
        door=standing.door,
        code=event["kind"],
        about=about if outcome else None,
    )
