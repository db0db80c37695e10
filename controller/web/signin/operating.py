"""The page of the operators, for admins: who there is, who may what, and links by which somebody signs in anew."""

import os
from typing import Annotated

from fastapi import APIRouter
from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from ostiary.controller.people import credentials, links, operators
from ostiary.controller.people.errors import PeopleError
from ostiary.controller.people.operators import Operator as Listed
from ostiary.controller.people.roles import ROLES
from ostiary.controller.web.desk import desk_of
from ostiary.controller.web.enrolling import now_ms
from ostiary.controller.web.forms import Form, read_form
from ostiary.controller.web.problem import Problem, RuleBroken
from ostiary.controller.web.render import page
from ostiary.controller.web.signin.account import require_fresh
from ostiary.controller.web.signin.changing import changed
from ostiary.controller.web.signin.known import Operator
from ostiary.controller.web.signin.who import signed_in

router = APIRouter(include_in_schema=False)

DONE = {
    "roles": "The roles are changed; they count from the next page on.",
    "disabled": "The operator is disabled. Sessions are over, tokens and links are dead.",
    "enabled": "The operator may act again.",
}
SAID = {
    "admin": "runs the site: operators, policy, doors, people",
    "enroller": "works with people: enrols, gives cards, records entries",
    "reviewer": "decides contests",
    "auditor": "reads the log and exports it, changes nothing",
    "installer": "sets doors and nodes up, sees no person",
}
Admin = Annotated[Operator, signed_in("manage-operators")]


@router.get("/operators")
async def everybody(request: Request, who: Admin, done: str = "") -> Response:
    return await _page(request, who, done=DONE.get(done, ""))


@router.post("/operators")
async def add(request: Request, who: Admin) -> Response:
    desk, form = desk_of(request), await read_form(request)
    require_fresh(who)
    name, roles = form.fields.get("name", ""), _roles(form)

    def write(conn: Connection) -> tuple[Listed, str]:
        at_ms = now_ms()
        made = operators.add(conn, operators.new_id(os.urandom(10)), name, roles, who.name, at_ms)
        return made, links.make(conn, made.id, who.name, os.urandom(32), at_ms)

    try:
        said = {"subject": operators.checked_name(name), "given": " ".join(roles) or "-"}
        made, token = await changed(desk, who, "operator-add", said, write)
    except PeopleError as error:
        return await _page(request, who, problem=RuleBroken(error.what, error.why, error.now), name=name, roles=roles)
    return await _page(request, who, link=f"{desk.address}/setup/{token}", link_for=made.name)


@router.post("/operators/{name}/roles")
async def set_roles(request: Request, name: str, who: Admin) -> Response:
    form = await read_form(request)
    require_fresh(who)
    roles = _roles(form)

    def write(conn: Connection) -> None:
        operators.set_roles(conn, name, roles)

    await changed(desk_of(request), who, "operator-roles", {"subject": name, "given": " ".join(roles) or "-"}, write)
    return RedirectResponse("/operators?done=roles", 303)


@router.post("/operators/{name}/disable")
async def disable(request: Request, name: str, who: Admin) -> Response:
    require_fresh(who)

    def write(conn: Connection) -> None:
        operators.disable(conn, name, now_ms())

    await changed(desk_of(request), who, "operator-disable", {"subject": name}, write)
    return RedirectResponse("/operators?done=disabled", 303)


@router.post("/operators/{name}/enable")
async def enable(request: Request, name: str, who: Admin) -> Response:
    require_fresh(who)

    def write(conn: Connection) -> None:
        operators.enable(conn, name)

    await changed(desk_of(request), who, "operator-enable", {"subject": name}, write)
    return RedirectResponse("/operators?done=enabled", 303)


@router.post("/operators/{name}/reset")
async def reset(request: Request, name: str, who: Admin) -> Response:
    """All that they sign in with is gone, their sessions are over, and a new link is shown once."""
    desk = desk_of(request)
    require_fresh(who)

    def write(conn: Connection) -> str:
        at_ms = now_ms()
        known = operators.acting(conn, name)
        credentials.forget_all(conn, known.id, at_ms)
        return links.make(conn, known.id, who.name, os.urandom(32), at_ms)

    token = await changed(desk, who, "operator-reset", {"subject": name}, write)
    return await _page(request, who, link=f"{desk.address}/setup/{token}", link_for=name)


def _roles(form: Form) -> tuple[str, ...]:
    return tuple(role for role in ROLES if form.ticked(f"role-{role}"))


async def _page(
    request: Request,
    who: Operator,
    *,
    done: str = "",
    problem: Problem | None = None,
    link: str = "",
    link_for: str = "",
    name: str = "",
    roles: tuple[str, ...] = (),
) -> Response:
    desk = desk_of(request)

    def look() -> tuple[Listed, ...]:
        with desk.reading.begin() as conn:
            return operators.operators(conn)

    return page(
        request,
        "operators.html",
        here="/operators",
        status=problem.status if problem else 200,
        problem=problem,
        done=done,
        link=link,
        link_for=link_for,
        everybody=await run_in_threadpool(look),
        roles=[(role, SAID[role]) for role in ROLES],
        wanted=roles,
        name=name[:64],
        who=who,
    )
