"""The whole story in a browser, from an empty directory: first start, yes, no, contest, overturned, yes again.

The tests are its chapters: they run in this order, and each goes on where the one before it ended.
"""

import re

import pytest

from ostiary.controller.cli.demo_cases import policy
from tests.browser.house import PURPOSE, House

pytestmark = pytest.mark.system

ROLES = ("admin", "enroller", "reviewer", "auditor", "installer")


def test_the_first_operator_sets_up_and_signs_in_with_a_passkey(house: House) -> None:
    anna = house.anna
    anna.goes(house.setup_link)
    anna.page.get_by_label("Your name here").first.fill("anna")
    anna.presses("Make a passkey")
    anna.page.wait_for_url(f"{house.address}/account/codes?first=yes")
    anna.presses("Show ten codes")
    anna.page.locator("ol.codes li").nth(9).wait_for()
    anna.signs_in()
    assert "Now" in anna.reads()


def test_a_policy_is_published_through_its_preview(house: House) -> None:
    page = house.anna.goes("/policy")
    house.anna.opens("Change it")
    text = page.locator('textarea[name="text"]')
    text.fill("policy: [unclosed")
    house.anna.presses("Check and preview")
    house.anna.sees("Not yet a policy")
    assert page.get_by_role("button", name="Publish this policy").count() == 0
    page.locator('textarea[name="text"]').fill(policy(closed_today=False))
    house.anna.presses("Check and preview")
    house.anna.sees("Before it rules")
    house.anna.presses("Publish this policy")
    house.anna.page.wait_for_url("**/policy?*")
    assert "2099-12-31" in page.locator("pre.document").inner_text()


def test_a_member_is_enrolled_with_the_webcam(house: House) -> None:
    page = house.anna.goes("/people/enrol")
    page.get_by_label("Name", exact=True).fill("Ada Byron")
    page.get_by_label("Membership rests on this document").fill("membership form 7")
    page.get_by_label("Give a card for virtual doors").check()
    page.get_by_label("The person says:").check()
    house.anna.presses("Use the camera of this device")
    page.locator(".seen .say.good").wait_for()
    house.anna.presses("Take this picture")
    house.anna.sees("Taken. It goes with the form")
    page.get_by_role("button", name="Enrol", exact=True).click()
    page.wait_for_url(re.compile(r"/people/p-"))
    house.ada_page = page.url.split("?")[0].removeprefix(house.address)
    house.anna.states(PURPOSE)
    house.anna.sees("Ada Byron")
    house.anna.opens("Add a holding or membership")
    page.locator('form[action$="/holdings"] select').select_option("holding:laser-induction")
    page.locator('form[action$="/holdings"] input[name="evidence"]').fill("induction sheet")
    house.anna.presses("Add it")
    house.anna.sees("induction sheet")


def test_doors_say_yes_to_the_face_and_to_the_card(house: House) -> None:
    assert house.step_up("studio", "member-2") == "yes"
    assert house.step_up("laser-room", card=True) == "yes"


def test_after_a_penalty_a_door_says_no_and_what_would_change_it(house: House) -> None:
    page = house.anna.goes(house.ada_page)
    house.anna.opens("Record an entry")
    page.get_by_label("What happened").select_option(index=_kind(page, "machine-left-running"))
    page.locator('form[action$="/entries"] input[name="evidence"]').fill("report 7")
    house.anna.presses("Record it")
    house.anna.sees("report 7")
    assert house.step_up("laser-room", card=True) == "no"
    assert page.locator("#result .would").inner_text().strip()


def test_the_member_sees_why_on_a_page_of_her_own_and_contests(house: House) -> None:
    page = house.anna.goes(house.ada_page)
    house.anna.presses("Make them a link")
    link = page.locator("p.mono.wrap").inner_text()
    house.ada.makes_a_passkey(link, "/me/codes?first=yes")
    house.ada.follows("Later")
    house.ada.sees("Hello, Ada Byron")
    house.ada.signs_in("/me")
    page = house.ada.page
    page.locator("a.line").first.click()
    house.ada.sees("What would change it")
    house.ada.follows("My page")
    page.locator('a[href^="/me/contest?what=entry:"]').click()
    page.get_by_label("What is wrong?").fill("The machine was mine to leave: it was off.")
    house.ada.presses("Send")
    house.ada.sees("Your contest is open")


def test_another_operator_overturns_it_and_sees_the_effect_before(house: House) -> None:
    page = house.anna.goes("/operators")
    adding = page.locator('form[action="/operators"]')
    adding.get_by_label("Name").fill("ben")
    adding.locator('input[name="role-reviewer"]').check()
    house.anna.presses("Add and make a link")
    ben = house.ben
    ben.makes_a_passkey(page.locator("pre.document").inner_text().strip(), "/account/codes?first=yes")
    ben.goes("/contests")
    ben.page.locator("a.line").first.click()
    ben.states("deciding contests")
    ben.presses("Assign")
    ben.sees("Assigned.")
    ben.page.get_by_label("Reasons, in words").fill("The report names another machine.")
    ben.presses("Overturn …")
    ben.sees("What it does")
    assert "592" in ben.reads() or "600" in ben.reads()
    ben.presses("Yes, overturn")
    ben.sees("Overturned: it is cancelled")
    house.ada.goes("/me")
    house.ada.sees("overturned: you were right")
    house.ada.sees("The report names another machine.")
    assert house.step_up("laser-room", card=True) == "yes"


def test_a_lockdown_keeps_everybody_out_until_it_is_ended(house: House) -> None:
    page = house.anna.goes("/lockdown")
    page.get_by_label("Purpose, recorded with it").fill("smoke in the workshop")
    house.anna.presses("Go on to the second confirmation")
    house.anna.presses("Yes, lock down")
    house.anna.sees("The whole site is locked down")
    assert house.step_up("laser-room", card=True) == "no"
    house.anna.goes("/lockdown?do=resume")
    page.get_by_label("Purpose, recorded with it").fill("the smoke was toast")
    house.anna.presses("Go on to the second confirmation")
    house.anna.presses("Yes, resume")
    page.wait_for_url(f"{house.address}/")
    assert house.step_up("laser-room", card=True) == "yes"


def test_the_member_withdraws_her_face_and_every_door_forgets_it(house: House) -> None:
    page = house.ada.goes("/me/face/withdraw")
    page.get_by_label("Yes, forget my face").check()
    house.ada.presses("Withdraw my face")
    house.ada.sees("Your face is forgotten here")
    house.ada.goes("/me")
    house.ada.sees("Your face is not enrolled")
    assert house.step_up("studio", "member-2") == "no"
    assert house.step_up("laser-room", card=True) == "yes"


@pytest.mark.parametrize("role", ROLES)
def test_each_role_is_refused_where_it_should_be(house: House, role: str) -> None:
    page = house.anna.goes("/operators")
    changing = page.locator('form[action="/operators/ben/roles"]')
    page.locator("section", has=page.locator('form[action="/operators/ben/roles"]')).get_by_text("Change").click()
    for one in ROLES:
        changing.locator(f'input[name="role-{one}"]').set_checked(one == role)
    changing.get_by_role("button", name="Set roles").click()
    house.anna.page.wait_for_load_state()
    for path, may in (
        ("/lockdown", {"admin"}),
        ("/people/enrol", {"admin", "enroller"}),
        ("/contests", {"admin", "reviewer"}),
        ("/log", {"admin", "reviewer", "auditor"}),
        ("/operators", {"admin"}),
        ("/step-up", {"admin", "enroller", "installer"}),
    ):
        reply = house.ben.page.goto(path, wait_until="domcontentloaded")
        assert reply is not None
        assert reply.status == (200 if role in may else 403), (role, path, house.ben.reads())
        assert role in may or house.ben.page.get_by_role("alert").or_(house.ben.page.locator("h1")).first.is_visible()


def test_no_script_of_any_page_failed(house: House) -> None:
    assert [one.errors for one in (house.anna, house.ben, house.ada)] == [[], [], []]


def _kind(page, name: str) -> int:
    values = page.get_by_label("What happened").locator("option").evaluate_all("all => all.map(one => one.value)")
    return next(number for number, value in enumerate(values) if value.startswith(name))
