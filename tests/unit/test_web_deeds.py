"""Every route says which deed it is, or why it needs none; nothing that is served was forgotten."""

from collections.abc import Iterator

import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute

from ostiary.controller.people.roles import DEEDS
from ostiary.controller.web.app import ROOMS
from ostiary.controller.web.signin.who import Anybody, OwnPerson, SignedIn


def _asks(dependant: Dependant) -> Iterator[object]:
    for one in dependant.dependencies:
        yield one.call
        yield from _asks(one)


ROUTES = [route for room in ROOMS for route in room.router.routes]


def _name(route: BaseRoute) -> str:
    return f"{sorted(getattr(route, 'methods', None) or ())} {getattr(route, 'path', '?')}"


@pytest.mark.parametrize("route", ROUTES, ids=_name)
def test_every_route_names_its_deed_or_why_it_needs_none(route: BaseRoute) -> None:
    assert isinstance(route, APIRoute), f"{_name(route)} is no route that can ask who is there"
    asked = [call for call in _asks(route.dependant) if isinstance(call, SignedIn | Anybody | OwnPerson)]
    assert len(asked) == 1, f"{_name(route)} asks {len(asked)} times who is there"
    [how] = asked
    if isinstance(how, SignedIn):
        assert how.deed in DEEDS
    if isinstance(how, Anybody):
        assert how.why.strip()


def test_there_are_routes() -> None:
    assert len(ROUTES) > 50
