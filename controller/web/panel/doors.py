"""Doors and their nodes: what each door's rule says, its error budget, how its nodes are and were."""

from typing import Annotated, Any

from fastapi import APIRouter
from sqlalchemy import func, select
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from ostiary.controller.store import people_tables as tables
from ostiary.controller.web import door_words, error_budget, numbers
from ostiary.controller.web.desk import Desk, desk_of
from ostiary.controller.web.doorway import asks
from ostiary.controller.web.enrolling import now_ms
from ostiary.controller.web.panel.who import Operator, signed_in
from ostiary.controller.web.register import HOUR_MS
from ostiary.controller.web.render import page

router = APIRouter(include_in_schema=False)

Sees = Annotated[Operator, signed_in("see-now")]
DAYS = 30
HEALTH = (("alarm", "", "alarms"), ("event", "boot", "starts of a node"), ("event", "forced", "forced open"))
DONE = {
    "locate": "The node shows where it hangs for a minute.",
    "reboot": "The node was told to start anew.",
}


@router.get("/doors")
async def doors(request: Request, who: Sees) -> Response:
    desk = desk_of(request)
    _, known, _ = await desk.now()
    policy = await desk.policy()
    rules = {name: asks(rule) for name, rule in policy.doors.items()} if policy else {}
    return page(request, "doors.html", here="/doors", doors=known, asks=rules)


@router.get("/doors/{door}")
async def one(request: Request, door: str, who: Sees, done: str = "") -> Response:
    desk = desk_of(request)
    await desk.require_site_door(door)
    told = await desk.act("door", {"door": door})
    _, known, _ = await desk.now()
    policy = await desk.policy()
    rule = policy.doors.get(door) if policy else None
    at_ms = now_ms()
    since_ms = at_ms - DAYS * 24 * HOUR_MS
    counts = await run_in_threadpool(desk.register.counts, since_ms, 24, door)
    templates = await run_in_threadpool(_templates, desk)
    view: dict[str, Any] = {
        "door": next(one for one in known if one.id == door),
        "facts": door_words.rule(rule) + door_words.revocation(told["revocation_window"]),
        "necessity": door_words.necessity(rule),
        "budget": error_budget.chart(rule, templates) if rule else None,
        "nodes": door_words.nodes(told["nodes"]),
        "health": numbers.daily(counts, door, HEALTH, since_ms, at_ms),
        "days": DAYS,
        "done": DONE.get(done, ""),
    }
    return page(request, "door.html", here="/doors", **view)


def _templates(desk: Desk) -> int:
    with desk.reading.begin() as conn:
        return conn.execute(select(func.count()).select_from(tables.template)).scalar_one()
