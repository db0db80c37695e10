"""Step 4, record: what the log keeps of a decision, a refusal and a door event. No image, no probe.

The exact similarity is in it for reviewers alone, sealed under a key of theirs.
"""

from collections.abc import Mapping
from typing import Any

from ostiary.controller.access.gallery import Gallery
from ostiary.controller.access.identify import Identity
from ostiary.controller.access.intake import Ask, Refusal, Standing
from ostiary.controller.access.judge import Judgement
from ostiary.controller.fleet.alarms import told
from ostiary.controller.policy.document import Policy
from ostiary.controller.record import reviewing
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
    for_reviewers: str | None = None,
    strike: Mapping[str, str] | None = None,
) -> Draft:
    """The record of one decision: who asked where and when, by what, how it was judged, and what would change it.

    It covers what EU AI Act Art. 12(2) and (3) ask of a log. `for_reviewers` is what `reviewing.hide` made; `strike`
    is said where the strike hangs on another node than asked: its `node`, and where that was `away`, why.
    """
    message, verdict = ask.message, judgement.verdict
    probe = message.get("probe") or {}
    counted = verdict.score if verdict else None
    rule = policy.doors.get(ask.standing.door) if policy else None
    body: dict[str, Any] = {
        "id": receipt_code,
        "at_ms": at_ms,
        "asked": message["at"],
        "site": site,
        "door": ask.standing.door,
        "node": ask.standing.node,
        "mode": rule.face if rule else None,
        "decided": "online",
        "pack_age_s": None,
        "operator": None,
        "credential": identity.credential,
        "claim": identity.claim,
        "presented": _presented(message),
        "pass": identity.pass_id,
        "pin": "right" if identity.pin == "duress" else identity.pin,
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
        reviewing.FIELD: for_reviewers,
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
    if (shadow := judgement.shadow) is not None:
        said = "grant" if shadow.granted else "deny"
        body["shadow"] = {"policy": shadow.policy_sha256, "verdict": said, "reason": shadow.reason}
    if strike is not None:
        body["strike"] = dict(strike)
    return Draft(
        kind="decision",
        at_ms=at_ms,
        body=body,
        persons=(identity.person,) if identity.person else (),
        door=ask.standing.door,
        verdict=body["verdict"],
        code=judgement.reason,
        receipt_code=receipt_code,
        exact=True,  # the message was checked field by field, and everything else here is ours
    )


def _presented(message: dict[str, Any]) -> list[str]:
    """All that was presented together; of a PIN that there was one."""
    claim = message.get("claim")
    said = [claim["kind"]] if claim else []
    said += ["face"] if "probe" in message else []
    return [*said, "pin"] if "pin" in message else said


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
    corrects: int | None = None,
    *,
    outcome: bool = False,
) -> Draft:
    """The record of what a node's journal says, `about` a decision or an act; an `outcome` closes a decision.

    `corrects` is the record by which the keeper had closed it before the journal told.
    """
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
        "corrects": corrects,
        "detail": event.get("detail"),
        "alarm": [kind for kind, over in told(event["kind"]) if not over] != [],
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
