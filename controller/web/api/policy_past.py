"""Policies as JSON: what ruled before, and publishing: at once, or proposed by one and approved by another."""

from typing import Annotated, Any

from fastapi import APIRouter, Path
from starlette.requests import Request

from ostiary.controller.web.api.body import answers
from ostiary.controller.web.api.policy import PAGE
from ostiary.controller.web.desk import desk_of
from ostiary.controller.web.panel.who import Operator, by, signed_in

router = APIRouter(prefix="/api/v1/policy", tags=["policy"])

Index = Annotated[int, Path(ge=0, le=2**53)]
Reads = Annotated[Operator, signed_in("read-policy")]
Publishes = Annotated[Operator, signed_in("publish-policy")]
Approves = Annotated[Operator, signed_in("approve-policy")]
PUBLISHED = answers({"sha256": "9f0e…", "version": 3})
NAME = "api"


@router.get("/history", responses=answers({"published": [{"index": 1, "version": 1, "operator": "ada"}]}))
async def history(request: Request, who: Reads) -> dict[str, Any]:
    """Every policy that was published, the newest first."""
    return await desk_of(request).act("policy-history", {}, **by(who))


@router.get("/history/{index}", responses=answers({"published": {"index": 1, "version": 1, "text": "policy: …"}}))
async def one(request: Request, index: Index, who: Reads) -> dict[str, Any]:
    """One of them, with its text."""
    return await desk_of(request).act("policy-history", {"index": index}, **by(who))


@router.put("", openapi_extra=PAGE, responses=PUBLISHED)
async def publish(request: Request, who: Publishes) -> dict[str, Any]:
    """Publish this text. Refused where the site wants a second person: propose it then. Compare it first."""
    desk, page = desk_of(request), await request.body()
    await desk.work.require_policy(page, "The policy was not published.")
    return await desk.act("publish", {"text": page.decode(), "name": NAME}, **by(who))


@router.post("/proposal", openapi_extra=PAGE, responses=answers({"index": 7, "sha256": "9f0e…"}))
async def propose(request: Request, who: Publishes) -> dict[str, Any]:
    """Propose this text; another who may approve publishes it."""
    desk, page = desk_of(request), await request.body()
    await desk.work.require_policy(page, "The policy was not proposed.")
    return await desk.act("propose-policy", {"text": page.decode(), "name": NAME}, **by(who))


@router.get("/proposal", responses=answers({"second_person": True, "proposed": {"index": 7, "operator": "ada"}}))
async def proposed(request: Request, who: Reads) -> dict[str, Any]:
    """Whether the site wants a second person, and the proposal that waits for one."""
    return await desk_of(request).act("proposed-policy", {}, **by(who))


@router.post("/proposal/{index}/approve", responses=PUBLISHED)
async def approve(request: Request, index: Index, who: Approves) -> dict[str, Any]:
    """As the second person: publish what another proposed."""
    return await desk_of(request).act("approve-policy", {"index": index}, **by(who))
