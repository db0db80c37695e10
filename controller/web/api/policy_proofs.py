"""Proofs about a policy as JSON: a solver looks for a person, a door and a moment against each statement."""

from typing import Any

from fastapi import APIRouter
from starlette.requests import Request

from ostiary.controller.web.api.body import Body, answers, described
from ostiary.controller.web.api.policy_preview import TEXT
from ostiary.controller.web.desk import desk_of
from ostiary.controller.web.problem import NotThere
from ostiary.controller.web.signin.who import signed_in
from ostiary.controller.web.work import PATIENCE_S, Worked

router = APIRouter(prefix="/api/v1/policy", tags=["policy"])

SECONDS = {
    "type": "number",
    "minimum": 0.1,
    "maximum": 10,
    "default": 5,
    "description": f"How long the solver may think about each statement; all of them have {PATIENCE_S:g} s together",
}
PROVED = answers(
    {
        "proved": False,
        "whole": True,
        "proofs": [
            {
                "statement": "Whoever passes front holds laser-induction.",
                "outcome": "refuted",
                "example": ["A person who is an active member and does not hold laser-induction …"],
                "why": None,
            }
        ],
    }
)


@router.post(
    "/prove",
    dependencies=[signed_in("preview-policy")],
    openapi_extra=described(
        {"text": "policy: example-workshop\n…", "statement": "laser-room needs holds: laser-induction"},
        {
            "text": TEXT,
            "statement": {
                "type": "string",
                "default": "all",
                "description": 'opens, matters, forbids, monotone, all; "DOOR needs CLAUSE: NAME"; "DOOR within DOOR"',
            },
            "seconds": SECONDS,
        },
        ("text",),
    ),
    responses=PROVED,
)
async def prove(request: Request) -> dict[str, Any]:
    """Prove a statement about a policy, or show a person, a door and a moment that refute it.

    `outcome` is proved, refuted or undecided. `proved` is true where every statement is proved and none is missing;
    `whole` is false where time or memory ended before all statements were reached.
    """
    body = await Body.of(request, "text", "statement", "seconds")
    worked = await desk_of(request).work.prove(body.page("text"), body.text("statement", "all"), _timeout_ms(body))
    return _told(worked)


@router.post(
    "/no-wider",
    dependencies=[signed_in("preview-policy")],
    openapi_extra=described(
        {"text": "policy: example-workshop\n…"},
        {
            "text": TEXT,
            "old_text": {**TEXT, "description": "What it is held against; without it, the policy that rules"},
            "seconds": SECONDS,
        },
        ("text",),
    ),
    responses=PROVED,
)
async def no_wider(request: Request) -> dict[str, Any]:
    """Prove that a policy lets nobody in whom the other one would not have let in, whoever comes and whenever."""
    body = await Body.of(request, "text", "old_text", "seconds")
    desk, page = desk_of(request), body.page("text")
    if body.has("old_text"):
        old = body.page("old_text")
    else:
        published = await desk.act("policy", {})
        if published["text"] is None:
            raise NotThere("Nothing was proved.", "No policy is published to hold it against.", "Send old_text too.")
        old = published["text"].encode()
    return _told(await desk.work.no_wider(old, page, _timeout_ms(body)))


def _timeout_ms(body: Body) -> int:
    return round(body.number("seconds", 0.1, 10, 5) * 1000)


def _told(worked: Worked) -> dict[str, Any]:
    every = worked.whole and all(proof["outcome"] == "proved" for proof in worked.answers)
    return {"proved": every, "whole": worked.whole, "proofs": list(worked.answers)}
