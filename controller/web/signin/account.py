"""One's own account: sessions, passkeys, password, recovery codes, tokens. Changing them needs a fresh sign-in."""

import os
from typing import Annotated, Any

from fastapi import APIRouter
from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from ostiary.controller.people import credentials, sessions, tokens
from ostiary.controller.people.roles import DEEDS
from ostiary.controller.web.desk import Desk, desk_of
from ostiary.controller.web.enrolling import now_ms
from ostiary.controller.web.forms import read_form
from ostiary.controller.web.problem import BadForm, Problem, SignInOld
from ostiary.controller.web.render import page
from ostiary.controller.web.signin import authenticator, ceremonies, password
from ostiary.controller.web.signin.changing import changed
from ostiary.controller.web.signin.coming import host_for_passkeys, own_origin, passkeys_here
from ostiary.controller.web.signin.json_body import credential_of, read_json
from ostiary.controller.web.signin.known import Operator
from ostiary.controller.web.signin.who import signed_in

router = APIRouter(include_in_schema=False)

FRESH_MS = 15 * 60_000
MAKING = "make a passkey"
DONE = {
    "ended": "The session is over.",
    "others": "Every other session is over.",
    "passkey": "The passkey is added.",
    "passkey-removed": "The passkey is removed.",
    "password": "The password and the app are set.",
    "password-removed": "The password is removed.",
    "revoked": "The token is revoked.",
    "recovered": "You signed in with a recovery code, which is used now. Add a passkey, or set a new password.",
}
Own = Annotated[Operator, signed_in("own-account")]


@router.get("/account")
async def account(request: Request, who: Own, done: str = "") -> Response:
    return await shown(request, who, done=DONE.get(done, ""))


@router.get("/account/codes")
async def codes(request: Request, who: Own, first: str = "") -> Response:
    return page(request, "codes.html", here="/account", codes=(), first=bool(first))


@router.post("/account/codes")
async def new_codes(request: Request, who: Own) -> Response:
    require_fresh(who)
    pieces = [os.urandom(10) for _ in range(credentials.RECOVERY_CODES)]

    def write(conn: Connection) -> tuple[str, ...]:
        return credentials.new_codes(conn, who.id, pieces, now_ms())

    made = await changed(desk_of(request), who, "sign-in-changed", {"what": "new recovery codes"}, write)
    return page(request, "codes.html", here="/account", codes=made, first=False)


@router.post("/account/sessions/{number}/end")
async def end_session(request: Request, number: int, who: Own) -> Response:
    def write(conn: Connection) -> None:
        sessions.end(conn, who.id, number, now_ms())

    await _unrecorded(desk_of(request), write)
    return RedirectResponse("/account?done=ended", 303)


@router.post("/account/sessions/end-others")
async def end_other_sessions(request: Request, who: Own) -> Response:
    def write(conn: Connection) -> None:
        sessions.end_others(conn, who.id, who.session, now_ms())

    await _unrecorded(desk_of(request), write)
    return RedirectResponse("/account?done=others", 303)


@router.post("/account/passkeys/options")
async def passkey_options(request: Request, who: Own) -> Response:
    desk = desk_of(request)
    require_fresh(who)

    def known() -> list[bytes]:
        with desk.reading.begin() as conn:
            return [one.credential for one in credentials.passkeys(conn, who.id)]

    held = await run_in_threadpool(known)
    if len(held) >= credentials.MOST_PASSKEYS:
        raise BadForm("No passkey was added.", f"You have {len(held)}, the most there may be.", "Remove one first.")
    challenge = desk.ceremonies.challenge(MAKING, who.id, now_ms())
    made = ceremonies.making(challenge, host_for_passkeys(desk), who.id, who.name, held)
    return Response(made, media_type="application/json")


@router.post("/account/passkeys")
async def add_passkey(request: Request, who: Own) -> Response:
    desk, body = desk_of(request), await read_json(request)
    require_fresh(who)
    answer = credential_of(body)
    challenge = ceremonies.challenge_in(answer)
    if desk.ceremonies.take(challenge, MAKING, now_ms()) != who.id:
        raise ceremonies.failed()
    made = ceremonies.made(answer, challenge, host_for_passkeys(desk), own_origin(request))
    label = str(body.get("label", "")).strip()[:80] or "My passkey"

    def write(conn: Connection) -> None:
        credentials.add_passkey(conn, who.id, made.credential, made.public_key, made.count, label, now_ms())

    await changed(desk, who, "sign-in-changed", {"what": f"passkey added: {label}"}, write)
    return JSONResponse({"next": "/account?done=passkey"})


@router.post("/account/passkeys/{number}/remove")
async def remove_passkey(request: Request, number: int, who: Own) -> Response:
    require_fresh(who)

    def write(conn: Connection) -> None:
        credentials.remove_passkey(conn, who.id, number)

    await changed(desk_of(request), who, "sign-in-changed", {"what": "passkey removed"}, write)
    return RedirectResponse("/account?done=passkey-removed", 303)


@router.get("/account/password")
async def password_form(request: Request, who: Own) -> Response:
    return _password_page(request, who, authenticator.new_secret())


@router.post("/account/password")
async def set_password(request: Request, who: Own) -> Response:
    desk, form = desk_of(request), await read_form(request)
    require_fresh(who)
    secret, typed = form.fields.get("secret", ""), form.fields.get("password", "")
    try:
        chosen = password.require_good(typed, who.name)
        if typed != form.fields.get("again", ""):
            raise BadForm("The two passwords differ.", "One of them was mistyped.", "Type both again.")
        sealed, step = await authenticator.tried(desk, who.id, secret, form.fields.get("code", ""))
    except BadForm as problem:
        return _password_page(request, who, secret, problem)
    argon2 = await desk.hashing.made(chosen)

    def write(conn: Connection) -> None:
        at_ms = now_ms()
        credentials.set_password(conn, who.id, argon2, sealed, step, at_ms)
        sessions.end_others(conn, who.id, who.session, at_ms)

    await changed(desk, who, "sign-in-changed", {"what": "password and app set"}, write)
    return RedirectResponse("/account?done=password", 303)


@router.post("/account/password/remove")
async def remove_password(request: Request, who: Own) -> Response:
    require_fresh(who)

    def write(conn: Connection) -> None:
        credentials.remove_password(conn, who.id)

    await changed(desk_of(request), who, "sign-in-changed", {"what": "password removed"}, write)
    return RedirectResponse("/account?done=password-removed", 303)


def require_fresh(who: Operator) -> None:
    """Raises `SignInOld` for a session that began a while ago: a screen left open must not give an account away."""
    if who.session is None or now_ms() - who.since_ms > FRESH_MS:
        raise SignInOld(
            "Nothing was changed.",
            "Changing what you sign in with needs a sign-in of the last quarter of an hour.",
            "Sign in again: /sign-in?again=yes&next=/account",
        )


async def _unrecorded(desk: Desk, write) -> None:
    def within() -> None:
        with desk.people.begin() as conn:
            write(conn)

    await run_in_threadpool(within)


def _password_page(request: Request, who: Operator, secret: str, problem: Problem | None = None) -> Response:
    desk = desk_of(request)
    return page(
        request,
        "account_password.html",
        here="/account",
        status=problem.status if problem else 200,
        problem=problem,
        secret=secret,
        grouped=authenticator.grouped(secret),
        qr=authenticator.qr(secret, who.name, desk.site_name),
        shortest=password.SHORTEST,
    )


async def shown(
    request: Request, who: Operator, *, done: str = "", problem: Problem | None = None, token: str = ""
) -> Response:
    desk, at_ms = desk_of(request), now_ms()

    def look() -> dict[str, Any]:
        with desk.reading.begin() as conn:
            return {
                "sessions": [one for one in sessions.sessions(conn, who.id) if one.live(at_ms)],
                "keys": credentials.passkeys(conn, who.id),
                "has_password": credentials.password_of(conn, who.id) is not None,
                "codes_left": credentials.codes_left(conn, who.id),
                "tokens": [one for one in tokens.tokens(conn, who.id) if one.live(at_ms)],
            }

    return page(
        request,
        "account.html",
        here="/account",
        status=problem.status if problem else 200,
        problem=problem,
        done=done,
        who=who,
        fresh=at_ms - who.since_ms <= FRESH_MS,
        passkeys=passkeys_here(request),
        passkeys_at=f"{desk.address}/account",
        scopes=[deed for deed in DEEDS if who.may(deed)],
        new_token=token,
        **await run_in_threadpool(look),
    )
