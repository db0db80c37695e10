"""After the story: with the keyboard alone, and without any script, on the narrowest phone."""

import pytest

from tests.browser.house import House
from tests.browser.visitor import NARROW, Visitor

pytestmark = pytest.mark.system

MOST_STEPS = 60
HERE = """() => {
    const one = document.activeElement;
    return one === document.body ? "" : (one.innerText || one.getAttribute("aria-label") || one.name || "").trim();
}"""
RING = """() => {
    const seen = getComputedStyle(document.activeElement);
    return seen.outlineStyle !== "none" || seen.boxShadow !== "none";
}"""


def _tab_to(visitor: Visitor, name: str) -> None:
    """Press Tab until this has the focus, which must be seen at every step."""
    for _ in range(MOST_STEPS):
        visitor.page.keyboard.press("Tab")
        if name in visitor.page.evaluate(HERE):
            assert visitor.page.evaluate(RING), f"nobody sees that {name} has the focus"
            return
    raise AssertionError(f"Tab does not lead to {name}")


def test_the_keyboard_signs_in_finds_a_receipt_and_contests(house: House) -> None:
    ada, code = house.ada, house.codes["laser-room"]
    ada.context.clear_cookies()
    ada.goes("/receipt")
    _tab_to(ada, "code")
    ada.page.keyboard.type(code)
    ada.page.keyboard.press("Enter")
    ada.page.wait_for_url("**/receipt?code=*")
    ada.sees("It is in the log")
    ada.goes("/sign-in?next=/me")
    _tab_to(ada, "Sign in with a passkey")
    ada.page.keyboard.press("Enter")
    ada.page.wait_for_url(f"{house.address}/me")
    _tab_to(ada, "Skip to the content")
    ada.page.keyboard.press("Enter")
    _tab_to(ada, "laser-room")
    ada.page.keyboard.press("Enter")
    ada.page.wait_for_url("**/me/decisions/*")
    _tab_to(ada, "Contest it")
    ada.page.keyboard.press("Enter")
    ada.page.wait_for_url("**/me/contest?*")
    _tab_to(ada, "words")
    ada.page.keyboard.type("I was let in, but late.")
    _tab_to(ada, "Send")
    ada.page.keyboard.press("Enter")
    ada.sees("I was let in, but late.")


def test_a_receipt_is_found_and_contested_without_a_script(house: House) -> None:
    assert house.step_up("front", card=True) == "yes"
    plain = Visitor(house.browser, house.address, scripts=False, width=NARROW)
    plain.goes("/receipt")
    plain.page.get_by_label("Receipt code").fill(house.codes["front"].lower())
    plain.presses("Find it")
    plain.sees("It is in the log")
    plain.page.get_by_label("What is wrong?").fill("The door said yes, and stayed shut.")
    plain.presses("Send")
    plain.sees("Your contest is open")
    plain.follows("Deutsch")
    plain.sees("Ihr Widerspruch läuft")
    plain.context.close()
