"""The pocket keeps demonstration cards, privately, and a broken file is an empty pocket."""

from pathlib import Path

import pytest

from ostiary.controller.web.pocket import DemoCard, Pocket, grouped, new_number

CARD = DemoCard("12345678", 1, "p-abcdefgh23456722")


def test_cards_stay_until_they_are_dropped(tmp_path: Path) -> None:
    path = tmp_path / "demo-cards.json"
    assert Pocket(path).cards() == []
    Pocket(path).put(CARD)
    other = DemoCard("87654321", 2, "p-abcdefgh23456723")
    Pocket(path).put(other)
    assert Pocket(path).cards() == [CARD, other]
    Pocket(path).drop(1)
    assert Pocket(path).cards() == [other]
    assert path.stat().st_mode & 0o077 == 0
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    "text", ["", "{", "null", "[1]", '[{"number": "1"}]', '[{"number": 1, "card": "x", "person": 2}]']
)
def test_a_broken_file_is_an_empty_pocket(tmp_path: Path, text: str) -> None:
    path = tmp_path / "demo-cards.json"
    path.write_text(text)
    assert Pocket(path).cards() == []


def test_numbers_have_eight_digits() -> None:
    numbers = {new_number() for _ in range(200)}
    assert len(numbers) == 200
    assert all(len(number) == 8 and number.isdigit() and number[0] != "0" for number in numbers)
    assert grouped("12345678") == "1234 5678"
    assert grouped("123") == "123"
