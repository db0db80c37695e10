"""Sets and ends the purpose of a session, and asks for one where a look-up would have none."""

from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from ostiary.controller.people import sessions
from ostiary.controller.web.desk import desk_of
from ostiary.controller.web.forms import Form, read_form
from ostiary.controller.web.problem import BadForm
from ostiary.controller.web.purpose import MAX_LENGTH
from ostiary.controller.web.render import page
from ostiary.controller.web.signin.known import Operator, visitor_known
from ostiary.controller.web.signin.who import signed_in

router = APIRouter(include_in_schema=False)

SHORTEST = 4
Own = Annotated[Operator, signed_in("own-account")]


def purpose_from(form: Form) -> str:
    """The purpose that a form states. Raises `BadForm`."""
    purpose = form.text("purpose", MAX_LENGTH, "The purpose")
    if len(purpose) < SHORTEST:
        raise BadForm(
            "The purpose is too short.",
            f"Looking at a person's record needs a purpose of at least {SHORTEST} letters, recorded for that person.",
            "Go back and say why you look.",
        )
    return purpose


def own_path(address: str) -> str:
    """`address` when it is a path of this panel, else the first page: a form must not send people elsewhere."""
    parts = urlsplit(address)
    inside = address.startswith("/") and not address.startswith(("//", "/\\")) and not parts.scheme and not parts.netloc
    return address if inside and address.isprintable() and "\\" not in address else "/"


async def keep_purpose(request: Request, purpose: str | None) -> None:
    """From the next page on; None ends it. A token has no session and keeps none."""
    who, desk = visitor_known(request), desk_of(request)
    number = who.session if isinstance(who, Operator) else None

    def write() -> None:
        if number is not None:
            with desk.people.begin() as conn:
                sessions.set_purpose(conn, number, purpose)

    await run_in_threadpool(write)


def ask(request: Request, then: str = "") -> Response:
    """The page that asks for a purpose and then goes on to what was wanted, or to `then`."""
    return page(request, "purpose.html", next=then or request.url.path, status=200)


@router.post("/purpose")
async def set_purpose(request: Request, who: Own) -> Response:
    form = await read_form(request)
    await keep_purpose(request, purpose_from(form))
    return RedirectResponse(own_path(form.fields.get("next", "/")), 303)


@router.post("/purpose/forget")
async def forget_purpose(request: Request, who: Own) -> Response:
    await keep_purpose(request, None)
    return RedirectResponse("/", 303)
