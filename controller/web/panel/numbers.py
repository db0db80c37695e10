"""Numbers: decisions by hour and door, reasons, waits by credential, and signs of false rejection; nobody is named."""

from typing import Annotated

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from ostiary.controller.web import numbers
from ostiary.controller.web.desk import desk_of
from ostiary.controller.web.enrolling import now_ms
from ostiary.controller.web.panel.who import Operator, by, signed_in
from ostiary.controller.web.register import HOUR_MS
from ostiary.controller.web.render import page

router = APIRouter(include_in_schema=False)

Sees = Annotated[Operator, signed_in("see-numbers")]
DAYS = {1: 1, 7: 4, 30: 24}
"""How far back, and by how many hours a point stands for."""


@router.get("/numbers")
async def shown(request: Request, who: Sees, days: int = 7) -> Response:
    desk = desk_of(request)
    days = days if days in DAYS else 7
    at_ms = now_ms()
    since_ms = at_ms - days * 24 * HOUR_MS
    counts = await run_in_threadpool(desk.register.counts, since_ms, DAYS[days])
    late = await run_in_threadpool(desk.register.late, since_ms)
    doors = sorted({door for _, door, _ in late})
    return page(
        request, "numbers.html", here="/numbers", days=days, choices=tuple(DAYS),
        chart=numbers.by_hour(counts, since_ms, at_ms, DAYS[days]), reasons=numbers.reasons(counts),
        late=[(door, sum(count for _, at, count in late if at == door)) for door in doors],
        waits=await desk.waits.get(days, lambda: desk.act("waits", {"since_ms": since_ms}, **by(who))), step=DAYS[days],
    )  # fmt: skip
