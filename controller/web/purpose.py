"""A session's purpose: why its operator looks things up. It stands in the session's row and in each record."""

from starlette.requests import Request

from ostiary.controller.web.signin.known import Operator, visitor_known

MAX_LENGTH = 120
AT_THE_VIRTUAL_DOOR = "Trying out the virtual door"


def purpose_of(request: Request) -> str | None:
    """The purpose set in this session, or None; also for a page that asked nobody to sign in."""
    who = visitor_known(request)
    return who.purpose if isinstance(who, Operator) else None
