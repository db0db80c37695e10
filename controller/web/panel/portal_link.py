"""Staff give a person the link to their own page: shown once, as a QR and as text, to whoever stands at the desk."""

import os
from typing import Annotated

import segno
from fastapi import APIRouter
from markupsafe import Markup
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from ostiary.controller.people import links, registry
from ostiary.controller.web.desk import desk_of
from ostiary.controller.web.enrolling import now_ms
from ostiary.controller.web.panel.who import Operator, signed_in
from ostiary.controller.web.render import page

router = APIRouter(include_in_schema=False)


@router.post("/people/{person}/portal-link")
async def portal_link(request: Request, person: str, who: Annotated[Operator, signed_in("enrol")]) -> Response:
    """An earlier link of the same person is good no more."""
    desk = desk_of(request)

    def write() -> tuple[str, str]:
        with desk.people.begin() as conn:
            name = registry.person_here(conn, person).name
            token = links.make(conn, person, who.name, os.urandom(32), now_ms())
            desk.act_now("portal-link", {"person": person}, operator=who.name)
            return name, token

    name, token = await run_in_threadpool(write)
    address = f"{desk.address}/setup/{token}"
    drawn = segno.make(address, error="m")
    # segno writes numbers and its own path data only; nothing of a request reaches the markup.
    qr = Markup(drawn.svg_inline(border=2, omitsize=True, svgclass=None, lineclass=None, title=None))  # noqa: S704
    return page(request, "portal_link.html", here="/people", person=person, name=name, address=address, qr=qr)
