"""Reports are counted by the name that they claim, and made-up names neither help nor fill the memory."""

import pytest

from ostiary.controller.web.often import MOST_NAMES, PER_SOURCE, TOGETHER, Often
from ostiary.controller.web.problem import TooOften


class Clock:
    now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def taken(often: Often, source: str, most: int) -> int:
    for number in range(most):
        try:
            often.take(source)
        except TooOften:
            return number
    return most


def test_a_source_has_its_bound_and_regains_it_with_time() -> None:
    clock = Clock()
    often = Often(clock)
    rate, most = PER_SOURCE
    assert taken(often, "a", 1000) == most
    assert taken(often, "b", 1000) == most
    clock.now_s += 1
    assert taken(often, "a", 1000) == rate
    clock.now_s -= 50  # a clock that goes back gives nothing
    assert taken(often, "a", 1000) == 0
    clock.now_s += 1000
    assert taken(often, "a", 1000) == most


def test_made_up_names_share_one_bound() -> None:
    often = Often(Clock())
    got = sum(taken(often, f"name-{number}", 1) for number in range(2 * MOST_NAMES))
    assert got == TOGETHER[1]
    with pytest.raises(TooOften) as caught:
        often.take("another")
    assert all((caught.value.what, caught.value.why, caught.value.now))
