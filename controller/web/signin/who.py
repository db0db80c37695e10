"""Asks who is there: a page or a route names its deed, and gets the operator who may do it, or nobody gets the page.

    @router.get("/people")
    async def people(request: Request, who: Annotated[Operator, signed_in("list-people")]) -> Response: …

A session counts for pages and for the JSON API; a token for the API alone. What needs no sign-in says so, with a
reason: `dependencies=[anybody("a receipt's code is enough")]`. A test reads every route and fails where neither stands.
"""

from collections.abc import Callable
from typing import Any

from fastapi import Depends
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from ostiary.controller.people import sessions, tokens
from ostiary.controller.people.roles import DEEDS, who_may
from ostiary.controller.web.asking import ASKER
from ostiary.controller.web.desk import Desk, desk_of
from ostiary.controller.web.enrolling import now_ms
from ostiary.controller.web.problem import Forbidden, NotSignedIn
from ostiary.controller.web.signin import cookie
from ostiary.controller.web.signin.known import Operator, Person

TOKEN_PATHS = ("/api/", "/metrics")
SCHEME = "bearer "


class SignedIn:
    """The dependency of one deed."""

    def __init__(self, deed: str) -> None:
        if deed not in DEEDS:
            raise ValueError(f"{deed!r} is no deed of people/roles.py")
        self.deed = deed

    async def __call__(self, request: Request) -> Operator:
        who = await visitor(request)
        if not isinstance(who, Operator):
            raise not_signed_in()
        if not who.may(self.deed):
            raise Forbidden(
                "This is not yours to do.",
                f"It needs one of the roles {', '.join(who_may(self.deed))}"
                f"{' and a token for ' + self.deed if who.token is not None else ''}.",
                "Ask somebody with that role, or an admin to give it to you.",
            )
        ASKER.set(who.name)
        return who


class OwnPerson:
    """The dependency of a page about one's own things, for persons."""

    async def __call__(self, request: Request) -> Person:
        who = await visitor(request)
        if not isinstance(who, Person):
            raise not_signed_in()
        return who


class Anybody:
    """Says why a route needs no sign-in."""

    def __init__(self, why: str) -> None:
        self.why = why

    async def __call__(self) -> None:
        return None


def signed_in(deed: str) -> Any:
    """An operator who may do this deed. Raises `NotSignedIn` and `Forbidden` before the page does anything."""
    return Depends(SignedIn(deed))


def own_person() -> Any:
    """A person who signed in. Raises `NotSignedIn`."""
    return Depends(OwnPerson())


def anybody(why: str) -> Any:
    return Depends(Anybody(why))


async def visitor(request: Request) -> Operator | Person | None:
    """Who asks, or None; looked up once a request."""
    if not hasattr(request.state, "visitor"):
        request.state.visitor = await _looked_up(request)
    return request.state.visitor


def still_let_in(request: Request, deed: str) -> Callable[[], bool]:
    """Asks anew whether whoever sent this request may still do this deed, for answers that take hours."""
    known, token, text = desk_of(request).known, cookie.token_in(request), _bearer(request)

    def ask() -> bool:
        if text is not None:
            who = known.by_token(text, now_ms())
        else:
            who = None if token is None else known.by_session(token, now_ms())
        return isinstance(who, Operator) and who.may(deed)

    return ask


def _bearer(request: Request) -> str | None:
    """The token that a program sent, good or not."""
    given = request.headers.get("authorization", "")
    return given[len(SCHEME) :].strip() if given[: len(SCHEME)].lower() == SCHEME else None


def not_signed_in() -> NotSignedIn:
    return NotSignedIn(
        "You are not signed in.",
        "Nobody is, or the session is over: it lasts twelve hours, and an hour without use.",
        "Sign in and do it again; a program sends a token: Authorization: Bearer ostiary_…",
    )


async def _looked_up(request: Request) -> Operator | Person | None:
    desk, at_ms = desk_of(request), now_ms()
    text = _bearer(request)
    if text is not None:
        # A program's token is never mixed with a browser's cookie: one of them, or nobody.
        if not request.url.path.startswith(TOKEN_PATHS):
            return None
        who = desk.known.by_token(text, at_ms)
    else:
        token = cookie.token_in(request)
        who = None if token is None else desk.known.by_session(token, at_ms)
    if who is not None and who.seen_late:
        await run_in_threadpool(_seen, desk, who, at_ms)
    return who


def _seen(desk: Desk, who: Operator | Person, at_ms: int) -> None:
    with desk.people.begin() as conn:
        if who.session is not None:
            sessions.seen(conn, who.session, at_ms)
        elif isinstance(who, Operator) and who.token is not None:
            tokens.seen(conn, who.token, at_ms)
