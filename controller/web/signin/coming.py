"""The page to sign in: a passkey, or a password with a code, or a recovery code; and the way out."""

from typing import Any

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from ostiary.controller.people import credentials, operators, sessions
from ostiary.controller.people.credentials import Password
from ostiary.controller.people.roles import WEB
from ostiary.controller.web.desk import Desk, desk_of
from ostiary.controller.web.enrolling import now_ms
from ostiary.controller.web.forms import read_form
from ostiary.controller.web.guard import origin_of
from ostiary.controller.web.panel.purpose import own_path
from ostiary.controller.web.problem import Problem, SignInFailed
from ostiary.controller.web.render import page
from ostiary.controller.web.signin import ceremonies, cookie, password, throttle
from ostiary.controller.web.signin.beginning import begin
from ostiary.controller.web.signin.json_body import credential_of, read_json
from ostiary.controller.web.signin.known import Person
from ostiary.controller.web.signin.who import anybody, visitor
from ostiary.protocol import base64url

router = APIRouter(include_in_schema=False, dependencies=[anybody("whoever wants to sign in is not yet signed in")])

SIGN_IN = "sign in"
NAME_LONGEST, CODE_LONGEST = 64, 40


@router.get("/sign-in")
async def sign_in(request: Request, next: str = "/", again: str = "") -> Response:  # noqa: A002 - the address's word
    who = await visitor(request)
    if who is not None and not again:
        return RedirectResponse(own_path(next) if next != "/" else home_of(who), 303)
    return await _page(request, own_path(next))


@router.post("/sign-in/passkey/options")
async def passkey_options(request: Request) -> Response:
    desk = desk_of(request)
    challenge = desk.ceremonies.challenge(SIGN_IN, "", now_ms())
    return Response(ceremonies.asking(challenge, host_for_passkeys(desk)), media_type="application/json")


@router.post("/sign-in/passkey")
async def by_passkey(request: Request) -> Response:
    desk, body = desk_of(request), await read_json(request)
    answer = credential_of(body)
    challenge = ceremonies.challenge_in(answer)
    desk.ceremonies.take(challenge, SIGN_IN, now_ms())
    owner = await run_in_threadpool(_used_passkey, desk, answer, challenge, own_origin(request))
    response = JSONResponse({"next": own_path(str(body.get("next", "/")))})
    await begin(request, response, owner, "passkey")
    return response


@router.post("/sign-in")
async def by_password(request: Request) -> Response:
    form = await read_form(request)
    then = own_path(form.fields.get("next", "/"))
    name = form.fields.get("name", "").strip()[: NAME_LONGEST + 1]
    try:
        await throttle.require_patience(request, name or "-")
        owner = await _by_password(desk_of(request), name, form.fields.get("password", ""), form.fields.get("code", ""))
        if owner is None:
            await throttle.failed(request, name or "-")
            raise SignInFailed(
                "You were not signed in.",
                "The name, the password or the code is not right; which of them is never said.",
                "Try again with a new code. After some tries that fail, each waits longer than the one before.",
            )
        await throttle.right(request, name)
    except Problem as problem:
        return await _page(request, then, problem, name=name[:NAME_LONGEST], opened="password")
    response = RedirectResponse(then, 303)
    await begin(request, response, owner, "password")
    return response


@router.post("/sign-in/recovery")
async def by_recovery_code(request: Request) -> Response:
    """A code has 80 random bits, so it needs no name beside it, and only the address is throttled."""
    desk, form = desk_of(request), await read_form(request)
    try:
        await throttle.require_patience(request, None)
        owner = await run_in_threadpool(_used_code, desk, form.fields.get("code", "")[:CODE_LONGEST])
        if owner is None:
            await throttle.failed(request, None)
            raise SignInFailed(
                "You were not signed in.",
                "This is no recovery code, or it was used already.",
                "Try another one of your list, or ask an admin for a new link.",
            )
    except Problem as problem:
        return await _page(request, "/", problem, opened="recovery")
    response = RedirectResponse("/account?done=recovered" if owner.startswith("o-") else "/me", 303)
    await begin(request, response, owner, "recovery")
    return response


@router.post("/sign-out")
async def sign_out(request: Request) -> Response:
    desk, token = desk_of(request), cookie.token_in(request)

    def write() -> None:
        with desk.people.begin() as conn:
            held = None if token is None else sessions.session_with(conn, token)
            if held is not None:
                sessions.end(conn, held.owner, held.id, now_ms())

    await run_in_threadpool(write)
    response = RedirectResponse("/sign-in", 303)
    cookie.take(request, response)
    response.headers["clear-site-data"] = '"cache"'
    return response


def home_of(who: object) -> str:
    """The first page of whoever is signed in."""
    return "/me" if isinstance(who, Person) else "/"


def host_for_passkeys(desk: Desk) -> str:
    """The host name that passkeys belong to. An address is none, so on this machine they work at `localhost` alone."""
    return desk.reach.host or "localhost"


def own_origin(request: Request) -> str:
    return origin_of(desk_of(request).reach, request.headers["host"])


def passkeys_here(request: Request) -> bool:
    """Whether the browser came by the name that passkeys belong to."""
    return (request.url.hostname or "") == host_for_passkeys(desk_of(request))


async def _page(
    request: Request, then: str, problem: Problem | None = None, *, name: str = "", opened: str = ""
) -> Response:
    desk = desk_of(request)

    def none_yet() -> bool:
        with desk.reading.begin() as conn:
            return not operators.has_admin(conn)

    return page(
        request,
        "sign_in.html",
        status=problem.status if problem else 200,
        problem=problem,
        next=then,
        name=name,
        opened=opened,
        none_yet=await run_in_threadpool(none_yet),
        passkeys=passkeys_here(request),
        passkeys_at=desk.address,
    )


async def _by_password(desk: Desk, name: str, typed: str, code: str) -> str | None:
    """Whose name, password and code these are. Does the same work whatever is wrong, and asks the keeper each time."""

    def look() -> Password | None:
        with desk.reading.begin() as conn:
            found = operators.active_named(conn, name) if name else None
            return None if found is None else credentials.password_of(conn, found.id)

    held = await run_in_threadpool(look)
    holds = await desk.hashing.holds(held.argon2 if held else None, typed[: password.LONGEST])
    asked = {
        "owner": held.owner if held else "",
        "sealed": base64url.encode(held.totp) if held else "",
        "code": "".join(code.split())[:CODE_LONGEST],
    }
    step = (await desk.act("second-factor-check", asked, operator=WEB))["step"]
    if held is None or not holds or step is None:
        return None
    again = await desk.hashing.made(typed) if password.outdated(held.argon2) else None

    def use() -> bool:
        with desk.people.begin() as conn:
            if again is not None:
                credentials.rehashed(conn, held.owner, again)
            return credentials.use_step(conn, held.owner, step)

    return held.owner if await run_in_threadpool(use) else None


def _used_passkey(desk: Desk, answer: dict[str, Any], challenge: bytes, origin: str) -> str:
    at_ms = now_ms()
    credential = ceremonies.credential_in(answer)
    with desk.people.begin() as conn:
        known = credentials.passkey_with(conn, credential)
        if known is None:
            raise ceremonies.failed()
        count = ceremonies.used(answer, challenge, host_for_passkeys(desk), origin, known.public_key, known.sign_count)
        credentials.used_passkey(conn, known.id, count, at_ms)
        if known.owner.startswith("o-") and not operators.operator_of(conn, known.owner).active:
            raise ceremonies.failed()
        return known.owner


def _used_code(desk: Desk, typed: str) -> str | None:
    with desk.people.begin() as conn:
        owner = credentials.use_code(conn, typed, now_ms())
        gone = owner is not None and owner.startswith("o-") and not operators.operator_of(conn, owner).active
        return None if gone else owner
