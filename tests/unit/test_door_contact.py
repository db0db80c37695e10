"""Contact and REX: each opening is opened or forced, held once at most, and leaving is always heard."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from ostiary.firmware.door.contact import Contact
from ostiary.firmware.door.egress import Egress

levels = st.lists(st.tuples(st.booleans(), st.booleans(), st.integers(0, 40_000)), max_size=40)


@given(levels)
def test_each_opening_is_reported_once_and_held_once_at_most(levels: list[tuple[bool, bool, int]]) -> None:
    contact, now_ms, kinds = Contact(held_ms=30_000), 0, contact_start()
    for is_open, allowed, after_ms in levels:
        now_ms += after_ms
        kinds += contact.tick(now_ms) + contact.level(is_open, allowed, now_ms)
    for before, after in itertools.pairwise(kinds):
        assert (before, after) in {
            ("closed", "opened"), ("closed", "forced"), ("opened", "closed"), ("forced", "closed"),
            ("opened", "held"), ("forced", "held"), ("held", "closed"),
        }  # fmt: skip


def contact_start() -> list[str]:
    return ["closed"]


def test_an_opening_that_nothing_explains_is_forced() -> None:
    contact = Contact()
    assert contact.level(False, False, 0) == []
    assert contact.level(True, False, 10) == ["forced"]
    assert contact.level(False, False, 20) == ["closed"]
    assert contact.level(True, True, 30) == ["opened"]


def test_a_door_found_open_is_not_forced_and_can_be_held() -> None:
    contact = Contact(held_ms=30_000)
    assert contact.level(True, False, 0) == ["opened"]
    assert contact.tick(29_999) == []
    assert contact.tick(30_000) == ["held"]
    assert contact.tick(90_000) == []


def test_an_opening_with_more_time_is_held_later_and_the_next_one_is_not() -> None:
    contact = Contact(held_ms=30_000)
    assert contact.level(True, True, 0, more_ms=60_000) == ["opened"]
    assert contact.tick(89_999) == []
    assert contact.tick(90_000) == ["held"]
    assert contact.level(False, False, 100_000) + contact.level(True, True, 100_000) == ["closed", "opened"]
    assert contact.tick(130_000) == ["held"]


def test_a_rex_explains_an_opening_while_pressed_and_for_its_window() -> None:
    egress = Egress(window_ms=10_000)
    assert not egress.lets(0)
    assert egress.rex(True, 0) == ["exit"]
    assert egress.rex(True, 5) == []
    assert egress.lets(500_000)
    assert egress.rex(False, 500_000) == []
    assert egress.lets(510_000)
    assert not egress.lets(510_001)


@given(st.lists(st.booleans(), max_size=30))
def test_every_press_is_reported(presses: list[bool]) -> None:
    egress = Egress()
    reported = [kind for at, pressed in enumerate(presses) for kind in egress.rex(pressed, at)]
    edges = sum(1 for before, after in zip([False, *presses], presses, strict=False) if after and not before)
    assert reported == ["exit"] * edges
