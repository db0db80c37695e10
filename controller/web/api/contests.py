"""Contests as JSON: what waits, one case, who decides it, what an outcome would change, and the outcome."""

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from ostiary.controller.web import deciding, reviewing
from ostiary.controller.web.api.body import Body, answers, described
from ostiary.controller.web.api.policy_looks import PURPOSE
from ostiary.controller.web.contest_queue import queue
from ostiary.controller.web.desk import desk_of
from ostiary.controller.web.enrolling import now_ms
from ostiary.controller.web.panel.contests import LONGEST
from ostiary.controller.web.panel.who import Operator, by, signed_in
from ostiary.controller.web.problem import BadForm

router = APIRouter(prefix="/api/v1/contests", tags=["contests"])

Number = Annotated[int, Path(ge=0, le=2**53)]
Reads = Annotated[Operator, signed_in("assign-contest")]
Reviews = Annotated[Operator, signed_in("review-contest")]
WITH_PURPOSE = described({"purpose": "reviewing contest 7"}, {"purpose": PURPOSE}, ("purpose",))
DECIDED = answers({"contest": 7, "outcome": "overturned"})


@router.get("", responses=answers({"contests": [{"id": 7, "what": "entry 3", "state": "open"}]}))
async def waiting(
    request: Request, who: Reads, everything: Annotated[bool, Query(description="Decided ones too")] = False
) -> dict[str, Any]:
    """Those that wait for an outcome, the first due first; nobody is named."""

    def read() -> list[dict[str, Any]]:
        with desk_of(request).reading.begin() as conn:
            return [asdict(one) for one in queue(conn, now_ms(), everything=everything)]

    return {"contests": await run_in_threadpool(read)}


@router.post("/{number}/look-up", openapi_extra=WITH_PURPOSE, responses=answers({"line": {"id": 7}, "words": "…"}))
async def look(request: Request, number: Number, who: Reads) -> dict[str, Any]:
    """One case whole, with third parties left out; recorded for whom it concerns."""
    body = await Body.of(request, "purpose")
    desk = desk_of(request)
    known = await reviewing.contest(desk, number)
    reviewer = reviewing.inside(desk, number, known.person, body.text("purpose"), by(who))
    return asdict(await reviewing.read_case(desk, known, reviewer))


@router.post(
    "/{number}/assign",
    openapi_extra=described({"reviewer": "rae"}, {"reviewer": {"type": "string"}}, ("reviewer",)),
    responses=answers({"contest": 7, "reviewer": "rae"}),
)
async def assign(request: Request, number: Number, who: Reads) -> dict[str, Any]:
    """Who decides: neither who wrote what is contested nor who published the policy in force."""
    desk = desk_of(request)
    reviewer = (await Body.of(request, "reviewer")).text("reviewer", most=100)

    def record(done: Any) -> None:
        desk.act_now("contest-assign", {"contest": number, "reviewer": done.reviewer}, **by(who))

    done = await deciding.assign(desk, number, reviewer, record)
    return {"contest": number, "reviewer": done.reviewer}


@router.post(
    "/{number}/weigh", openapi_extra=WITH_PURPOSE, responses=answers({"differing": [], "differing_all_named": True})
)
async def weigh(request: Request, number: Number, who: Reviews) -> dict[str, Any]:
    """The decisions that overturning would have made others; for the assigned reviewer."""
    body = await Body.of(request, "purpose")
    return await desk_of(request).act("contest-weigh", {"contest": number}, body.text("purpose"), **by(who))


@router.post(
    "/{number}/decide",
    openapi_extra=described(
        {"outcome": "overturn", "reasons": "Another card started the machine."},
        {"outcome": {"enum": list(deciding.DECIDE)}, "reasons": {"type": "string", "maxLength": LONGEST}},
        ("outcome", "reasons"),
    ),
    responses=DECIDED,
)
async def decide(request: Request, number: Number, who: Reviews) -> dict[str, Any]:
    """As the assigned reviewer; an outcome stays."""
    desk = desk_of(request)
    body = await Body.of(request, "outcome", "reasons")
    outcome, reasons = body.text("outcome"), body.text("reasons", most=LONGEST)
    if outcome not in deciding.DECIDE:
        raise BadForm("Nothing was decided.", "outcome is uphold or overturn.", "Correct it and send it again.")

    def record(done: Any) -> None:
        desk.act_now(f"contest-{outcome}", {"contest": number, "reasons": done.reasons}, **by(who))

    done = await deciding.decide(desk, number, outcome, who.name, reasons, record)
    return {"contest": number, "outcome": done.outcome}
