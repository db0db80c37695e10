"""What a policy means for persons, as JSON: explain, replay, a door's pack. Each has a purpose and is recorded."""

from typing import Any

from fastapi import APIRouter
from starlette.requests import Request

from ostiary.controller.web.api.body import Body, answers, described
from ostiary.controller.web.desk import desk_of
from ostiary.controller.web.signin.who import signed_in

router = APIRouter(prefix="/api/v1/policy", tags=["policy"])

LATEST_MS = 2**53 - 1
MINUTE_MS, DAY_MS = 60_000, 86_400_000
PURPOSE = {"type": "string", "minLength": 4, "maxLength": 200, "description": "Why; recorded for whom it concerns"}
PERSON = {"type": "string", "description": "The person's id"}
DOOR = {"type": "string", "description": "The door's name"}
AT_MS = {"type": "integer", "description": "Unix milliseconds; without it, now"}


@router.post(
    "/explain",
    dependencies=[signed_in("open-decision")],
    openapi_extra=described(
        {"person": "p-mfrggzdfmztwq2lk", "door": "laser-room", "purpose": "asked at the desk"},
        {
            "person": PERSON,
            "door": DOOR,
            "at_ms": AT_MS,
            "language": {"type": "string", "enum": ["en", "de"]},
            "purpose": PURPOSE,
        },
        ("person", "door", "purpose"),
    ),
    responses=answers(
        {
            "person": "p-mfrggzdfmztwq2lk",
            "door": "laser-room",
            "at_ms": 1795471200000,
            "policy": "9f0e…",
            "live_known": True,
            "verdict": "deny",
            "reason": "score-below",
            "sentence": "Your score is 592 of 600.",
            "counterfactual": "592 of 600: two safety rounds.",
            "clauses": [{"clause": "score", "held": False, "value": 592, "bound": 600, "say": "Your score is 592 …"}],
            "factors": [],
            "score": {"value": 592, "head": "c1…"},
        }
    ),
)
async def explain(request: Request) -> dict[str, Any]:
    """What a door would answer a person at a time, clause by clause, and what would change it.

    Of a past time, the policy and the facts of then are asked; of one to come, those of now. Who is inside is known of
    this moment only: `live_known` says whether it was.
    """
    body = await Body.of(request, "person", "door", "at_ms", "language", "purpose")
    args: dict[str, Any] = {
        "person": body.text("person"),
        "door": body.text("door"),
        "language": body.text("language", "en"),
    }
    if body.has("at_ms"):
        args["at_ms"] = body.whole("at_ms", 0, LATEST_MS)
    return await desk_of(request).act("explain", args, body.text("purpose"))


@router.post(
    "/replay",
    dependencies=[signed_in("open-decision")],
    openapi_extra=described(
        {"receipt": "7K3M-ZQ9W-2H5D-8RXA", "purpose": "contest 7"},
        {
            "index": {"type": "integer", "minimum": 0, "description": "The record's index in the log"},
            "receipt": {"type": "string", "description": "Or the receipt's code"},
            "purpose": PURPOSE,
        },
        ("purpose",),
    ),
    responses=answers(
        {
            "index": 1234,
            "at_ms": 1795471200000,
            "door": "laser-room",
            "outcome": "same",
            "why": "Judged again from the facts as they stood; no face was compared again.",
            "differing": [],
            "recorded": {"verdict": "grant"},
            "replayed": {"verdict": "grant"},
        }
    ),
)
async def replay(request: Request) -> dict[str, Any]:
    """A recorded decision judged again from its recorded facts: `outcome` is same, differs, erased or unknown."""
    body = await Body.of(request, "index", "receipt", "purpose")
    args: dict[str, Any] = (
        {"index": body.whole("index", 0, LATEST_MS)} if body.has("index") else {"receipt": body.text("receipt")}
    )
    return await desk_of(request).act("replay", args, body.text("purpose"))


@router.post(
    "/pack",
    dependencies=[signed_in("read-rights")],
    openapi_extra=described(
        {"door": "front", "days": 7, "purpose": "before the network is changed"},
        {
            "door": DOOR,
            "days": {"type": "integer", "minimum": 1, "maximum": 31, "default": 7},
            "every_ms": {"type": "integer", "default": 15 * MINUTE_MS, "description": "From one making to the next"},
            "most": {"type": "integer", "minimum": 0, "maximum": 500, "default": 500, "description": "Persons to name"},
            "after": {"type": "string", "description": "The `next` of the answer before: goes on with the next person"},
            "purpose": PURPOSE,
        },
        ("door", "purpose"),
    ),
    responses=answers(
        {
            "door": "front",
            "offline": "pack",
            "policy": "9f0e…",
            "from_ms": 1795471200000,
            "until_ms": 1796076000000,
            "people": 1,
            "intervals": 1,
            "unknown": [],
            "revocation_window": {"every_ms": 900000, "connected_ms": 900000, "cut_off_ms": 86400000},
            "grants": {"p-mfrggzdfmztwq2lk": [[1795471200000, 1796076000000]]},
            "next": None,
        }
    ),
)
async def pack(request: Request) -> dict[str, Any]:
    """What a door's pack would hold, made now: each person's intervals, [from, until) in Unix milliseconds.

    `people` and `intervals` count everybody after `after`, named here or not. `unknown` names clauses that a door
    cannot judge alone. `revocation_window` says for how long a change can stay unknown to the door. With `most: 0`
    nobody is named. A POST, because it writes a record for everybody whom it names.
    """
    body = await Body.of(request, "door", "days", "every_ms", "most", "after", "purpose")
    args: dict[str, Any] = {
        "door": body.text("door"),
        "days": body.whole("days", 1, 31, 7),
        "every_ms": body.whole("every_ms", 1, 31 * DAY_MS, 15 * MINUTE_MS),
        "most": body.whole("most", 0, 500, 500),
    }
    if body.has("after"):
        args["after"] = body.text("after")
    return await desk_of(request).act("pack", args, body.text("purpose"))
