"""A person's recovery codes: ten, shown once. With one of them somebody signs in who lost their phone."""

import os
from typing import Annotated

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from ostiary.controller.people import credentials
from ostiary.controller.web.desk import desk_of
from ostiary.controller.web.enrolling import now_ms
from ostiary.controller.web.portal.speaking import portal_page
from ostiary.controller.web.signin.known import Person
from ostiary.controller.web.signin.who import own_person

router = APIRouter(include_in_schema=False)

Own = Annotated[Person, own_person()]


@router.get("/me/codes")
async def codes(request: Request, who: Own, first: str = "") -> Response:
    return portal_page(request, "codes.html", codes=(), first=bool(first))


@router.post("/me/codes")
async def new_codes(request: Request, who: Own) -> Response:
    desk = desk_of(request)
    pieces = [os.urandom(10) for _ in range(credentials.RECOVERY_CODES)]

    def write() -> tuple[str, ...]:
        with desk.people.begin() as conn:
            return credentials.new_codes(conn, who.id, pieces, now_ms())

    return portal_page(request, "codes.html", codes=await run_in_threadpool(write), first=False)
