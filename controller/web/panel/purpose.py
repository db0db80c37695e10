"""Sets and ends the purpose of a session, and asks for one where a look-up would have none."""

from urllib.parse import urlsplit

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from ostiary.controller.web.forms import Form, read_form
from ostiary.controller.web.problem import BadForm
from ostiary.controller.web.purpose import MAX_LENGTH, forget, remember
from ostiary.controller.web.render import page

router = APIRouter(include_in_schema=False)

SHORTEST = 4


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


def ask(request: Request, then: str = "") -> Response:
    """The page that asks for a purpose and then goes on to what was wanted, or to `then`."""
    return page(request, "purpose.html", next=then or request.url.path, status=200)


@router.post("/purpose")
async def set_purpose(request: Request) -> Response:
    form = await read_form(request)
    response = RedirectResponse(own_path(form.fields.get("next", "/")), 303)
    remember(response, purpose_from(form))
    return response


@router.post("/purpose/forget")
async def forget_purpose(request: Request) -> Response:
    response = RedirectResponse("/", 303)
    forget(response)
    return response
