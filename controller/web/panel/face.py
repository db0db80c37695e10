"""A person's face: enrolled with their consent from the webcam, a file or a portrait, and withdrawn."""

from typing import Annotated

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from ostiary.controller.web import doubles, enrolling, roster
from ostiary.controller.web.desk import Desk, desk_of
from ostiary.controller.web.forms import read_form
from ostiary.controller.web.panel import duplicate
from ostiary.controller.web.panel.people import notice_text, require_consent
from ostiary.controller.web.panel.person import back
from ostiary.controller.web.panel.step_up import picture_of, portraits
from ostiary.controller.web.panel.who import Operator, signed_in
from ostiary.controller.web.problem import BadForm, Problem
from ostiary.controller.web.render import page
from ostiary.controller.web.views import Named

router = APIRouter(include_in_schema=False)

Enrols = Annotated[Operator, signed_in("enrol")]
Withdraws = Annotated[Operator, signed_in("withdraw-face")]


@router.post("/face-hint")
async def hint(request: Request, who: Enrols) -> Response:
    """What to do for a better picture, while the camera looks: the picture is forgotten, and nothing is compared."""
    form = await read_form(request)
    picture = picture_of(form, "-")
    if picture is None:
        raise BadForm("No picture came.", "The camera gave none.", "Try again, or choose a file.")
    return JSONResponse(await desk_of(request).faces.hint(picture))


@router.get("/people/{person}/face")
async def face_form(request: Request, person: str, who: Enrols) -> Response:
    return _face_form(request, await _named(desk_of(request), person))


@router.post("/people/{person}/face")
async def enrol_face(request: Request, person: str, who: Enrols) -> Response:
    desk = desk_of(request)
    named = await _named(desk, person)
    form = await read_form(request)
    try:
        picture = picture_of(form, form.fields.get("portrait", "-"))
        if picture is None:
            raise BadForm(
                "No picture was chosen.", "A template is made of one.", "Choose a portrait or a picture file."
            )
        require_consent(form, picture)
        # A picture that is not good enough is found out before a consent is written for it.
        probe = await desk.faces.probe(picture)
    except Problem as problem:
        return _face_form(request, named, problem)
    if (held := await doubles.held(desk, person, probe)) is not None:
        return await duplicate.ask(request, held, doubles.Newcomer(named.name, "", False, person))
    await enrolling.agree(desk, person)
    await enrolling.enrol_face(desk, person, probe)
    return back(person, "face")


@router.get("/people/{person}/face/withdraw")
async def withdraw_form(request: Request, person: str, who: Withdraws) -> Response:
    desk = desk_of(request)
    named = await _named(desk, person)
    cards = await run_in_threadpool(roster.live_cards, desk.reading, person)
    return page(request, "withdraw.html", here="/people", person=named, cards=cards)


@router.post("/people/{person}/face/withdraw")
async def withdraw(request: Request, person: str, who: Withdraws) -> Response:
    form = await read_form(request)
    if not form.ticked("sure"):
        return RedirectResponse(f"/people/{person}/face/withdraw", 303)
    await enrolling.withdraw_face(desk_of(request), person)
    return back(person, "withdrawn")


async def _named(desk: Desk, person: str) -> Named:
    return await run_in_threadpool(roster.named, desk.reading, person, enrolling.now_ms())


def _face_form(request: Request, person: Named, problem: Problem | None = None) -> Response:
    return page(
        request,
        "face.html",
        here="/people",
        status=problem.status if problem else 200,
        problem=problem,
        person=person,
        notice=notice_text(),
        portraits=portraits(),
    )
