"""The page behind a one-time link: a passkey, or else a password and an app for operators, codes for persons."""

import os
from collections.abc import Callable
from dataclasses import dataclass

from fastapi import APIRouter
from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from ostiary.controller.people import credentials, links, operators, registry
from ostiary.controller.people.errors import LinkUsed
from ostiary.controller.people.links import Link
from ostiary.controller.people.roles import CONSOLE
from ostiary.controller.web.desk import Desk, desk_of
from ostiary.controller.web.enrolling import now_ms
from ostiary.controller.web.forms import read_form
from ostiary.controller.web.problem import BadForm, Problem
from ostiary.controller.web.render import page
from ostiary.controller.web.signin import authenticator, ceremonies, password
from ostiary.controller.web.signin.beginning import begin
from ostiary.controller.web.signin.coming import host_for_passkeys, own_origin, passkeys_here
from ostiary.controller.web.signin.json_body import credential_of, read_json
from ostiary.controller.web.signin.who import anybody

router = APIRouter(include_in_schema=False, dependencies=[anybody("the link is what counts, once")])

SETTING_UP = "set up"
NAME_LONGEST = 64


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose link it is; `id` and `name` are empty where the first operator has yet to choose a name."""

    link: Link
    id: str
    name: str

    @property
    def first(self) -> bool:
        return not self.id

    @property
    def person(self) -> bool:
        """A person has no name to sign in by, so they have a passkey or recovery codes, and never a password."""
        return self.id.startswith("p-")


@router.get("/setup/{token}")
async def set_up(request: Request, token: str) -> Response:
    return await _page(request, token, await _owner(request, token), authenticator.new_secret())


@router.post("/setup/{token}/passkey/options")
async def passkey_options(request: Request, token: str) -> Response:
    desk, owner, body = desk_of(request), await _owner(request, token), await read_json(request)
    name = _named(owner, str(body.get("name", "")))
    made_for = owner.id or operators.new_id(os.urandom(10))
    challenge = desk.ceremonies.challenge(f"{SETTING_UP} {owner.link.id}", made_for, now_ms())
    return Response(
        ceremonies.making(challenge, host_for_passkeys(desk), made_for, name, ()), media_type="application/json"
    )


@router.post("/setup/{token}/passkey")
async def by_passkey(request: Request, token: str) -> Response:
    desk, owner, body = desk_of(request), await _owner(request, token), await read_json(request)
    answer = credential_of(body)
    challenge = ceremonies.challenge_in(answer)
    made_for = desk.ceremonies.take(challenge, f"{SETTING_UP} {owner.link.id}", now_ms())
    made = ceremonies.made(answer, challenge, host_for_passkeys(desk), own_origin(request))
    label = str(body.get("label", "")).strip()[:80] or "My passkey"

    def keep(conn: Connection, at_ms: int) -> None:
        credentials.add_passkey(conn, made_for, made.credential, made.public_key, made.count, label, at_ms)

    await _kept(desk, owner, token, made_for, str(body.get("name", "")), keep)
    response = JSONResponse({"next": _next(made_for)})
    await begin(request, response, made_for, "setup")
    return response


@router.post("/setup/{token}")
async def by_password(request: Request, token: str) -> Response:
    desk, owner, form = desk_of(request), await _owner(request, token), await read_form(request)
    if owner.person:
        return await _by_codes(request, desk, owner, token)
    secret, typed = form.fields.get("secret", ""), form.fields.get("password", "")
    name = form.fields.get("name", "")
    try:
        chosen = password.require_good(typed, _named(owner, name))
        if typed != form.fields.get("again", ""):
            raise BadForm("The two passwords differ.", "One of them was mistyped.", "Type both again.")
        made_for = owner.id or operators.new_id(os.urandom(10))
        sealed, step = await authenticator.tried(desk, made_for, secret, form.fields.get("code", ""))
        argon2 = await desk.hashing.made(chosen)

        def keep(conn: Connection, at_ms: int) -> None:
            credentials.set_password(conn, made_for, argon2, sealed, step, at_ms)

        await _kept(desk, owner, token, made_for, name, keep)
    except BadForm as problem:
        return await _page(request, token, owner, secret, problem, name)
    response = RedirectResponse(_next(made_for), 303)
    await begin(request, response, made_for, "setup")
    return response


async def _by_codes(request: Request, desk: Desk, owner: Owner, token: str) -> Response:
    """The link lets the person in; the page it leads to shows their recovery codes."""
    await _kept(desk, owner, token, owner.id, "", lambda conn, at_ms: None)
    response = RedirectResponse(_next(owner.id), 303)
    await begin(request, response, owner.id, "setup")
    return response


async def _kept(
    desk: Desk, owner: Owner, token: str, made_for: str, name: str, keep: Callable[[Connection, int], None]
) -> None:
    """The link is used, its owner is there, and what they sign in with is kept: all of it, or nothing."""

    def write() -> None:
        at_ms = now_ms()
        with desk.people.begin() as conn:
            link = links.good(conn, token, at_ms)
            links.use(conn, link, at_ms)
            if owner.first:
                if operators.has_admin(conn):
                    raise LinkUsed
                made = operators.add(conn, made_for, _named(owner, name), {"admin"}, CONSOLE, at_ms)
                desk.act_now("operator-add", {"subject": made.name, "given": "admin"}, operator=CONSOLE)
            keep(conn, at_ms)
            if made_for.startswith("o-") and not owner.first:
                desk.act_now("sign-in-changed", {"what": "set up by a link"}, operator=owner.name)

    await run_in_threadpool(write)


async def _owner(request: Request, token: str) -> Owner:
    """Raises `LinkUsed` for a link that is not good, also for that of an operator who is disabled."""
    desk = desk_of(request)

    def look() -> Owner:
        with desk.reading.begin() as conn:
            link = links.good(conn, token, now_ms())
            if link.owner is None:
                if operators.has_admin(conn):
                    raise LinkUsed
                return Owner(link, "", "")
            if link.owner.startswith("p-"):
                return Owner(link, link.owner, registry.person_here(conn, link.owner).name)
            found = operators.operator_of(conn, link.owner)
            if not found.active:
                raise LinkUsed
            return Owner(link, found.id, found.name)

    return await run_in_threadpool(look)


def _named(owner: Owner, name: str) -> str:
    """The owner's name: the first operator chooses it. Raises `Malformed`."""
    return operators.checked_name(name) if owner.first else owner.name


def _next(owner: str) -> str:
    return "/account/codes?first=yes" if owner.startswith("o-") else "/me/codes?first=yes"


async def _page(
    request: Request, token: str, owner: Owner, secret: str, problem: Problem | None = None, name: str = ""
) -> Response:
    desk = desk_of(request)
    return page(
        request,
        "set_up.html",
        status=problem.status if problem else 200,
        problem=problem,
        token=token,
        first=owner.first,
        operator_name=owner.name or name[:NAME_LONGEST],
        for_person=owner.person,
        secret=secret,
        grouped=authenticator.grouped(secret),
        qr=authenticator.qr(secret, owner.name or "first operator", desk.site_name),
        passkeys=passkeys_here(request),
        passkeys_at=f"{desk.address}/setup/{token}",
        shortest=password.SHORTEST,
    )
