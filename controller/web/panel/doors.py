"""The first page: virtual doors, what their displays say, and on the operator's side why."""

from dataclasses import replace

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from ostiary.controller import samples
from ostiary.controller.web import doorway, record_words
from ostiary.controller.web.answering import not_there
from ostiary.controller.web.desk import Desk, desk_of
from ostiary.controller.web.forms import Form, read_form
from ostiary.controller.web.guard import PICTURE_MAX_BYTES, picture_too_large
from ostiary.controller.web.panel.purpose import purpose_from
from ostiary.controller.web.pocket import grouped
from ostiary.controller.web.problem import BadForm
from ostiary.controller.web.purpose import purpose_of, remember
from ostiary.controller.web.render import fragment, page, wants_fragment
from ostiary.controller.web.thumbnail import media_type, thumbnail
from ostiary.controller.web.views import CardChoice, Chosen, PortraitChoice, Step

router = APIRouter(include_in_schema=False)

NEWEST = 30
KEPT = {"cache-control": "public, max-age=86400"}
CARD_LONGEST = 64
UNDECIDED = (
    "The door could not decide and stayed shut: it says busy, and nothing is held against anybody. "
    "It may be starting, or the keeper or the broker is away. Try again in a moment."
)


@router.get("/")
async def doors(request: Request) -> Response:
    return await _page(request, desk_of(request), Chosen())


@router.post("/present")
async def present(request: Request) -> Response:
    """Step up to a door. The look-up of the reasons is recorded with the purpose of the form."""
    desk = desk_of(request)
    form = await read_form(request)
    purpose = purpose_from(form)
    known = await desk.doors()
    door = form.choice("door", tuple(choice.id for choice in known), "The door")
    pictures, card, chosen = _shown(form)
    reply = await doorway.step_up(desk.places, door, pictures, card, form.ticked("walk"))
    step = Step(
        display=doorway.display(door, reply), purpose=purpose, undecided=UNDECIDED, timings=doorway.timings(reply)
    )
    code = doorway.receipt_of(reply)
    if code:
        found = await desk.act("look-up", {"receipt": code}, purpose)
        step = replace(step, decision=record_words.opened(found, await run_in_threadpool(desk.names)))
    response = (
        HTMLResponse(fragment("_step.html", step=step) + fragment("_purpose.html", purpose=purpose, oob=True))
        if wants_fragment(request)
        else await _page(request, desk, replace(chosen, door=door), step, purpose)
    )
    remember(response, purpose)
    return response


@router.post("/doors/{door}/hand")
async def hand(request: Request, door: str) -> Response:
    desk = desk_of(request)
    await desk.require_door(door)
    form = await read_form(request)
    await doorway.hand(desk.places, door, form.fields.get("do", ""))
    if wants_fragment(request):
        return HTMLResponse(fragment("_door_state.html", state=await doorway.state(desk.places, door)))
    return RedirectResponse(f"/#door-{door}", 303)


@router.get("/portraits/{name}")
def portrait(name: str) -> Response:
    if name not in {known.name for known in portraits()}:
        raise not_there()
    small = thumbnail(samples.portrait(name))
    return Response(small, media_type=media_type(small), headers=KEPT)


async def _page(
    request: Request, desk: Desk, chosen: Chosen, step: Step | None = None, purpose: str | None = None
) -> HTMLResponse:
    known = await desk.doors()
    rows, _ = await run_in_threadpool(desk.index.newest, NEWEST)
    if known and not chosen.door:
        chosen = replace(chosen, door=known[0].id)
    return page(
        request,
        "doors.html",
        here="/",
        purpose=purpose or purpose_of(request),
        doors=known,
        alone=doorway.alone((await desk.act("standing", {}))["nodes"]),
        states={state.id: state for state in await doorway.states(desk.places, [door.id for door in known])},
        portraits=portraits(),
        cards=await run_in_threadpool(cards, desk),
        rows=rows,
        chosen=chosen,
        step=step,
        fresh=False,
    )


def portraits() -> list[PortraitChoice]:
    return [PortraitChoice(name, name.replace("-", " ").capitalize()) for name in samples.portraits()]


def cards(desk: Desk) -> list[CardChoice]:
    """The demonstration cards whose holders are still here."""
    names = desk.names()
    return [
        CardChoice(card.number, f"{names[card.person]} ({grouped(card.number)})")
        for card in desk.pocket.cards()
        if card.person in names
    ]


def _shown(form: Form) -> tuple[list[bytes], str | None, Chosen]:
    """Pictures, card number and what was ticked. Files go before a portrait, a typed number before a choice."""
    other = form.text("other_card", CARD_LONGEST, "The card number", needed=False)
    card = form.text("card", CARD_LONGEST, "The card", needed=False)
    name = form.fields.get("portrait", "-")
    chosen = Chosen(portrait=name, card=card, other_card=other, walk=form.ticked("walk"))
    number = "".join((other or card).split()) or None
    return pictures_of(form, name), number, chosen


def picture_of(form: Form, name: str) -> bytes | None:
    """The uploaded file, the last of several, else the sample portrait `name`; None for "-". Raises `BadForm`."""
    return next(reversed(pictures_of(form, name)), None)


def pictures_of(form: Form, name: str) -> list[bytes]:
    """The uploaded files, else the sample portrait `name`; none for "-". Raises `BadForm`, and `BodyTooLarge`."""
    if files := form.files.get("picture"):
        if sum(map(len, files)) > PICTURE_MAX_BYTES:
            raise picture_too_large()
        return list(files)
    if name in {known.name for known in portraits()}:
        return [samples.portrait(name).read_bytes()]
    if name == "":
        raise BadForm(
            "No picture file was chosen.",
            "“My own file” is ticked, and the file field is empty.",
            "Choose a file, or one of the portraits.",
        )
    if name != "-":
        raise BadForm("There is no such portrait.", "It is not among the samples.", "Choose one of the pictures shown.")
    return []
