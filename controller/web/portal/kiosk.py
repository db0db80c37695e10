"""A kiosk at the house: whoever has no phone finds their receipt's code by door, minute and card, and nothing else."""

from datetime import datetime

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from ostiary.controller.people.roles import WEB
from ostiary.controller.web.desk import desk_of
from ostiary.controller.web.forms import Form, read_form
from ostiary.controller.web.portal.speaking import portal_page
from ostiary.controller.web.problem import BadForm, NotThere
from ostiary.controller.web.qr import grouped
from ostiary.controller.web.signin import throttle
from ostiary.controller.web.signin.who import anybody

router = APIRouter(
    include_in_schema=False, dependencies=[anybody("people without a phone have nothing to sign in with")]
)

CARD_LONGEST, WORD_LONGEST = 64, 10


@router.get("/kiosk")
async def kiosk(request: Request) -> Response:
    return await _page(request)


@router.post("/kiosk")
async def find(request: Request) -> Response:
    """A card is a credential, so guesses at it wait longer and longer."""
    desk, form = desk_of(request), await read_form(request)
    await throttle.require_patience(request, None)
    asked = {"door": form.fields.get("door", ""), "at_ms": _minute(form), "card": _card(form)}
    try:
        found = await desk.act("find-receipt", asked, operator=WEB)
    except NotThere:
        await throttle.failed(request, None)
        return await _page(request, form, nothing=True)
    return await _page(request, codes=[grouped(code) for code in found["codes"]])


def _card(form: Form) -> str:
    return "".join(form.text("card", CARD_LONGEST, "The card’s number").split())


def _minute(form: Form) -> int:
    """The minute that was meant, by this machine's clock, in Unix milliseconds. Raises `BadForm`."""
    day, minute = form.text("day", WORD_LONGEST, "The day"), form.text("minute", WORD_LONGEST, "The time")
    try:
        return round(datetime.fromisoformat(f"{day}T{minute}").astimezone().timestamp()) * 1000
    except (ValueError, OverflowError) as error:
        raise BadForm(
            "This is no day and minute.", "They are written as 2026-11-30 and 14:05.", "Type them again."
        ) from error


async def _page(
    request: Request, form: Form | None = None, *, nothing: bool = False, codes: list[str] | None = None
) -> Response:
    given = form.fields if form is not None else {}
    shown = {name: given.get(name, "") for name in ("door", "day", "minute")}
    doors = await desk_of(request).doors()
    return portal_page(request, "kiosk.html", doors=doors, given=shown, nothing=nothing, codes=codes or [])
