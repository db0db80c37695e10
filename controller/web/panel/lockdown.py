"""Lockdown and resume: asked for twice, with a purpose; the second page says what it does and to how many doors."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from ostiary.controller.web.desk import desk_of
from ostiary.controller.web.doorway import name_of
from ostiary.controller.web.forms import Form, read_form
from ostiary.controller.web.panel.purpose import purpose_from
from ostiary.controller.web.panel.who import Operator, by, signed_in
from ostiary.controller.web.problem import BadForm
from ostiary.controller.web.purpose import purpose_of
from ostiary.controller.web.render import page

router = APIRouter(include_in_schema=False)

SITE = ""
LOCK, RESUME = "lockdown", "resume"
Locks = Annotated[Operator, signed_in("lockdown")]


@dataclass(frozen=True, slots=True)
class Locked:
    """What is locked down: a door's id, or "" for the whole site; since when."""

    door: str
    name: str
    since_ms: int


def locked_now(standing: Mapping[str, Any]) -> tuple[Locked, ...]:
    """The whole site first."""
    found = (Locked(lock["door"] or SITE, named(lock["door"] or SITE), lock["since_ms"]) for lock in standing["locked"])
    return tuple(sorted(found, key=lambda one: one.door))


def named(door: str) -> str:
    return name_of(door) if door else "The whole site"


@router.get("/lockdown")
async def ask(request: Request, who: Locks, door: str = SITE, do: str = LOCK) -> Response:
    """The first of two pages."""
    desk = desk_of(request)
    standing, doors, _ = await desk.now()
    locked = locked_now(standing)
    choices = [(SITE, named(SITE)), *((one.id, one.name) for one in doors)]
    if do == RESUME:
        choices = [(one.door, one.name) for one in locked]
    view = {"door": door, "do": do if do == RESUME else LOCK, "choices": choices, "locked": locked}
    return page(request, "lockdown.html", here="/", sure=False, asked=purpose_of(request) or "", **view)


@router.post("/lockdown")
async def confirm(request: Request, who: Locks) -> Response:
    """The second page, or, from there, the deed."""
    desk = desk_of(request)
    form = await read_form(request)
    do = form.choice("do", (LOCK, RESUME), "What is done")
    door, purpose = await _door(request, form), purpose_from(form)
    if form.ticked("sure"):
        await desk.act(do, {"door": door or None}, purpose, **by(who))
        return RedirectResponse("/", 303)
    standing, doors, _ = await desk.now()
    among = [one for one in doors if door in (SITE, one.id)]
    view = {"door": door, "do": do, "name": named(door), "among": among, "locked": locked_now(standing)}
    return page(request, "lockdown.html", here="/", sure=True, asked=purpose, choices=[], **view)


async def _door(request: Request, form: Form) -> str:
    door = form.fields.get("door", SITE)
    if door:
        _, doors, _ = await desk_of(request).now()
        if door not in {one.id for one in doors}:
            raise BadForm("There is no such door.", "It is none of this site's.", "Go back and choose one.")
    return door
