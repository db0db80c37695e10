"""The two live streams: JSON for programs, pieces of the page for htmx. Both tell the same and name nobody."""

import json
from collections.abc import AsyncGenerator, Callable
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from ostiary.controller.web.api.decisions import told
from ostiary.controller.web.desk import desk_of
from ostiary.controller.web.live import Happening, stream
from ostiary.controller.web.render import fragment
from ostiary.controller.web.signin.who import signed_in
from ostiary.controller.web.views import AlarmsNow, DoorNow, Row

router = APIRouter()


class Live(StreamingResponse):
    """A stream that leaves its viewer's place at once when the line is cut, not when garbage is collected."""

    def __init__(self, body: AsyncGenerator[bytes]) -> None:
        super().__init__(body, media_type="text/event-stream", headers={"x-accel-buffering": "no"})
        self._body = body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            await self._body.aclose()


def as_json(happening: Happening) -> tuple[str, str]:
    if isinstance(happening, Row):
        return "decision", json.dumps(told(happening))
    if isinstance(happening, AlarmsNow):
        alarms = [{"number": one.number, "where": one.where, "say": one.say, "by": one.by} for one in happening.alarms]
        return "alarms", json.dumps({"alarms": alarms})
    if isinstance(happening, DoorNow):
        nodes = [{"node": node.node, "state": node.state} for node in happening.nodes]
        told_now = {"door": happening.id, "state": happening.word, "locked_ms": happening.locked_ms, "nodes": nodes}
        return "standing", json.dumps(told_now)
    pins = {"strike": happening.strike, "contact": happening.contact} if happening.here else None
    return "door", json.dumps({"door": happening.id, "pins": pins})


def as_fragment(happening: Happening) -> tuple[str, str]:
    if isinstance(happening, Row):
        return "decision", fragment("_row.html", row=happening, fresh=True)
    if isinstance(happening, AlarmsNow):
        return "alarms", fragment("_alarms.html", alarms=happening.alarms)
    if isinstance(happening, DoorNow):
        return f"now-{happening.id}", fragment("_door_now.html", door=happening)
    return f"door-{happening.id}", fragment("_door_state.html", state=happening)


After = Annotated[int | None, Query(ge=-1, le=2**53, description="The last position that is known already")]


def _live(request: Request, say: Callable[[Happening], tuple[str, str]], after: int | None) -> Response:
    feed = desk_of(request).feed
    feed.require_room()
    last = request.headers.get("last-event-id", "")
    if last.isascii() and last.isdigit() and len(last) < 16:
        after = max(int(last), -1 if after is None else after)
    return Live(stream(feed, say, after))


@router.get("/api/v1/live", dependencies=[signed_in("see-now")], tags=["decisions"], response_class=StreamingResponse)
async def live(request: Request, after: After = None) -> Response:
    """Server-sent events: `decision`, `door` (its pins), `standing` (its nodes, lockdown) and `alarms`."""
    return _live(request, as_json, after)


@router.get("/live", dependencies=[signed_in("see-now")], include_in_schema=False)
async def live_page(request: Request, after: After = None) -> Response:
    return _live(request, as_fragment, after)
