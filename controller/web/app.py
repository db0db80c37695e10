"""The web of one site: wires pages, JSON API, live streams and the guard before them."""

from fastapi import FastAPI
from starlette.requests import Request
from starlette.types import ASGIApp, Scope

from ostiary.controller import __version__
from ostiary.controller.web import answering
from ostiary.controller.web.api import (
    challenges,
    describing,
    health,
    live,
    log,
    log_records,
    metrics,
    operating,
    orders,
    own_faces,
    persons,
    policy_looks,
    policy_past,
    policy_preview,
    policy_proofs,
    records,
    reports,
    site,
)
from ostiary.controller.web.api import contests as api_contests
from ostiary.controller.web.api import credentials as api_credentials
from ostiary.controller.web.api import decisions as api_decisions
from ostiary.controller.web.api import doors as api_doors
from ostiary.controller.web.api import people as api_people
from ostiary.controller.web.api import policy as api_policy
from ostiary.controller.web.desk import Desk
from ostiary.controller.web.guard import Guard
from ostiary.controller.web.once import Once
from ostiary.controller.web.panel import PAGES
from ostiary.controller.web.portal import codes, kiosk, me, parting, receipts, taking
from ostiary.controller.web.problem import Problem
from ostiary.controller.web.render import STATIC
from ostiary.controller.web.signin.pages import SIGN_IN
from ostiary.controller.web.static_files import NamedByContent

PORTAL = (receipts, me, taking, parting, codes, kiosk)
POLICY_API = (api_policy, policy_past, policy_looks, policy_preview, policy_proofs)
API = (
    *(api_doors, site, orders, api_decisions, records, log_records, persons, own_faces),
    *(api_credentials, api_people),  # in this order: the latter takes any other word there
    *(challenges, api_contests),
    *POLICY_API,
    operating,
    describing,
)
ROOMS = (*SIGN_IN, *PAGES, *PORTAL, *API, live, reports, log, health, metrics)
"""Every address of the web but the static files."""


def make_app(desk: Desk) -> ASGIApp:
    """The application, guarded. Nothing is opened here; `desk` has all that it needs."""
    app = FastAPI(
        title="Ostiary",
        version=__version__,
        description="A door-access system that can be asked why.",
        # The stock documentation pages load from another host.
        docs_url=None,
        redoc_url=None,
        # Described by a route of ours, which says that anybody may read it (api/describing.py).
        openapi_url=None,
    )
    app.state.desk = desk
    answering.register(app)
    for room in ROOMS:
        describing.mark(room.router)
        app.include_router(room.router)
    app.mount("/static", NamedByContent(directory=STATIC))

    def refuse(scope: Scope, problem: Problem) -> ASGIApp:
        return answering.answer(Request(scope), problem)

    return Guard(Once(app, desk, refuse), refuse, desk.reach, desk.answered)
