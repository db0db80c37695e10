"""After the story: every page that its people can reach is open to everybody, wide and narrow, light and dark."""

import pytest

from tests.browser.every_page import judged, pages_from
from tests.browser.house import House
from tests.browser.visitor import Visitor

pytestmark = pytest.mark.system


def test_every_page_of_the_panel(house: House) -> None:
    anna = house.anna
    paths = pages_from(anna, "/", "/account", "/lockdown", house.ada_page or "/people")
    assert len(paths) > 15, paths
    assert [one for path in paths for one in judged(anna, path)] == []


def test_every_page_of_the_portal(house: House) -> None:
    stranger = Visitor(house.browser, house.address)
    paths = pages_from(house.ada, "/me", "/receipt", *(f"/receipt?code={code}" for code in house.codes.values()))
    wrong = [one for path in paths for one in judged(house.ada, path)]
    wrong += [one for path in ("/sign-in", "/kiosk", "/receipt?code=AAAA") for one in judged(stranger, path)]
    assert wrong == []
    stranger.context.close()
