"""After the story: every page that its people can reach is open to everybody, wide and narrow, light and dark."""

import pytest

from tests.browser.every_page import judged, walk
from tests.browser.house import House
from tests.browser.visitor import Visitor

# One visit of every page there is: long on a machine that does much else.
pytestmark = [pytest.mark.system, pytest.mark.timeout(400)]


def test_every_page_of_the_panel(house: House) -> None:
    number, wrong = walk(house.anna, "/", "/account", "/lockdown", house.ada_page or "/people")
    assert wrong == [], "\n".join(wrong)
    assert number > 15


def test_every_page_of_the_portal(house: House) -> None:
    stranger = Visitor(house.browser, house.address)
    number, wrong = walk(house.ada, "/me", *(f"/receipt?code={code}" for code in house.codes.values()))
    wrong += [one for path in ("/sign-in", "/kiosk", "/receipt?code=AAAA") for one in judged(stranger, path)]
    assert wrong == [], "\n".join(wrong)
    assert number > 5
    stranger.context.close()
