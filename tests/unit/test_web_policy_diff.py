"""A difference of two texts says each line that came and went, and applied to the old gives the new."""

from hypothesis import given
from hypothesis import strategies as st

from ostiary.controller.web.policy_diff import DiffLine, difference

TEXTS = st.lists(st.sampled_from(["a: 1", "b: 2", "  c: 3", "", "# d"]), max_size=12).map("\n".join)


def test_it_marks_what_came_and_what_went() -> None:
    lines = difference("a: 1\nb: 2\n", "a: 1\nb: 3\n")
    assert lines == (DiffLine("…", ""), DiffLine("", "a: 1"), DiffLine("-", "b: 2"), DiffLine("+", "b: 3"))


@given(TEXTS, TEXTS)
def test_nothing_is_left_out_that_changed(old: str, new: str) -> None:
    lines = difference(old, new)
    assert (not lines) == (old.splitlines() == new.splitlines())
    gained = len(new.splitlines()) - len(old.splitlines())
    assert sum(line.sign == "+" for line in lines) - sum(line.sign == "-" for line in lines) == gained
