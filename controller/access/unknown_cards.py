"""Unknown cards: the last card that nobody has, of each door, so that it can be given to the person who holds it.

Promise: a card's tag and its sealed number stay here for a few minutes, in memory alone; no record ever has them.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from ostiary.controller.access.identify import Identity
from ostiary.controller.access.intake import Ask

KEPT_MS = 180_000
LONGEST_BYTES = 64  # of a number that the people room takes


@dataclass(frozen=True, slots=True)
class UnknownCard:
    """What people.db would keep of the card: its tag, and its number sealed for the keeper."""

    tag: str
    sealed: bytes
    until_ms: int


class UnknownCards:
    """`seal(number)` makes a card's tag and its sealed number."""

    def __init__(self, seal: Callable[[str], tuple[str, bytes]]) -> None:
        self._seal = seal
        self._last: dict[str, UnknownCard] = {}

    def shown(self, asked: Iterable[tuple[Ask, Identity]], at_ms: int) -> None:
        """Keep the cards among these asks that are nobody's; a later one at a door takes the place of the earlier."""
        for ask, identity in asked:
            claim: dict[str, Any] | None = ask.message.get("claim")
            if (
                identity.reason == "card-unknown"
                and claim is not None
                and len(claim["value"].encode()) <= LONGEST_BYTES
            ):
                tag, sealed = self._seal(claim["value"])
                self._last[ask.standing.door] = UnknownCard(tag, sealed, at_ms + KEPT_MS)

    def take(self, door: str, at_ms: int) -> UnknownCard | None:
        """The last one at this door, once; None where none was shown within the last minutes."""
        card = self._last.pop(door, None)
        # A clock that was set back must not keep a card for longer.
        return card if card is not None and at_ms < card.until_ms <= at_ms + KEPT_MS else None
