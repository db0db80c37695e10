"""What a person may end by themselves: that doors know their face, and that this house knows them at all."""

from typing import Annotated

from fastapi import APIRouter
from sqlalchemy import Engine
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from ostiary.controller.people import contests, leaving, registry
from ostiary.controller.people.registry import folded
from ostiary.controller.store.people_db import scrub
from ostiary.controller.web import enrolling
from ostiary.controller.web.desk import Desk, desk_of
from ostiary.controller.web.enrolling import now_ms
from ostiary.controller.web.forms import read_form
from ostiary.controller.web.portal import asking
from ostiary.controller.web.portal.speaking import language_of, portal_page
from ostiary.controller.web.portal.words import say
from ostiary.controller.web.signin import cookie
from ostiary.controller.web.signin.known import Person
from ostiary.controller.web.signin.who import anybody, own_person

router = APIRouter(include_in_schema=False)

Own = Annotated[Person, own_person()]
NAME_LONGEST = 200


@router.get("/me/face/withdraw")
async def withdraw_form(request: Request, who: Own, done: str = "") -> Response:
    nodes = await asking.forgotten(desk_of(request), who.id) if done else []
    return portal_page(request, "withdraw.html", done=bool(done), nodes=nodes)


@router.post("/me/face/withdraw")
async def withdraw(request: Request, who: Own) -> Response:
    form = await read_form(request)
    if not form.ticked("sure"):
        return RedirectResponse("/me/face/withdraw", 303)
    await enrolling.withdraw_face(desk_of(request), who.id, asked_by=asking.caller(who.id))
    return RedirectResponse("/me/face/withdraw?done=yes", 303)


@router.get("/me/leave")
async def leave_form(request: Request, who: Own) -> Response:
    return portal_page(request, "leave.html", refused="")


@router.post("/me/leave")
async def leave(request: Request, who: Own) -> Response:
    desk, form = desk_of(request), await read_form(request)
    typed = form.text("name", NAME_LONGEST, "The name", needed=False)
    refused = await run_in_threadpool(_why_not, desk, who.id, typed)
    if refused:
        return portal_page(request, "leave.html", refused=say(language_of(request), refused), status=400)
    # The keeper's record of it names a key that has to be destroyed, so it is asked while the person is still here.
    await desk.act("withdraw-face", {"person": who.id}, operator=asking.caller(who.id))
    await run_in_threadpool(_gone, desk.people, who.id)
    await desk.refresh()
    response = RedirectResponse("/left", 303)
    cookie.take(request, response)
    return response


@router.get("/left", dependencies=[anybody("whoever has left is nobody here")])
async def left(request: Request) -> Response:
    return portal_page(request, "left.html")


def _why_not(desk: Desk, person: str, typed: str) -> str:
    """The words that say why somebody cannot leave now, or nothing."""
    with desk.reading.begin() as conn:
        if folded(typed) != folded(registry.person_here(conn, person).name):
            return "leave-name"
        at_ms = now_ms()
        open_ones = [one for one in contests.contests(conn, person) if one.state(at_ms) in ("open", "assigned")]
        return "leave-contest" if open_ones else ""


def _gone(engine: Engine, person: str) -> None:
    with engine.begin() as conn:
        leaving.leave(conn, person, now_ms())
    scrub(engine)
