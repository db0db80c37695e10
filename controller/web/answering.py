"""Turns a problem into an answer: a page, a piece of the open page, or problem+json (RFC 9457) for programs."""

from urllib.parse import quote

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from ostiary.controller.people.errors import NoSuchPerson, PeopleError
from ostiary.controller.store.errors import ThreePartError
from ostiary.controller.store.people_db import PeopleDbError
from ostiary.controller.web.problem import (
    BadForm,
    Fault,
    NotSignedIn,
    NotThere,
    Problem,
    RuleBroken,
    SignInOld,
    StoreAway,
    WrongMethod,
)
from ostiary.controller.web.render import fragment, page, wants_fragment


def answer(request: Request, problem: Problem) -> Response:
    """The answer for `problem`, in the manner that its asker reads."""
    if reads_json(request):
        told = {
            "type": f"urn:ostiary:problem:{problem.kind}",
            "title": problem.what,
            "status": problem.status,
            "detail": f"{problem.why} {problem.now}",
            "what": problem.what,
            "why": problem.why,
            "now": problem.now,
        }
        headers = {"www-authenticate": "Bearer"} if isinstance(problem, NotSignedIn) else None
        return JSONResponse(told, problem.status, headers, "application/problem+json")
    if isinstance(problem, NotSignedIn):
        return _to_sign_in(request, problem)
    if wants_fragment(request):
        return HTMLResponse(fragment("_problem.html", problem=problem), problem.status)
    back = ("/sign-in?again=yes&next=/account", "Sign in again") if isinstance(problem, SignInOld) else ("/", "Start")
    return page(request, "problem.html", status=problem.status, problem=problem, back=back)


def reads_json(request: Request) -> bool:
    """Whether a program asks, or a script of our own pages."""
    ours = request.headers.get("content-type", "").startswith("application/json")
    return ours or request.url.path.startswith(("/api/", "/hooks/", "/metrics", "/healthz", "/readyz"))


def _to_sign_in(request: Request, problem: NotSignedIn) -> Response:
    """Where somebody reads, to the sign-in and back; a form that was sent is not sent again behind anybody's back."""
    asked = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    to = f"/sign-in?next={quote(asked, safe='/')}" if request.method == "GET" and asked != "/" else "/sign-in"
    if wants_fragment(request):
        return HTMLResponse(fragment("_problem.html", problem=problem), problem.status, {"hx-redirect": "/sign-in"})
    if request.method == "GET":
        return RedirectResponse(to, 303)
    return page(request, "problem.html", status=problem.status, problem=problem, back=("/sign-in", "Sign in"))


def not_there() -> NotThere:
    return NotThere(
        "There is nothing here.", "No page has this address.", "Start from the doors, or check the address."
    )


async def _problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)  # noqa: S101 - registered for this class
    return answer(request, error)


async def _people(request: Request, error: Exception) -> Response:
    assert isinstance(error, PeopleError)  # noqa: S101 - registered for this class
    mistake = NotThere if isinstance(error, NoSuchPerson) else RuleBroken
    return answer(request, mistake(error.what, error.why, error.now))


async def _store(request: Request, error: Exception) -> Response:
    assert isinstance(error, ThreePartError | PeopleDbError)  # noqa: S101 - registered for these classes
    return answer(request, StoreAway(error.what, error.why, error.now))


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this class
    if error.status_code == 404:
        return answer(request, not_there())
    if error.status_code == 405:
        allowed = (error.headers or {}).get("Allow", "another method")
        return answer(
            request,
            WrongMethod("This address does not do that.", f"It takes {allowed}.", "Use the page's own buttons."),
        )
    return answer(
        request, BadForm("The request was not understood.", str(error.detail), "Correct it and send it again.")
    )


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for this class
    first = error.errors()[0]
    if first["loc"][0] == "path":
        return answer(request, not_there())
    where = ".".join(str(step) for step in first["loc"][1:])
    return answer(
        request,
        BadForm("The request was not understood.", f"{where}: {first['msg']}.", "Correct it and send it again."),
    )


async def _fault(request: Request, error: Exception) -> Response:
    """Starlette re-raises after this, so the traceback is in the log of this process and nowhere else."""
    return answer(
        request,
        Fault(
            "The panel made a mistake.",
            "It is ours, not yours, and is written down in the output of the web process.",
            "Try again; if it stays, report it with the time. Doors go on deciding meanwhile.",
        ),
    )


def register(app: FastAPI) -> None:
    app.add_exception_handler(Problem, _problem)
    app.add_exception_handler(PeopleError, _people)
    app.add_exception_handler(ThreePartError, _store)
    app.add_exception_handler(PeopleDbError, _store)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(Exception, _fault)
