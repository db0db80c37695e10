"""The JSON API's own description (OpenAPI): every route with its deed, how a program signs in, and how errors look."""

from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from starlette.requests import Request

from ostiary.controller import __version__
from ostiary.controller.web.signin.who import SignedIn, anybody

router = APIRouter(include_in_schema=False, dependencies=[anybody("how the API looks is no secret")])

TAGS = [
    {"name": "decisions", "description": "What doors decided: when, where and why, by code. Never a name."},
    {"name": "doors", "description": "Doors, nodes and alarms, and what an operator orders there."},
    {"name": "people", "description": "Persons of the site. Opening one needs a purpose and becomes a record."},
    {"name": "contests", "description": "What persons challenge, and how it is decided."},
    {"name": "policy", "description": "The written rules: reading, checking, proving, publishing."},
    {"name": "log", "description": "The published log: checkpoint and tiles (C2SP tlog-tiles), for anybody."},
    {"name": "reports", "description": "Outside systems report entries, each report signed."},
    {"name": "operators", "description": "Who may do what, and what their programs may."},
    {"name": "health", "description": "Whether the site lives, and numbers for Prometheus."},
]
ABOUT = """A door-access system that can be asked why.

A program sends `Authorization: Bearer ostiary_…`, a token of an operator (`ostiary token new`). A token names the deeds
that it is for, and may do what its operator may at that time. Each route says its deed in `x-ostiary-deed`.

A list gives `next`; send it back as `before` or `at` for the following page, until it is null.

A write may carry `Idempotency-Key` (1 to 200 printable characters): the same request with the same key, within a day,
is answered as the first was and done once. Errors are `application/problem+json` (RFC 9457) with `what`, `why` and
`now`."""
PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "what", "why", "now"],
    "properties": {
        "type": {"type": "string", "examples": ["urn:ostiary:problem:not-there"]},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "what": {"type": "string", "description": "What happened"},
        "why": {"type": "string", "description": "Why"},
        "now": {"type": "string", "description": "What to do now"},
    },
}
SAID = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "schema": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[\\x21-\\x7e]+$"},
}
METHODS = ("get", "put", "post", "delete")


@router.get("/api/v1/openapi.json")
async def openapi(request: Request) -> dict[str, Any]:
    return described(request.app)


def described(app: FastAPI) -> dict[str, Any]:
    """The description; made once, since nothing in it changes while the process runs."""
    if app.openapi_schema is None:
        made = get_openapi(title="Ostiary", version=__version__, description=ABOUT, tags=TAGS, routes=app.routes)
        parts = made.setdefault("components", {})
        parts.setdefault("schemas", {})["Problem"] = PROBLEM
        parts["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
        for path, methods in made["paths"].items():
            for method in METHODS:
                if operation := methods.get(method):
                    _complete(path, method, operation)
        app.openapi_schema = made
    return app.openapi_schema


def _complete(path: str, method: str, operation: dict[str, Any]) -> None:
    answers = operation.setdefault("responses", {})
    # FastAPI would describe its own shape for what it refuses; here all errors have one.
    answers.pop("422", None)
    answers["default"] = {"description": "Not done; says what happened, why, and what to do now.", "content": SAID}
    if "x-ostiary-deed" in operation:
        operation["security"] = [{"token": []}]
    if method != "get" and path.startswith("/api/"):
        operation.setdefault("parameters", []).append(KEY)


def deed_of(dependant: Dependant) -> str | None:
    """The deed that a route asks for, or None where it asks nobody."""
    for one in dependant.dependencies:
        if isinstance(one.call, SignedIn):
            return one.call.deed
        if found := deed_of(one):
            return found
    return None


def mark(router: APIRouter) -> None:
    """Write each route's deed into its description."""
    for route in router.routes:
        deed = deed_of(route.dependant) if isinstance(route, APIRoute) else None
        if isinstance(route, APIRoute) and deed is not None:
            route.openapi_extra = {**(route.openapi_extra or {}), "x-ostiary-deed": deed}
