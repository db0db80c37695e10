"""The page where a human says whether a face is that of somebody who is enrolled already."""

from typing import Annotated

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from ostiary.controller.web import doubles, enrolling, roster
from ostiary.controller.web.desk import Desk, desk_of
from ostiary.controller.web.doubles import Newcomer
from ostiary.controller.web.forms import Form, read_form
from ostiary.controller.web.panel.purpose import keep_purpose, purpose_from
from ostiary.controller.web.panel.who import Operator, signed_in
from ostiary.controller.web.problem import BadForm
from ostiary.controller.web.purpose import purpose_of
from ostiary.controller.web.render import page
from ostiary.controller.web.views import Named

router = APIRouter(include_in_schema=False)

Enrols = Annotated[Operator, signed_in("enrol")]
LONGEST = 200
REASON_LONGEST = 500


async def ask(request: Request, face: str, newcomer: Newcomer) -> Response:
    """The question; with names where the session has a purpose, else first the purpose."""
    purpose = purpose_of(request)
    alike = await doubles.looked_up(desk_of(request), face, purpose) if purpose is not None else ()
    return _question(request, face, newcomer, alike)


@router.post("/people/duplicate")
async def look(request: Request, who: Enrols) -> Response:
    """See whom the face looks like, for a purpose."""
    desk = desk_of(request)
    form = await read_form(request)
    face, newcomer = await _asked(desk, form)
    purpose = purpose_from(form)
    await keep_purpose(request, purpose)
    return _question(request, face, newcomer, await doubles.looked_up(desk, face, purpose))


@router.post("/people/duplicate/settle")
async def settle(request: Request, who: Enrols) -> Response:
    desk = desk_of(request)
    form = await read_form(request)
    face, newcomer = await _asked(desk, form)
    match form.fields.get("is", ""):
        case "another":
            reason = form.text("reason", REASON_LONGEST, "How you know that it is somebody else")
            if len(reason) < 4:
                raise BadForm("The reason is too short.", "It is recorded.", "Go back and say more.")
            person = await doubles.another(desk, face, newcomer, reason, who.name)
        case person if person.startswith("p-"):
            await doubles.same(desk, face, person)
        case _:
            raise BadForm("Nothing was enrolled.", "Neither answer was chosen.", "Go back and choose one.")
    return RedirectResponse(f"/people/{person}?done=face", 303)


async def _asked(desk: Desk, form: Form) -> tuple[str, Newcomer]:
    face = form.text("face", 64, "The held face")
    if person := form.fields.get("person"):
        named = await run_in_threadpool(roster.named, desk.reading, person, enrolling.now_ms())
        return face, Newcomer(named.name, "", False, named.id)
    name, evidence = form.text("name", LONGEST, "The name"), form.text("evidence", LONGEST, "The document")
    return face, Newcomer(name, evidence, form.ticked("card"))


def _question(request: Request, face: str, newcomer: Newcomer, alike: tuple[Named, ...]) -> Response:
    return page(request, "duplicate.html", here="/people", status=409, face=face, newcomer=newcomer, alike=alike)
