"""A session's purpose: why its operator looks things up. It lives in a cookie and in each look-up's record."""

from urllib.parse import quote, unquote

from starlette.requests import Request
from starlette.responses import Response

COOKIE = "ostiary-purpose"
MAX_LENGTH = 120
AT_THE_VIRTUAL_DOOR = "Trying out the virtual door"


def purpose_of(request: Request) -> str | None:
    """The purpose set in this session, or None. A cookie that we would not have written counts as none."""
    purpose = unquote(request.cookies.get(COOKIE, ""))
    ours = 0 < len(purpose) <= MAX_LENGTH and purpose.isprintable() and purpose == purpose.strip()
    return purpose if ours else None


def remember(response: Response, purpose: str) -> None:
    """Set the purpose until the browser closes; never sent from another site's page."""
    # Not `secure`: on loopback the panel speaks HTTP.
    response.set_cookie(COOKIE, quote(purpose, safe=""), httponly=True, samesite="strict", path="/")


def forget(response: Response) -> None:
    response.delete_cookie(COOKIE, httponly=True, samesite="strict", path="/")
