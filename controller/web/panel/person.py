"""One person's page: what they are and hold, their score and how it came about, their cards, and their face."""

from dataclasses import fields

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from ostiary.controller.web import enrolling, faces, roster
from ostiary.controller.web.desk import Desk, desk_of
from ostiary.controller.web.forms import read_form
from ostiary.controller.web.panel.people import LONGEST, notice_text, require_consent
from ostiary.controller.web.panel.step_up import picture_of, portraits
from ostiary.controller.web.problem import BadForm, Problem
from ostiary.controller.web.render import page
from ostiary.controller.web.views import Named

router = APIRouter(include_in_schema=False)

DONE = {
    "enrolled": "Enrolled. Doors know it from now on.",
    "entry": "The entry is recorded, with its document.",
    "holding": "Added, with its document.",
    "card": "A card for virtual doors was given. It is in the list at the doors, too.",
    "revoked": "The card is revoked and opens nothing any more.",
    "face": "The face is enrolled. The picture is forgotten.",
    "withdrawn": "The face is withdrawn: templates deleted, their key destroyed, consent ended.",
}


@router.get("/people/{person}")
async def person(request: Request, person: str, done: str = "") -> Response:
    desk = desk_of(request)
    shown = await run_in_threadpool(
        roster.person_page, desk.people, person, await desk.policy(), desk.pocket, enrolling.now_ms()
    )
    view = {field.name: getattr(shown, field.name) for field in fields(shown)}
    return page(request, "person.html", here="/people", faces=faces.installed(), done=DONE.get(done, ""), **view)


@router.post("/people/{person}/entries")
async def record_entry(request: Request, person: str) -> Response:
    desk = desk_of(request)
    form = await read_form(request)
    policy = await desk.policy()
    choices = {choice.name: choice for choice in roster.recordable(policy)}
    kind, _, evidence = form.choice("kind", choices, "The kind of entry").partition(":")
    title = form.text("evidence", LONGEST, "The document")
    if policy is not None:
        await enrolling.record_entry(desk, person, policy, kind, evidence, title)
    return _back(person, "entry")


@router.post("/people/{person}/holdings")
async def add_holding(request: Request, person: str) -> Response:
    desk = desk_of(request)
    form = await read_form(request)
    what = form.choice(
        "what", {choice.name: choice for choice in roster.grantable(await desk.policy())}, "What is added"
    )
    kind, _, name = what.partition(":")
    await enrolling.add_span(desk, person, kind, name, form.text("evidence", LONGEST, "The document"))
    return _back(person, "holding")


@router.post("/people/{person}/cards")
async def give_card(request: Request, person: str) -> Response:
    await enrolling.give_card(desk_of(request), person)
    return _back(person, "card")


@router.post("/people/{person}/cards/{card}/revoke")
async def revoke_card(request: Request, person: str, card: int) -> Response:
    await enrolling.revoke_card(desk_of(request), person, card)
    return _back(person, "revoked")


@router.get("/people/{person}/face")
async def face_form(request: Request, person: str) -> Response:
    return _face_form(request, await _named(desk_of(request), person))


@router.post("/people/{person}/face")
async def enrol_face(request: Request, person: str) -> Response:
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
    await enrolling.agree(desk, person)
    await enrolling.enrol_face(desk, person, probe)
    return _back(person, "face")


@router.get("/people/{person}/face/withdraw")
async def withdraw_form(request: Request, person: str) -> Response:
    desk = desk_of(request)
    named = await _named(desk, person)
    return page(
        request,
        "withdraw.html",
        here="/people",
        person=named,
        cards=await run_in_threadpool(roster.live_cards, desk.people, person),
    )


@router.post("/people/{person}/face/withdraw")
async def withdraw(request: Request, person: str) -> Response:
    form = await read_form(request)
    if not form.ticked("sure"):
        return RedirectResponse(f"/people/{person}/face/withdraw", 303)
    await enrolling.withdraw_face(desk_of(request), person)
    return _back(person, "withdrawn")


async def _named(desk: Desk, person: str) -> Named:
    return await run_in_threadpool(roster.named, desk.people, person, enrolling.now_ms())


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


def _back(person: str, done: str) -> Response:
    return RedirectResponse(f"/people/{person}?done={done}", 303)
