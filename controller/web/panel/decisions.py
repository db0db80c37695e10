"""The page of one decision, which is a look-up and recorded as one."""

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from ostiary.controller.web import record_words
from ostiary.controller.web.desk import desk_of
from ostiary.controller.web.panel import purpose as purposes
from ostiary.controller.web.problem import NotThere
from ostiary.controller.web.purpose import purpose_of
from ostiary.controller.web.render import page
from ostiary.controller.web.signin.who import signed_in
from ostiary.controller.web.views import LogState

router = APIRouter(include_in_schema=False)


@router.get("/decisions/{position}", dependencies=[signed_in("open-decision")])
async def decision(request: Request, position: int) -> Response:
    desk = desk_of(request)
    if await run_in_threadpool(desk.index.decision_at, position) is None:
        raise NotThere(
            "There is no such decision.",
            f"The log has no decision at position {position}.",
            "Check the number, or find it by its receipt code.",
        )
    purpose = purpose_of(request)
    if purpose is None:
        return purposes.ask(request)
    found = await desk.act("look-up", {"index": position}, purpose)
    standing = await desk.act("standing", {})
    return page(
        request,
        "decision.html",
        here="/",
        decision=record_words.opened(found, await run_in_threadpool(desk.directory.names)),
        log=LogState(
            standing["log_size"],
            standing["checkpoint"] or "",
            standing.get("log_key") or "",
            tuple(standing.get("log_witnesses") or ()),
            tuple(standing.get("log_alarms") or ()),
        ),
    )
