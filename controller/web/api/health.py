"""Whether the web lives, and whether the site is ready: for whoever watches it. Neither says anything about anybody."""

from typing import Any

from fastapi import APIRouter
from sqlalchemy.exc import DBAPIError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from ostiary.controller.people.roles import WEB
from ostiary.controller.web.api.body import answers
from ostiary.controller.web.desk import desk_of
from ostiary.controller.web.problem import NotReady, Problem
from ostiary.controller.web.signin.who import anybody

router = APIRouter(tags=["health"], dependencies=[anybody("it says yes or no, and nothing about anybody")])


@router.get("/healthz", responses=answers({"alive": True}))
async def alive() -> dict[str, Any]:
    """The web process answers. Nothing else is asked."""
    return {"alive": True}


@router.get("/readyz", responses=answers({"ready": True}))
async def ready(request: Request) -> dict[str, Any]:
    """People.db can be read, the keeper answers, and records can be written; else 503 with the reason."""
    desk = desk_of(request)

    def read() -> None:
        with desk.reading.begin() as conn:
            conn.exec_driver_sql("SELECT 1 FROM person LIMIT 1")

    try:
        await run_in_threadpool(read)
        standing = await desk.act("standing", {}, operator=WEB)
    except (DBAPIError, Problem) as error:
        why = error.why if isinstance(error, Problem) else "The people database cannot be read."
        raise NotReady("The site is not ready.", why, "Look at the site's processes, and at the disk.") from error
    if standing["log_outage"] is not None:
        raise NotReady("The site is not ready.", "The log cannot be written.", "Look at the disk of the log.")
    return {"ready": True}
