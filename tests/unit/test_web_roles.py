"""What a role may not do, no address does for it: every route with every role, from the one table."""

import asyncio
import re

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute

from ostiary.controller.people.roles import DEEDS, ROLES, deeds_of, may
from ostiary.controller.web import answering
from ostiary.controller.web.api.describing import deed_of
from ostiary.controller.web.app import ROOMS
from ostiary.controller.web.signin.known import Operator, Person
from tests.unit.signed_in import signed_in

ROUTES = [
    (method, route.path, deed)
    for room in ROOMS
    for route in room.router.routes
    if isinstance(route, APIRoute) and (deed := deed_of(route.dependant)) is not None
    for method in sorted(route.methods)
]
NOBODY = frozenset()


def _operator(role: str, *, scopes: frozenset[str] | None = None) -> Operator:
    deeds = frozenset(deeds_of({role}))
    token = None if scopes is None else 1
    return Operator("o-" + "a" * 16, role, frozenset({role}), deeds if scopes is None else deeds & scopes, token=token)


def _answers(who: Operator | Person | None) -> dict[tuple[str, str], int]:
    """What each route that this visitor may not use answers."""
    app = FastAPI()
    answering.register(app)
    for room in ROOMS:
        app.include_router(room.router)

    async def ask() -> dict[tuple[str, str], int]:
        found: dict[tuple[str, str], int] = {}
        line = httpx.ASGITransport(signed_in(app, who), raise_app_exceptions=False)  # pyright: ignore[reportArgumentType]
        async with httpx.AsyncClient(transport=line, base_url="http://127.0.0.1") as client:
            for method, path, deed in ROUTES:
                if isinstance(who, Operator) and who.may(deed):
                    continue
                filled = re.sub(r"\{(person)\}", "p-" + "a" * 16, path)
                filled = re.sub(r"\{(?:number|index|position|card)\}", "1", filled)
                reply = await client.request(method, re.sub(r"\{[^}]*\}", "front", filled))
                found[method, path] = reply.status_code
        return found

    return asyncio.run(ask())


@pytest.mark.parametrize("role", ROLES)
def test_a_role_is_refused_wherever_it_may_not(role: str) -> None:
    refused = _answers(_operator(role))
    expected = sum(not may({role}, deed) for _, _, deed in ROUTES)
    assert len(refused) == expected and set(refused.values()) <= {403}


def test_a_token_without_scopes_is_refused_everywhere() -> None:
    assert set(_answers(_operator("admin", scopes=NOBODY)).values()) == {403}


@pytest.mark.parametrize("who", [None, Person("p-" + "a" * 16, "Ada", 1)])
def test_a_stranger_and_a_person_are_no_operators(who: Person | None) -> None:
    assert set(_answers(who).values()) <= {303, 401}


def test_every_role_is_refused_somewhere_and_every_deed_but_some_has_a_route() -> None:
    assert {deed for _, _, deed in ROUTES} <= set(DEEDS)
    assert all(any(not may({role}, deed) for _, _, deed in ROUTES) for role in ROLES)
