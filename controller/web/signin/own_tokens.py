"""Tokens of one's own for programs: made on the account's page, shown once, revoked there."""

import os

from fastapi import APIRouter
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from ostiary.controller.people import operators, tokens
from ostiary.controller.web.desk import desk_of
from ostiary.controller.web.enrolling import now_ms
from ostiary.controller.web.forms import read_form
from ostiary.controller.web.problem import BadForm
from ostiary.controller.web.signin import account
from ostiary.controller.web.signin.account import Own, require_fresh
from ostiary.controller.web.signin.changing import changed

router = APIRouter(include_in_schema=False)

DAYS = {"7": "a week", "90": "three months", "366": "a year"}


@router.post("/account/tokens")
async def new_token(request: Request, who: Own) -> Response:
    form = await read_form(request)
    require_fresh(who)
    label = form.text("label", 80, "What the token is for")
    days = int(form.choice("days", DAYS, "How long it is good"))
    scopes = [name.removeprefix("scope-") for name in form.fields if name.startswith("scope-") and form.ticked(name)]
    if not scopes:
        raise BadForm("The token was not made.", "It may do nothing.", "Tick what it is for, at least one thing.")

    def write(conn: Connection) -> str:
        owner = operators.operator_of(conn, who.id)
        return tokens.add(conn, owner, label, scopes, days, os.urandom(32), now_ms())[1]

    said = {"label": label, "scopes": " ".join(sorted(scopes))}
    text = await changed(desk_of(request), who, "token-new", said, write)
    return await account.shown(request, who, token=text)


@router.post("/account/tokens/{number}/revoke")
async def revoke(request: Request, number: int, who: Own) -> Response:
    def write(conn: Connection) -> None:
        tokens.revoke(conn, who.id, number, now_ms())

    await changed(desk_of(request), who, "token-revoke", {"label": f"token {number}"}, write)
    return RedirectResponse("/account?done=revoked", 303)
