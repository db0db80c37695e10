"""How a person stands: suspended in danger, more time at doors, noted as gone, and their contest of what is written."""

from typing import Annotated, Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from ostiary.controller.people.contests import KINDS
from ostiary.controller.web import deciding, keeping_out
from ostiary.controller.web.desk import desk_of
from ostiary.controller.web.forms import read_form
from ostiary.controller.web.panel.person import back
from ostiary.controller.web.panel.purpose import purpose_from
from ostiary.controller.web.panel.who import Operator, by, signed_in
from ostiary.controller.web.problem import BadForm

router = APIRouter(include_in_schema=False)

Suspends = Annotated[Operator, signed_in("suspend")]
Enrols = Annotated[Operator, signed_in("enrol")]
Notes = Annotated[Operator, signed_in("note-left")]
Contests = Annotated[Operator, signed_in("open-contest")]
HOURS = ("4", "24", "72")


@router.post("/people/{person}/suspend")
async def suspend(request: Request, person: str, who: Suspends) -> Response:
    form = await read_form(request)
    hours = int(form.choice("hours", HOURS, "How long"))
    await keeping_out.suspend(desk_of(request), person, hours, form.text("why", 500, "The danger"), by(who))
    return back(person, "suspended")


@router.post("/people/{person}/lift")
async def lift(request: Request, person: str, who: Suspends) -> Response:
    await keeping_out.lift(desk_of(request), person, by(who))
    return back(person, "lifted")


@router.post("/people/{person}/more-time")
async def more_time(request: Request, person: str, who: Enrols) -> Response:
    given = (await read_form(request)).ticked("given")
    await keeping_out.more_time(desk_of(request), person, given, by(who))
    return back(person, "longer" if given else "usual")


@router.post("/people/{person}/left")
async def left(request: Request, person: str, who: Notes) -> Response:
    form = await read_form(request)
    await desk_of(request).act("note-left", {"person": person}, purpose_from(form), **by(who))
    return back(person, "left")


@router.post("/people/{person}/contest")
async def contest(request: Request, person: str, who: Contests) -> Response:
    """The person challenges something at the desk, in their words."""
    desk = desk_of(request)
    form = await read_form(request)
    kind, _, number = form.fields.get("what", "").partition(":")
    if kind not in KINDS or not number.isascii() or not number.isdigit() or len(number) > 15:
        raise BadForm("Nothing was contested.", "What is contested was not chosen.", "Go back and choose it.")
    words = form.text("words", 2000, "What the person says")

    def record(done: Any) -> None:
        told = {"kind": done.kind, "number": done.number, "words": done.words, "due_at_ms": done.due_at_ms}
        desk.act_now("contest-open", {"contest": done.id, "person": person} | told, **by(who))

    await deciding.open_contest(desk, person, kind, int(number), words, who.name, record)
    return back(person, "contest")
