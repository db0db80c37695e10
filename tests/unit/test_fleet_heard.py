"""Heard, numbers and who moves a strike: what the keeper knows of its nodes before it orders anything."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostiary.controller.access.desired import desired, taken
from ostiary.controller.fleet.heard import FRESH_MS, Heard
from ostiary.controller.fleet.nodes import FleetNode, strike_for, strikeless
from ostiary.controller.fleet.numbers import Numbers
from ostiary.controller.policy.door import Door
from ostiary.protocol import messages
from ostiary.protocol.parts import HIGHEST_NUMBER


def status(nonce: str | None = "n1", state: str = "online", boot: int = 1) -> dict[str, Any]:
    said = {"state": state, "boot": boot, "firmware": "test", "clock": "set", "safe_mode": False}
    return said | ({"nonce": nonce} if nonce else {})


def test_a_nonce_is_fresh_for_as_long_as_the_node_takes_it_and_no_repeat_makes_it_younger() -> None:
    heard = Heard()
    node = heard.of("front-1")
    assert not node.fresh(0)
    assert heard.status("front-1", status(), 1, 0)
    assert node.fresh(FRESH_MS) and not node.fresh(FRESH_MS + 1)
    assert not heard.status("front-1", status(), 2, FRESH_MS), "nothing has changed"
    assert not node.fresh(FRESH_MS + 1)
    heard.status("front-1", status("n2"), 3, FRESH_MS)
    assert node.fresh(2 * FRESH_MS) and node.nonce == "n2"
    assert heard.status("front-1", status(None, "lost"), 4, FRESH_MS)
    assert not node.fresh(FRESH_MS)


def test_a_node_that_forgot_what_it_shall_be_is_told_again() -> None:
    heard = Heard()
    assert not heard.reported("front-1", {"number": 5, "term": 1})
    assert not heard.reported("front-1", {"number": 6, "term": 1})
    assert heard.reported("front-1", {"number": 0, "term": 1})
    assert heard.reported("front-1", {"number": 1, "term": 2}) and heard.of("front-1").superseded()


@given(
    st.lists(st.one_of(st.just(None), st.integers(0, HIGHEST_NUMBER)), max_size=30), st.lists(st.integers(0, 10**13))
)
def test_numbers_rise_whatever_the_clock_and_a_node_say(reports: list[int | None], clock: list[int]) -> None:
    times = iter(clock)
    numbers = Numbers(lambda: next(times, 0))
    last, above = 0, 0
    for report in reports:
        if report is None:
            number = numbers.take("front-1")
            assert last < number <= HIGHEST_NUMBER and number > above
            last = number
        else:
            numbers.heard("front-1", report)
            above = max(above, report) if report < HIGHEST_NUMBER // 2 else above
    assert numbers.take("other-1") < HIGHEST_NUMBER // 2, "what one node says is no other's number"


def node(name: str, *roles: str, door: str = "front") -> FleetNode:
    return FleetNode(name, door, roles, "virtual", True)


def test_who_moves_the_strike() -> None:
    both, reader, strike = node("f-1", "reader", "strike"), node("f-r", "reader"), node("f-s", "strike")
    elsewhere = node("b-s", "strike", door="back")
    assert strike_for([both], both) == "f-1"
    assert strike_for([reader, strike, elsewhere], reader) == "f-s"
    assert strike_for([reader, elsewhere], reader) is None
    assert strike_for([reader, strike, node("f-t", "strike")], reader) is None, "which of two is not guessed"
    assert strikeless([both, reader, elsewhere]) == {}
    assert strikeless([reader, elsewhere]).keys() == {"front"}
    assert strikeless([reader, strike, node("f-t", "strike")]).keys() == {"front"}


def test_desired_is_a_message_of_the_contract_and_is_taken_when_the_node_says_so() -> None:
    wanted = desired(None, 7, 3, locked=True, faceless=True)
    assert messages.decode("desired", messages.encode("desired", wanted)) == wanted
    assert (wanted["lockdown"], wanted["face"], wanted["offline"]) == (True, False, "deny")
    said = {"number": 7, "lockdown": True, "face": False}
    assert taken(said, wanted, 7)
    assert not taken(said | {"number": 6}, wanted, 7)
    assert not taken(said | {"lockdown": False}, wanted, 0)
    assert not taken(None, wanted, 0) and not taken(said, None, 0)


@pytest.mark.parametrize(
    ("face", "ways", "faceless", "waits"),
    [
        ("off", ("card+pin",), False, True),
        ("off", ("card+pin", "pass"), False, True),
        ("off", ("card", "card+pin"), False, False),
        ("off", ("card",), False, False),
        ("off", ("pass+pin",), False, False),
        ("verify", ("card+pin",), False, False),
        ("verify", ("card+pin",), True, True),
        ("identify", ("card+pin",), False, True),
    ],
)
def test_a_card_waits_for_its_pin_where_it_says_nothing_without_one(
    face: str, ways: tuple[str, ...], faceless: bool, waits: bool
) -> None:
    wanted = desired(Door("studio", face, ways, ()), 7, 3, locked=False, faceless=faceless)
    assert messages.decode("desired", messages.encode("desired", wanted))["pin"] is waits
    assert desired(None, 7, 3, locked=False, faceless=False)["pin"] is False, "no rule asks for one"
