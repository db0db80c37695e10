"""Unknown cards: the last one of each door, for a few minutes, once."""

from typing import Any

import pytest

from ostiary.controller.access.identify import Identity
from ostiary.controller.access.intake import Ask, Standing
from ostiary.controller.access.unknown_cards import KEPT_MS, UnknownCards

UNKNOWN = Identity(None, "card", "card", reason="card-unknown")


def ask(door: str, number: str | None, kind: str = "card") -> Ask:
    message: dict[str, Any] = {} if number is None else {"claim": {"kind": kind, "value": number}}
    return Ask(Standing(f"{door}-1", door, True, {}), message, b"")


@pytest.fixture
def cards() -> UnknownCards:
    return UnknownCards(lambda number: (f"tag:{number}", number.encode()[::-1]))


def test_the_last_of_a_door_is_taken_once(cards: UnknownCards) -> None:
    cards.shown([(ask("front", "1"), UNKNOWN), (ask("front", "2"), UNKNOWN), (ask("studio", "3"), UNKNOWN)], 0)
    taken = cards.take("front", 1)
    assert taken is not None and (taken.tag, taken.sealed) == ("tag:2", b"2")
    assert cards.take("front", 1) is None
    assert cards.take("studio", 1) is not None


@pytest.mark.parametrize(("at_ms", "there"), [(KEPT_MS - 1, True), (KEPT_MS, False), (-1, False)])
def test_it_is_kept_for_a_few_minutes_by_either_way_of_the_clock(cards: UnknownCards, at_ms: int, there: bool) -> None:
    cards.shown([(ask("front", "1"), UNKNOWN)], 0)
    assert (cards.take("front", at_ms) is not None) is there


@pytest.mark.parametrize(
    ("asked", "identity"),
    [
        (ask("front", "1"), Identity("p-ada", "card", "card")),
        (ask("front", "1", "pass"), Identity(None, "pass", "pass", reason="pass-unknown")),
        (ask("front", None), Identity(None, "face", None, reason="face-unknown")),
        (ask("front", "🂡" * 64), UNKNOWN),
    ],
)
def test_nothing_else_is_kept(cards: UnknownCards, asked: Ask, identity: Identity) -> None:
    cards.shown([(asked, identity)], 0)
    assert cards.take("front", 1) is None
