"""A receipt by its code: what was decided, that it is in the log, and *contest*. The code is enough."""

from typing import Any

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from ostiary.controller.people import contests
from ostiary.controller.people.contests import Contest
from ostiary.controller.people.roles import WEB
from ostiary.controller.web import deciding
from ostiary.controller.web.desk import Desk, desk_of
from ostiary.controller.web.enrolling import now_ms
from ostiary.controller.web.forms import read_form
from ostiary.controller.web.portal import asking
from ostiary.controller.web.portal.speaking import portal_page
from ostiary.controller.web.qr import plain_code
from ostiary.controller.web.signin import throttle
from ostiary.controller.web.signin.who import anybody, visitor

router = APIRouter(include_in_schema=False, dependencies=[anybody("a receipt's code is enough for what it says")])

CODE_LONGEST, WORDS_LONGEST = 24, 2_000
BY_CODE = "whoever holds the receipt"


@router.get("/receipt")
async def receipt(request: Request, code: str = "", contested: str = "") -> Response:
    return await _page(request, code, contested=bool(contested))


@router.post("/receipt/contest")
async def contest(request: Request) -> Response:
    """Whoever holds the code may contest the decision; who it concerns is told to nobody."""
    desk, form = desk_of(request), await read_form(request)
    code = plain_code(form.fields.get("code", "")[:CODE_LONGEST])
    words = form.text("words", WORDS_LONGEST, "What is wrong")
    # Codes have 80 random bits; this only keeps a script from filling the reviewers' queue.
    await throttle.require_patience(request, None)
    whose = await desk.act("whose-receipt", {"receipt": code}, operator=WEB)
    if whose["person"] is None:
        return await _page(request, code, stranger=True)
    person = whose["person"]
    await deciding.open_contest(
        desk, person, "decision", whose["index"], words, BY_CODE, lambda done: recorded(desk, person, done)
    )
    return RedirectResponse(f"/receipt?code={code}&contested=yes", 303)


def recorded(desk: Desk, person: str, done: Contest) -> None:
    """The keeper's record of a contest that the person opened."""
    told = {"kind": done.kind, "number": done.number, "words": done.words, "due_at_ms": done.due_at_ms}
    desk.act_now("contest-open", {"contest": done.id, "person": person} | told, operator=asking.caller(person))


async def _page(request: Request, code: str, *, stranger: bool = False, contested: bool = False) -> Response:
    desk, plain = desk_of(request), plain_code(code[:CODE_LONGEST])
    await visitor(request)
    row = await run_in_threadpool(desk.index.by_receipt, plain) if plain else None
    standing: tuple[Contest, ...] = ()
    if row is not None:

        def look() -> tuple[Contest, ...]:
            with desk.reading.begin() as conn:
                return contests.about_decision(conn, row.position)

        standing = await run_in_threadpool(look)
    shown: dict[str, Any] = {"code": code[:CODE_LONGEST], "found": row, "stranger": stranger, "contested": contested}
    states = [(one.state(now_ms()), one.due_at_ms) for one in standing]
    return portal_page(request, "receipt.html", contests=states, **shown)
