"""A file that waits for a yes is there once, for a while, and for whoever brought it."""

import pytest

from ostiary.controller.web.held_files import FOR_S, MOST, HeldFiles
from ostiary.controller.web.problem import NotThere


def test_it_is_taken_once_by_whoever_brought_it() -> None:
    held = HeldFiles(lambda: 0.0)
    key = held.keep("text", "a.csv", "sha", "ada")
    with pytest.raises(NotThere):
        held.take(key, "bob")
    assert held.take(key, "ada").text == "text"
    with pytest.raises(NotThere):
        held.take(key, "ada")


def test_it_is_forgotten_after_its_time_and_when_there_are_many() -> None:
    now = [0.0]
    held = HeldFiles(lambda: now[0])
    first = held.keep("0", "a", "s", "ada")
    keys = [held.keep(str(at), "a", "s", "ada") for at in range(MOST)]
    with pytest.raises(NotThere):
        held.take(first, "ada")
    now[0] = FOR_S + 1
    with pytest.raises(NotThere):
        held.take(keys[-1], "ada")
