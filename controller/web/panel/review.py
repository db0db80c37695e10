"""A reviewer from outside, by their link: the one contest that is theirs to decide, and nothing else of the site."""

from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from ostiary.controller.web import deciding
from ostiary.controller.web.asking import Asks
from ostiary.controller.web.desk import Desk, desk_of
from ostiary.controller.web.forms import read_form
from ostiary.controller.web.panel.contests import DONE, LONGEST, confirm, read_case
from ostiary.controller.web.problem import NotThere
from ostiary.controller.web.render import page

router = APIRouter(include_in_schema=False)


@router.get("/review/{number}/{token}")
async def review(request: Request, number: int, token: str, done: str = "") -> Response:
    desk = desk_of(request)
    asks = await _reviewer(desk, number, token)
    shown = await read_case(desk, number, _purpose(number), asks)
    view: dict[str, Any] = {"case": shown, "done": DONE.get(done, ""), "link": None, "mine": True, "outside": True}
    here: dict[str, Any] = {"operator": asks["operator"], "decide_at": f"/review/{number}/{token}"}
    return page(request, "contest.html", menu=(), purpose=None, **view, **here)


@router.post("/review/{number}/{token}")
async def decide(request: Request, number: int, token: str) -> Response:
    desk = desk_of(request)
    asks = await _reviewer(desk, number, token)
    form = await read_form(request)
    outcome = form.choice("outcome", deciding.DECIDE, "The outcome")
    reasons = form.text("reasons", LONGEST, "The reasons")
    back = f"/review/{number}/{token}"
    if form.ticked("sure"):
        done = await deciding.decide(desk, number, outcome, reasons, asks)
        return RedirectResponse(f"{back}?done={done.outcome}", 303)
    return await confirm(request, number, outcome, reasons, _purpose(number), asks, back)


async def _reviewer(desk: Desk, number: int, token: str) -> Asks:
    """Whose link it is. Raises `NotThere` for a link that opens nothing."""
    found = await desk.act("review-open", {"contest": number, "token": token})
    if found["reviewer"] is None:
        raise NotThere(
            "This link opens nothing.",
            "It is not whole, or another reviewer was assigned since it was made.",
            "Ask whoever sent it for a new one.",
        )
    return {"operator": found["reviewer"], "role": "reviewer"}


def _purpose(number: int) -> str:
    return f"reviewing contest {number} by a link"
