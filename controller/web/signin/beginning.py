"""Begins a session: recorded as the opening of the panel, in a row of its own, with a token that nobody had before."""

import os
import re

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from ostiary.controller.people import sessions
from ostiary.controller.people.operators import operator_of
from ostiary.controller.web.desk import desk_of
from ostiary.controller.web.enrolling import now_ms
from ostiary.controller.web.guard import client_of
from ostiary.controller.web.signin import cookie

_BROWSERS = (("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("Chrome", "Chrome"), ("Safari", "Safari"))
_SYSTEMS = ("Android", "iPhone", "iPad", "Windows", "Macintosh", "CrOS", "Linux")


async def begin(request: Request, response: Response, owner: str, way: str) -> None:
    """The owner is signed in by `response`; a session that the browser had before ends."""
    desk = desk_of(request)
    agent, address = browser(request.headers.get("user-agent", "")), client_of(request)
    before = cookie.token_in(request)

    def write() -> str:
        at_ms = now_ms()
        with desk.people.begin() as conn:
            held = None if before is None else sessions.session_with(conn, before)
            if held is not None and held.ended_at_ms is None:
                sessions.end(conn, held.owner, held.id, at_ms)
            token = sessions.begin(conn, owner, way, agent, address, os.urandom(32), at_ms)
            if owner.startswith("o-"):
                desk.act_now("signed-in", {"way": way}, operator=operator_of(conn, owner).name)
            return token

    cookie.give(request, response, await run_in_threadpool(write))


def browser(agent: str) -> str:
    """A browser in two words that its user knows it by: "Firefox on Linux"."""
    name = next((said for sign, said in _BROWSERS if f"{sign}/" in agent), "")
    system = next((said for said in _SYSTEMS if said in agent), "")
    system = {"Macintosh": "Mac", "CrOS": "Chromebook"}.get(system, system)
    plain = re.sub(r"[^A-Za-z0-9 ./_-]", "", agent)[:40].strip()
    return f"{name} on {system}" if name and system else name or plain or "a program"
