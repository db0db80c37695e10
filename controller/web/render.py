"""Turns a view into a page: one Jinja environment that escapes everything, and static files named by their content."""

import hashlib
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from ostiary.controller.web.purpose import AT_THE_VIRTUAL_DOOR, purpose_of
from ostiary.controller.web.signin.known import Operator, visitor_known
from ostiary.models import liveness
from ostiary.protocol.doorstep import MOST_PICTURES

ROOM = Path(__file__).parent
STATIC = ROOM / "static"
# Each entry of the main menu, and the deed that its page needs.
MENU = (
    ("/", "Now", "see-now"),
    ("/doors", "Doors", "see-now"),
    ("/people", "People", "list-people"),
    ("/ledger", "Ledger", "list-people"),
    ("/contests", "Contests", "assign-contest"),
    ("/policy", "Policy", "read-policy"),
    ("/log", "Log", "read-log"),
    ("/numbers", "Numbers", "see-numbers"),
)


def moment(at_ms: int) -> str:
    """A time as this machine's clock shows it, to the second."""
    return datetime.fromtimestamp(at_ms / 1000, UTC).astimezone().strftime("%a %-d %b %Y, %H:%M:%S %Z")


def short(at_ms: int) -> str:
    """A time for lists: without year, weekday and zone, which the element's `datetime` still has."""
    return datetime.fromtimestamp(at_ms / 1000, UTC).astimezone().strftime("%-d %b, %H:%M:%S")


def day(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).astimezone().strftime("%-d %B %Y")


def span(ms: int) -> str:
    """How long, in the largest unit that says it: `40 s`, `12 min`, `3 h`, `5 days`."""
    for unit_ms, unit in ((86_400_000, "day"), (3_600_000, "h"), (60_000, "min"), (1_000, "s")):
        if ms >= 2 * unit_ms or (unit == "s"):
            count = ms // unit_ms
            return f"{count} {unit}s" if unit == "day" else f"{count} {unit}"
    raise AssertionError("seconds say any length")


def iso(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="milliseconds")


@cache
def asset(name: str) -> str:
    """The address of a static file; its content is part of it, so a browser may keep the file for ever."""
    digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]
    return f"/static/{name}?{digest}"


@cache
def environment() -> Environment:
    """Made at the first page, not at import. A name that a template misspells is an error, not an empty place."""
    made = Environment(
        loader=FileSystemLoader(ROOM / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals.update(
        asset=asset,
        # As for whoever is not signed in; `page` says otherwise.
        menu=(),
        visitor=None,
        back=("/", "Start"),
        default_purpose=AT_THE_VIRTUAL_DOOR,
        most_pictures=MOST_PICTURES,
        least_turning=liveness.FRAMES,
    )
    made.filters.update(moment=moment, short=short, day=day, iso=iso, span=span)
    # Fragments are also rendered alone, outside of base.html.
    made.globals["marks"] = made.get_template("_marks.html").module
    return made


def fragment(template: str, **view: Any) -> str:
    return environment().get_template(template).render(view)


def page(request: Request, template: str, *, here: str = "", status: int = 200, **view: Any) -> HTMLResponse:
    """A whole page. `here` is the entry of the main menu that the page belongs to."""
    visitor = visitor_known(request)
    operator = visitor if isinstance(visitor, Operator) else None
    view.setdefault("purpose", purpose_of(request))
    view.setdefault("visitor", operator)
    view.setdefault("menu", menu(operator))
    return HTMLResponse(fragment(template, here=here, **view), status)


def menu(operator: Operator | None) -> tuple[tuple[str, str], ...]:
    """The entries whose pages this operator may open."""
    return tuple((href, name) for href, name, deed in MENU if operator is not None and operator.may(deed))


def wants_fragment(request: Request) -> bool:
    """Whether htmx asks and will put the answer into the page that is open."""
    return request.headers.get("hx-request") == "true"
