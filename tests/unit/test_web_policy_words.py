"""Findings stand beside their lines, and a comparison names persons and says what it leaves out."""

from hypothesis import given
from hypothesis import strategies as st

from ostiary.controller.web.policy_words import MOST_CHANGES, beside_lines, impact
from ostiary.controller.web.previewed import MOST, Previewed


def finding(line: int) -> dict[str, object]:
    return {"line": line, "column": 3, "found": "x", "expected": "y", "nearest": "z", "why": "Because.", "cure": "Do."}


@given(st.integers(1, 60), st.lists(st.integers(1, 80), max_size=8))
def test_each_finding_is_shown_once_and_lines_rise(length: int, at: list[int]) -> None:
    text = "\n".join(f"line {number}" for number in range(1, length + 1))
    shown = beside_lines(text, [finding(line) for line in at])
    assert sum(len(line.findings) for line in shown) == len(at)
    numbers = [line.number for line in shown]
    assert numbers == sorted(set(numbers))
    assert all(line.text == f"line {line.number}" for line in shown)
    before = 0
    for line in shown:
        assert line.gap == (line.number != before + 1)
        before = line.number


def test_a_finding_asks_for_the_word_that_was_meant() -> None:
    [line] = beside_lines("a", [finding(1)])
    assert line.findings[0].found == 'Column 3: found x, expected y. Did you mean "z"?'


def test_a_comparison_names_persons_and_counts_what_it_leaves_out() -> None:
    one = {"kind": "loses", "door": "front", "before": "granted", "after": "score-below", "requests": 2, "last_ms": 1}
    people = ["p-a", "p-gone", None, *["p-a"] * MOST_CHANGES]
    counts = {"days": 30, "requests": 9, "unchanged": 1, "loses": 3, "gains": 0, "erased": 0, "unknown_live": 0}
    differences = [{**one, "person": person} for person in people]
    shown = impact({**counts, "differences": differences, "not_named": 5}, {"p-a": "Ada"})
    assert [change.person for change in shown.changes[:3]] == ["Ada", "p-gone (has left)", "nobody known"]
    assert [bool(change.href) for change in shown.changes[:3]] == [True, False, False]
    assert (len(shown.changes), shown.not_shown) == (MOST_CHANGES, 8)


def test_a_preview_is_of_one_pair_and_the_oldest_is_forgotten() -> None:
    previewed = Previewed()
    previewed.remember("old", "new")
    assert previewed.seen("old", "new")
    assert not previewed.seen("other", "new")
    for number in range(MOST):
        previewed.remember(None, str(number))
    assert not previewed.seen("old", "new")
    assert previewed.seen(None, "0")
