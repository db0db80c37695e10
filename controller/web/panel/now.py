"""The first page: every door in a word, what needs a hand, and decisions as they happen, without a name."""

from typing import Annotated

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from ostiary.controller.web import record_words, site_now
from ostiary.controller.web.desk import desk_of
from ostiary.controller.web.panel.lockdown import locked_now
from ostiary.controller.web.panel.who import Operator, by, signed_in
from ostiary.controller.web.purpose import purpose_of
from ostiary.controller.web.render import fragment, page

router = APIRouter(include_in_schema=False)

NEWEST = 30
SeesNow = Annotated[Operator, signed_in("see-now")]
OpensRecords = Annotated[Operator, signed_in("open-decision")]


@router.get("/")
async def now(request: Request, who: SeesNow) -> Response:
    desk = desk_of(request)
    standing, doors, _ = await desk.now()
    rows, _ = await run_in_threadpool(desk.index.newest, NEWEST)
    return page(
        request,
        "now.html",
        here="/",
        doors=doors,
        locked=locked_now(standing),
        unheard=site_now.not_acknowledged(doors),
        alarms=site_now.alarms(standing).alarms,
        rows=rows,
        fresh=False,
    )


@router.get("/decisions/{position}/who")
async def name_of_decision(request: Request, position: int, who: OpensRecords) -> Response:
    """Whom a decision concerns, for the list: a look-up of its own, recorded with the purpose of the session."""
    desk = desk_of(request)
    purpose = purpose_of(request)
    if purpose is None:
        return HTMLResponse(fragment("_who.html", name=None))
    found = await desk.act("look-up", {"index": position}, purpose, **by(who))
    return HTMLResponse(
        fragment("_who.html", name=record_words.named(found, await run_in_threadpool(desk.directory.names)))
    )
