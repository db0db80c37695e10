"""A reviewer from outside, by their link: the one contest that is theirs to decide, and nothing else of the site."""

from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from ostiary.controller.web import reviewing
from ostiary.controller.web.desk import desk_of
from ostiary.controller.web.panel.contests import DONE, decided, sent_along
from ostiary.controller.web.render import page
from ostiary.controller.web.signin.who import anybody

router = APIRouter(
    include_in_schema=False, dependencies=[anybody("the reviewer's link is what counts; the keeper checks it")]
)


@router.get("/review/{number}/{token}")
async def review(request: Request, number: int, token: str, done: str = "") -> Response:
    desk = desk_of(request)
    reviewer = await reviewing.outside(desk, number, token)
    shown = await reviewing.read_case(desk, await reviewing.contest(desk, number), reviewer)
    view: dict[str, Any] = {"case": shown, "done": DONE.get(done, ""), "link": None, "mine": True, "outside": True}
    here: dict[str, Any] = {
        "as_name": reviewer.name,
        "decide_at": request.url.path,
        "files_at": f"{request.url.path}/files",
    }
    return page(request, "contest.html", menu=(), purpose=None, **view, **here)


@router.get("/review/{number}/{token}/files/{file}")
async def file(request: Request, number: int, token: str, file: int) -> Response:
    desk = desk_of(request)
    return await sent_along(desk, number, file, await reviewing.outside(desk, number, token))


@router.post("/review/{number}/{token}")
async def decide(request: Request, number: int, token: str) -> Response:
    reviewer = await reviewing.outside(desk_of(request), number, token)
    return await decided(request, number, reviewer, request.url.path)
