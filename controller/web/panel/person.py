"""One person's page: what they are and hold, their score and how it came about, their cards, and their face."""

from dataclasses import fields
from typing import Annotated, Any

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from ostiary.controller.web import carrying, enrolling, faces, roster
from ostiary.controller.web.desk import desk_of
from ostiary.controller.web.forms import Form, read_form
from ostiary.controller.web.panel import purpose as purposes
from ostiary.controller.web.panel.people import LONGEST
from ostiary.controller.web.panel.who import Operator, by, signed_in
from ostiary.controller.web.purpose import purpose_of
from ostiary.controller.web.render import page

router = APIRouter(include_in_schema=False)

Opens = Annotated[Operator, signed_in("open-person")]
Enrols = Annotated[Operator, signed_in("enrol")]
Enters = Annotated[Operator, signed_in("ledger-entry")]
CARD_LONGEST = 64
LABEL_LONGEST = 80

DONE = {
    "enrolled": "Enrolled. Doors know it from now on.",
    "entry": "The entry is recorded, with its document.",
    "holding": "Added, with its document.",
    "ended": "Ended from now on. What it was stays written.",
    "card": "The card is given. Doors know it from now on.",
    "revoked": "The card is revoked and opens nothing any more.",
    "replaced": "The old card is revoked, and the new one opens doors.",
    "pass-revoked": "The pass is revoked and opens nothing any more.",
    "pin": "The PIN is set.",
    "no-pin": "The PIN is cleared.",
    "face": "The face is enrolled. The picture is forgotten.",
    "withdrawn": "The face is withdrawn: templates deleted, their key destroyed, consent ended.",
    "suspended": "Suspended. It ends by itself; the person can read why.",
    "lifted": "The suspension is over.",
    "longer": "Doors stay open longer for this person. Nobody writes down why.",
    "usual": "Doors stay open as long as for everybody.",
    "left": "Noted: not inside any more.",
    "contest": "The contest is open. It is in the queue, with its deadline.",
}


@router.get("/people/{person}")
async def person(request: Request, person: str, who: Opens, done: str = "") -> Response:
    """Opening a person is a look-up: it needs a purpose, and the person can read who looked."""
    desk = desk_of(request)
    named = await run_in_threadpool(roster.named, desk.reading, person, enrolling.now_ms())
    purpose = purpose_of(request)
    if purpose is None:
        return purposes.ask(request)
    await desk.act("look-at-ledger", {"person": named.id}, purpose, **by(who))
    shown = await run_in_threadpool(
        roster.person_page, desk.reading, person, await desk.policy(), desk.pocket, enrolling.now_ms()
    )
    view: dict[str, Any] = {field.name: getattr(shown, field.name) for field in fields(shown)}
    view["doors"] = await desk.doors() if who.may("enrol") else []
    return page(request, "person.html", here="/people", faces=faces.installed(), done=DONE.get(done, ""), **view)


@router.post("/people/{person}/entries")
async def record_entry(request: Request, person: str, who: Enters) -> Response:
    desk = desk_of(request)
    form = await read_form(request)
    policy = await desk.policy()
    choices = {choice.name: choice for choice in roster.recordable(policy)}
    kind, _, evidence = form.choice("kind", choices, "The kind of entry").partition(":")
    title = form.text("evidence", LONGEST, "The document")
    if policy is not None:
        await enrolling.record_entry(desk, person, policy, kind, enrolling.document(evidence, title), by(who))
    return back(person, "entry")


@router.post("/people/{person}/holdings")
async def add_holding(request: Request, person: str, who: Enrols) -> Response:
    desk = desk_of(request)
    form = await read_form(request)
    what = form.choice(
        "what", {choice.name: choice for choice in roster.grantable(await desk.policy())}, "What is added"
    )
    kind, _, name = what.partition(":")
    title, until_ms = form.text("evidence", LONGEST, "The document"), form.day("until", "The end")
    await enrolling.add_span(desk, person, kind, name, title, until_ms, who.name)
    return back(person, "holding")


@router.post("/people/{person}/{kind}/{number}/end")
async def end_span(request: Request, person: str, kind: str, number: int, who: Enrols) -> Response:
    await enrolling.end_span(desk_of(request), person, kind, number, who.name)
    return back(person, "ended")


@router.post("/people/{person}/cards")
async def give_card(request: Request, person: str, who: Enrols) -> Response:
    """A card by its number, or, without one, a card for virtual doors."""
    desk = desk_of(request)
    form = await read_form(request)
    if "number" not in form.fields:
        await enrolling.give_card(desk, person)
    else:
        await carrying.give(desk, person, await _card(request, form), _label(form))
    return back(person, "card")


@router.post("/people/{person}/cards/learn")
async def learn_card(request: Request, person: str, who: Enrols) -> Response:
    """The card that was just held to a door's reader, and that nobody has."""
    desk = desk_of(request)
    form = await read_form(request)
    label = _label(form)
    door = form.choice("door", {choice.id: choice for choice in await desk.doors()}, "The door")
    await run_in_threadpool(roster.named, desk.reading, person, enrolling.now_ms())
    await carrying.give(desk, person, await carrying.learnt(desk, person, door), label)
    return back(person, "card")


@router.post("/people/{person}/cards/{card}/replace")
async def replace_card(request: Request, person: str, card: int, who: Enrols) -> Response:
    form = await read_form(request)
    await carrying.give(desk_of(request), person, await _card(request, form), _label(form), instead_of=card)
    return back(person, "replaced")


@router.post("/people/{person}/cards/{card}/revoke")
async def revoke_card(request: Request, person: str, card: int, who: Enrols) -> Response:
    await enrolling.revoke_card(desk_of(request), person, card)
    return back(person, "revoked")


async def _card(request: Request, form: Form) -> carrying.Heard:
    number = "".join(form.text("number", CARD_LONGEST, "The card number").split())
    return await carrying.heard(desk_of(request), number)


def _label(form: Form) -> str:
    return form.text("label", LABEL_LONGEST, "The label")


def back(person: str, done: str) -> Response:
    return RedirectResponse(f"/people/{person}?done={done}", 303)
