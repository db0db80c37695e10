"""Passes and the PIN of one person: given at the desk, with a pass's picture shown once, and taken back."""

from typing import Annotated

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from ostiary.controller.web import credentials, roster
from ostiary.controller.web.desk import desk_of
from ostiary.controller.web.enrolling import now_ms
from ostiary.controller.web.forms import read_form
from ostiary.controller.web.panel.person import back
from ostiary.controller.web.panel.who import Operator, by, signed_in
from ostiary.controller.web.problem import BadForm
from ostiary.controller.web.qr import pass_qr
from ostiary.controller.web.render import page

router = APIRouter(include_in_schema=False)

Enrols = Annotated[Operator, signed_in("enrol")]
PIN_LONGEST = 12


@router.post("/people/{person}/passes")
async def give_pass(request: Request, person: str, who: Enrols) -> Response:
    """The answer is the pass itself, once: its text is kept nowhere."""
    desk = desk_of(request)
    form = await read_form(request)
    doors = [door.id for door in await desk.doors() if form.ticked(f"door-{door.id}")]
    until_ms = form.day("until", "The last day")
    if not doors or until_ms is None:
        raise BadForm("No pass was made.", "It needs a door and a last day.", "Go back and choose both.")
    single = form.ticked("single")
    made, text = await credentials.give_pass(desk, person, doors, until_ms, by(who), single=single)
    named = await run_in_threadpool(roster.named, desk.reading, person, now_ms())
    return page(request, "pass.html", here="/people", person=named, given=made, text=text, qr=pass_qr(text))


@router.post("/people/{person}/passes/{number}/revoke")
async def revoke_pass(request: Request, person: str, number: int, who: Enrols) -> Response:
    await credentials.revoke_pass(desk_of(request), person, number, by(who))
    return back(person, "pass-revoked")


@router.post("/people/{person}/pin")
async def set_pin(request: Request, person: str, who: Enrols) -> Response:
    form = await read_form(request)
    pin, again = (form.text(name, PIN_LONGEST, "The PIN") for name in ("pin", "again"))
    if pin != again:
        raise BadForm("The PIN was not set.", "It was typed in two ways.", "Go back and type it twice the same.")
    await credentials.set_pin(desk_of(request), person, pin, by(who))
    return back(person, "pin")


@router.post("/people/{person}/pin/clear")
async def clear_pin(request: Request, person: str, who: Enrols) -> Response:
    await credentials.clear_pin(desk_of(request), person, by(who))
    return back(person, "no-pin")
