"""The session's cookie: unreadable for scripts, sent by our own pages alone, and bound to this host where HTTPS is.

Over HTTPS its name begins with `__Host-`, which browsers take with Secure, for the whole host and for no other (RFC
6265bis, 4.1.3.2). On loopback, where the panel speaks HTTP, Secure would be refused by some browsers; what travels
there never leaves the machine. Cookies know no ports: another web server on this machine, under the same name, could
be sent it. Whoever shares the machine with people they do not trust gives the site a host name.
"""

from starlette.requests import Request
from starlette.responses import Response

from ostiary.controller.people.sessions import LASTS_MS
from ostiary.controller.web.desk import desk_of

NAME = "ostiary-session"


def name_of(request: Request) -> str:
    return f"__Host-{NAME}" if _https(request) else NAME


def token_in(request: Request) -> str | None:
    return request.cookies.get(name_of(request))


def give(request: Request, response: Response, token: str) -> None:
    response.set_cookie(
        name_of(request),
        token,
        max_age=LASTS_MS // 1000,
        path="/",
        secure=_https(request),
        httponly=True,
        samesite="strict",
    )


def take(request: Request, response: Response) -> None:
    response.delete_cookie(name_of(request), path="/", secure=_https(request), httponly=True, samesite="strict")


def _https(request: Request) -> bool:
    return desk_of(request).reach.host is not None
