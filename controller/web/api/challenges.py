"""Contests as JSON: what waits, who decides, and how it ended."""

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from ostiary.controller.people import contests
from ostiary.controller.web import deciding
from ostiary.controller.web.api.body import Body, answers, described
from ostiary.controller.web.desk import desk_of
from ostiary.controller.web.enrolling import now_ms
from ostiary.controller.web.signin.known import Operator
from ostiary.controller.web.signin.who import signed_in

router = APIRouter(prefix="/api/v1/contests", tags=["contests"])

MOST = 200
Number = Annotated[int, Path(ge=1, le=2**53)]
ONE = {"id": 7, "kind": "entry", "number": 12, "state": "assigned", "due_at_ms": 1795471200000, "reviewer": "rae"}
REASONS = described(
    {"reasons": "The machine was left by somebody else."},
    {"reasons": {"type": "string", "minLength": 1, "maxLength": 2000, "description": "In words for the person"}},
    ("reasons",),
)


@router.get("", dependencies=[signed_in("assign-contest")], responses=answers({"contests": [ONE], "next": None}))
async def listed(
    request: Request,
    before: Annotated[int | None, Query(ge=1, le=2**53, description="Only numbers below this one")] = None,
    limit: Annotated[int, Query(ge=1, le=MOST)] = 50,
) -> dict[str, Any]:
    """The newest first, without what the person said: that is for who opens one."""

    def read() -> list[dict[str, Any]]:
        with desk_of(request).reading.begin() as conn:
            every = contests.every_contest(conn)
        wanted = [one for one in reversed(every) if before is None or one.id < before][: limit + 1]
        return [_told(one) for one in wanted]

    found = await run_in_threadpool(read)
    return {"contests": found[:limit], "next": found[limit - 1]["id"] if len(found) > limit else None}


@router.post(
    "/{number}/assign",
    openapi_extra=described(
        {"reviewer": "rae"}, {"reviewer": {"type": "string", "minLength": 1, "maxLength": 100}}, ("reviewer",)
    ),
    responses=answers(ONE),
)
async def assign(
    request: Request, number: Number, who: Annotated[Operator, signed_in("assign-contest")]
) -> dict[str, Any]:
    """Who decides: neither who wrote what is contested nor who published the policy in force."""
    desk = desk_of(request)
    body = await Body.of(request, "reviewer")

    def record(done: contests.Contest) -> None:
        desk.act_now("contest-assign", {"contest": number, "reviewer": done.reviewer}, operator=who.name)

    return _told(await deciding.assign(desk, number, body.text("reviewer", most=100), record))


@router.post("/{number}/uphold", openapi_extra=REASONS, responses=answers(ONE))
async def uphold(
    request: Request, number: Number, who: Annotated[Operator, signed_in("review-contest")]
) -> dict[str, Any]:
    """As the assigned reviewer: what was contested is right and stands."""
    return await _decided(request, number, "uphold", who)


@router.post("/{number}/overturn", openapi_extra=REASONS, responses=answers(ONE))
async def overturn(
    request: Request, number: Number, who: Annotated[Operator, signed_in("review-contest")]
) -> dict[str, Any]:
    """As the assigned reviewer: what was contested is wrong and is cancelled."""
    return await _decided(request, number, "overturn", who)


async def _decided(request: Request, number: int, outcome: str, who: Operator) -> dict[str, Any]:
    desk = desk_of(request)
    body = await Body.of(request, "reasons")

    def record(done: contests.Contest) -> None:
        desk.act_now(f"contest-{outcome}", {"contest": number, "reasons": done.reasons}, operator=who.name)

    return _told(await deciding.decide(desk, number, outcome, who.name, body.text("reasons", most=2000), record))


def _told(one: contests.Contest) -> dict[str, Any]:
    """A contest without the person and their words."""
    hidden = ("person", "words", "opened_by", "reasons")
    kept = {name: value for name, value in asdict(one).items() if name not in hidden}
    return kept | {"state": one.state(now_ms())}
