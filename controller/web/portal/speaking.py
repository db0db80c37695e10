"""Turns a view into a person's page: in their language, which a link on every page changes, without any script."""

from datetime import UTC, datetime
from functools import partial
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import HTMLResponse

from ostiary.controller.web.portal.words import LANGUAGES, preferred, say
from ostiary.controller.web.render import fragment
from ostiary.controller.web.signin.known import Person, visitor_known

COOKIE = "language"
_YEAR_S = 365 * 86_400
_MONTHS_DE = (
    *("Januar", "Februar", "März", "April", "Mai", "Juni"),
    *("Juli", "August", "September", "Oktober", "November", "Dezember"),
)


def language_of(request: Request) -> str:
    """What this request is answered in: `?lang=de`, else as chosen before, else as the browser prefers."""
    asked = request.query_params.get("lang")
    chosen = asked if asked in LANGUAGES else request.cookies.get(COOKIE)
    return preferred(request.headers.get("accept-language", ""), chosen)


def portal_page(request: Request, template: str, *, status: int = 200, **view: Any) -> HTMLResponse:
    """A whole page of the portal."""
    language = language_of(request)
    visitor = visitor_known(request)
    others = [
        (tag, name, f"{request.url.path}?{urlencode({**request.query_params, 'lang': tag})}")
        for tag, name in LANGUAGES.items()
        if tag != language
    ]
    words = {
        "t": partial(say, language),
        "day": partial(day, language),
        "at": partial(moment, language),
        "language": language,
        "languages": others if request.method == "GET" else [],
        "me": visitor if isinstance(visitor, Person) else None,
    }
    response = HTMLResponse(fragment(f"portal/{template}", **(words | view)), status)
    if request.query_params.get("lang") == language:
        response.set_cookie(COOKIE, language, max_age=_YEAR_S, samesite="strict", httponly=True)
    return response


def day(language: str, at_ms: int) -> str:
    """A day as this machine's clock shows it."""
    when = datetime.fromtimestamp(at_ms / 1000, UTC).astimezone()
    return f"{when.day}. {_MONTHS_DE[when.month - 1]} {when.year}" if language == "de" else when.strftime("%-d %B %Y")


def moment(language: str, at_ms: int) -> str:
    """A day and a time to the second."""
    clock = datetime.fromtimestamp(at_ms / 1000, UTC).astimezone().strftime("%H:%M:%S")
    return f"{day(language, at_ms)}, {clock}"
