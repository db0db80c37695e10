"""A policy in the shadow: asked with every request, recorded, and moving nothing; and how often it says the same."""

from typing import Annotated

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from ostiary.controller.web.desk import desk_of
from ostiary.controller.web.forms import read_form
from ostiary.controller.web.index import in_words
from ostiary.controller.web.panel.policy import NAME, text_of
from ostiary.controller.web.panel.who import Operator, by, signed_in
from ostiary.controller.web.render import page

router = APIRouter(include_in_schema=False)

Publishes = Annotated[Operator, signed_in("publish-policy")]
ReadsShadow = Annotated[Operator, signed_in("read-shadow")]


@router.post("/policy/shadow")
async def begin(request: Request, who: Publishes) -> Response:
    desk = desk_of(request)
    text = text_of(await read_form(request))
    await desk.work.require_policy(text.encode(), "No policy was put in the shadow.")
    await desk.act("shadow", {"text": text, "name": NAME}, **by(who))
    return RedirectResponse("/policy/shadow", 303)


@router.post("/policy/shadow/end")
async def end(request: Request, who: Publishes) -> Response:
    await desk_of(request).act("shadow", {"text": None}, **by(who))
    return RedirectResponse("/policy/shadow", 303)


@router.get("/policy/shadow")
async def report(request: Request, who: ReadsShadow) -> Response:
    told = await desk_of(request).act("shadow-report", {}, **by(who))
    differing = [
        (*(in_words(code) for code in pair.split(" / ", 1)), count) for pair, count in told["differing"].items()
    ]
    return page(request, "policy_shadow.html", here="/policy", told=told, differing=differing)
