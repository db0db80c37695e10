"""After the story, where OSTIARY_PICTURES names a folder: pictures of its pages for the documents."""

import os
from pathlib import Path

import pytest

from ostiary.controller.cli.demo_cases import policy
from tests.browser.house import House
from tests.browser.visitor import Visitor

pytestmark = pytest.mark.system

PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 860}
TALLEST = 1400


@pytest.fixture(scope="module")
def folder() -> Path:
    named = os.environ.get("OSTIARY_PICTURES")
    if named is None:
        pytest.skip("No folder for pictures is named. Make them with: make pictures")
    made = Path(named)
    made.mkdir(parents=True, exist_ok=True)
    return made


def _keep(visitor: Visitor, target: Path, size: dict[str, int]) -> None:
    visitor.page.set_viewport_size(size)
    tall = visitor.page.evaluate("() => document.documentElement.scrollHeight")
    visitor.page.set_viewport_size(size | {"height": min(max(tall, size["height"]), TALLEST)})
    visitor.page.evaluate("() => scrollTo(0, 0)")
    visitor.page.screenshot(path=target, animations="disabled")
    assert target.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("name", "path"), [("now", "/"), ("person", None), ("contest", "/contests/1"), ("numbers", "/numbers")]
)
def test_the_panel(house: House, folder: Path, name: str, path: str | None) -> None:
    house.anna.goes(path or house.ada_page)
    if house.anna.page.locator(".chart").count():
        house.anna.page.locator(".chart canvas").first.wait_for()
    _keep(house.anna, folder / f"{name}.png", DESK)


def test_the_preview_of_a_policy(house: House, folder: Path) -> None:
    page = house.anna.goes("/policy")
    house.anna.opens("Change it")
    stricter = policy(closed_today=False).replace("at_least: 600", "at_least: 640")
    page.locator('textarea[name="text"]').fill(stricter)
    house.anna.presses("Check and preview")
    house.anna.sees("Who gains, who loses")
    _keep(house.anna, folder / "policy-preview.png", DESK)


def test_the_portal(house: House, folder: Path) -> None:
    ada = house.ada
    ada.goes("/me")
    ada.page.locator(".chart canvas").first.wait_for()
    denied = ada.page.locator("a.line", has=ada.page.locator(".deny")).last.get_attribute("href")
    assert denied is not None
    _keep(ada, folder / "portal.png", PHONE)
    ada.goes(denied)
    _keep(ada, folder / "portal-decision.png", PHONE)
