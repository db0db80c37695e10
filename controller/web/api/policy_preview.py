"""A policy before it rules, as JSON: who would gain and lose by it, and what it says in the shadow."""

import json
from collections.abc import AsyncGenerator
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from ostiary.controller.web.api.body import Body, answers, described
from ostiary.controller.web.api.policy import PAGE
from ostiary.controller.web.api.policy_looks import PURPOSE
from ostiary.controller.web.comparing import Progress, Underway
from ostiary.controller.web.desk import desk_of
from ostiary.controller.web.signin.who import signed_in

router = APIRouter(prefix="/api/v1/policy", tags=["policy"])

NDJSON = "application/x-ndjson"
TEXT = {"type": "string", "description": "The policy, a YAML text"}
REPORT = {
    "sha256": "9f0e…",
    "since_ms": 1795471200000,
    "decisions": 3,
    "same": 2,
    "differing": {"granted / score-below": 1},
    "newest": [1234],
}


@router.post(
    "/compare",
    dependencies=[signed_in("preview-policy")],
    response_class=StreamingResponse,
    openapi_extra=described(
        {"text": "policy: example-workshop\n…", "days": 30, "purpose": "policy preview"},
        {
            "text": TEXT,
            "old_text": {**TEXT, "description": "What it is compared with; without it, the policy that rules"},
            "days": {"type": "integer", "minimum": 1, "maximum": 366, "default": 30},
            "purpose": PURPOSE,
        },
        ("text", "purpose"),
    ),
    responses=answers(
        '{"progress":[1000,4000]}\n{"done":{"requests":310,"unchanged":300,"loses":8,"gains":2,"differences":[…]}}\n',
        NDJSON,
    ),
)
async def compare(request: Request) -> Response:
    """Who would gain and who would lose, over the recorded requests of the last days, for people as they are known now.

    The answer is one JSON text a line: `progress` as it goes on, then one `done` or one `problem`. One comparison is
    made at a time; it goes on when you hang up.
    """
    body = await Body.of(request, "text", "old_text", "days", "purpose")
    desk, purpose, page = desk_of(request), body.text("purpose"), body.page("text")
    args: dict[str, Any] = {"text": page.decode(), "name": "new", "days": body.whole("days", 1, 366, 30)}
    await desk.work.require_policy(page, "Nothing was compared: the new policy is none.")
    if body.has("old_text"):
        old = body.page("old_text")
        await desk.work.require_policy(old, "Nothing was compared: the old policy is none.")
        args |= {"old_text": old.decode(), "old_name": "old"}

    async def act(progress: Progress) -> dict[str, Any]:
        return await desk.act("compare", args, purpose, progress=progress)

    underway = desk.comparing.begin(act)
    await underway.begun()
    return StreamingResponse(_lines(underway), media_type=NDJSON)


async def _lines(underway: Underway) -> AsyncGenerator[bytes]:
    async for told in underway.told():
        yield json.dumps(told, separators=(",", ":")).encode() + b"\n"


@router.put(
    "/shadow", dependencies=[signed_in("publish-policy")], openapi_extra=PAGE, responses=answers({"sha256": "9f0e…"})
)
async def shadow(request: Request) -> dict[str, Any]:
    """Put a policy in the shadow: from the next request on it is asked too, recorded, and moves nothing."""
    desk, page = desk_of(request), await request.body()
    await desk.work.require_policy(page, "No policy was put in the shadow.")
    return await desk.act("shadow", {"text": page.decode(), "name": "shadow"})


@router.delete("/shadow", dependencies=[signed_in("publish-policy")], responses=answers({"sha256": None}))
async def end_shadow(request: Request) -> dict[str, Any]:
    """Take the policy out of the shadow; there need not be one."""
    return await desk_of(request).act("shadow", {"text": None})


@router.get("/shadow", dependencies=[signed_in("read-shadow")], responses=answers(REPORT))
async def shadow_report(request: Request) -> dict[str, Any]:
    """How often the two policies gave the same reason since then, which pairs of reasons differed, and the newest
    decisions where they did. `sha256` is null where no policy is in the shadow."""
    return await desk_of(request).act("shadow-report", {})
