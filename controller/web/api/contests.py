"""One contest as JSON: the case whole, and what overturning it would change."""

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Path
from starlette.requests import Request

from ostiary.controller.web import reviewing
from ostiary.controller.web.api.body import Body, answers, described
from ostiary.controller.web.api.policy_looks import PURPOSE
from ostiary.controller.web.desk import desk_of
from ostiary.controller.web.panel.who import Operator, by, signed_in

router = APIRouter(prefix="/api/v1/contests", tags=["contests"])

Number = Annotated[int, Path(ge=0, le=2**53)]
Reads = Annotated[Operator, signed_in("assign-contest")]
Reviews = Annotated[Operator, signed_in("review-contest")]
WITH_PURPOSE = described({"purpose": "reviewing contest 7"}, {"purpose": PURPOSE}, ("purpose",))


@router.post("/{number}/look-up", openapi_extra=WITH_PURPOSE, responses=answers({"line": {"id": 7}, "words": "…"}))
async def look(request: Request, number: Number, who: Reads) -> dict[str, Any]:
    """One case whole, with third parties left out; recorded for whom it concerns."""
    body = await Body.of(request, "purpose")
    desk = desk_of(request)
    known = await reviewing.contest(desk, number)
    reviewer = reviewing.inside(desk, number, known.person, body.text("purpose"), by(who))
    return asdict(await reviewing.read_case(desk, known, reviewer))


@router.post(
    "/{number}/weigh", openapi_extra=WITH_PURPOSE, responses=answers({"differing": [], "differing_all_named": True})
)
async def weigh(request: Request, number: Number, who: Reviews) -> dict[str, Any]:
    """The decisions that overturning would have made others; for the assigned reviewer."""
    body = await Body.of(request, "purpose")
    return await desk_of(request).act("contest-weigh", {"contest": number}, body.text("purpose"), **by(who))
