"""The list of people, and enrolling one: with a card, and with a face only after the notice was read and agreed to."""

from typing import Annotated

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from ostiary.controller.people.notice import notice
from ostiary.controller.web import doubles, enrolling, faces
from ostiary.controller.web.desk import desk_of
from ostiary.controller.web.directory import PAGE
from ostiary.controller.web.forms import Form, read_form
from ostiary.controller.web.panel import duplicate
from ostiary.controller.web.panel.step_up import picture_of, portraits
from ostiary.controller.web.panel.who import Operator, signed_in
from ostiary.controller.web.problem import BadForm, Problem
from ostiary.controller.web.render import fragment, page, wants_fragment
from ostiary.controller.web.views import Given, NoticeText

router = APIRouter(include_in_schema=False)

LONGEST = 200
Lists = Annotated[Operator, signed_in("list-people")]
Enrols = Annotated[Operator, signed_in("enrol")]


@router.get("/people")
async def people(request: Request, who: Lists, q: str = "", at: int = 0) -> Response:
    found = await run_in_threadpool(desk_of(request).directory.find, q, at, enrolling.now_ms())
    view = {"found": found, "q": q[:LONGEST], "size": PAGE}
    if wants_fragment(request):
        return HTMLResponse(fragment("_people.html", **view))
    return page(request, "people.html", here="/people", **view)


@router.get("/people/enrol")
def enrol_form(request: Request, who: Enrols) -> Response:
    return _form(request, Given())


@router.post("/people/enrol")
async def enrol(request: Request, who: Enrols) -> Response:
    """Name, membership, card and consent are one change; the template is the next, made only if consent is durable."""
    desk = desk_of(request)
    form = await read_form(request)
    given = Given(
        form.fields.get("name", ""),
        form.fields.get("evidence", ""),
        form.ticked("card"),
        form.ticked("consent"),
        form.fields.get("portrait", "-"),
    )
    try:
        name = form.text("name", LONGEST, "The name")
        evidence = form.text("evidence", LONGEST, "The document")
        picture = picture_of(form, given.portrait)
        require_consent(form, picture)
        # A picture that is not good enough is found out before anything is written.
        probe = await desk.faces.probe(picture) if picture is not None else None
    except Problem as problem:
        return _form(request, given, problem)
    try:
        if probe is not None and (held := await doubles.held(desk, None, probe)) is not None:
            return await duplicate.ask(request, held, doubles.Newcomer(name, evidence, given.card))
        person = await enrolling.enrol(
            desk, name, evidence, who.name, with_card=given.card, with_consent=probe is not None
        )
        if probe is not None:
            await enrolling.enrol_face(desk, person, probe)
    finally:
        if probe is not None:
            probe.wipe()
    return RedirectResponse(f"/people/{person}?done=enrolled", 303)


def require_consent(form: Form, picture: bytes | None) -> None:
    """Raises `BadForm` for a face without the tick of the notice."""
    if picture is not None and not form.ticked("consent"):
        raise BadForm(
            "The face was not enrolled.",
            "There is a picture and no consent: a face belongs to its person.",
            "Let the person read the notice and tick the box, or choose “no face”.",
        )


def notice_text() -> NoticeText:
    shown = notice()
    return NoticeText(shown.version, tuple(shown.text.split("\n\n")), shown.release, shown.sha256)


def _form(request: Request, given: Given, problem: Problem | None = None) -> Response:
    return page(
        request,
        "enrol.html",
        here="/people",
        status=problem.status if problem else 200,
        problem=problem,
        given=given,
        faces=faces.installed(),
        notice=notice_text(),
        portraits=portraits(),
    )
