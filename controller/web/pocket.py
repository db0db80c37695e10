"""The cards in the pockets of virtual doors' visitors, so that a demonstration needs no memory for numbers.

A real card's number is kept nowhere: people.db has only its tag. These cards open nothing but doors on pretended
hardware, and live in a file of their own, which can be deleted at any time.
"""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from secrets import randbelow


@dataclass(frozen=True, slots=True)
class DemoCard:
    """`card` is the card's id in people.db, `person` its holder's."""

    number: str
    card: int
    person: str


def new_number() -> str:
    """Eight random digits, none of them a leading zero."""
    return str(10_000_000 + randbelow(90_000_000))


def grouped(number: str) -> str:
    return f"{number[:4]} {number[4:]}" if len(number) == 8 else number


class Pocket:
    """The file of demo cards. A file that is missing or broken is an empty pocket, never an error at a door."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def cards(self) -> list[DemoCard]:
        try:
            kept = json.loads(self._path.read_text())
            return [DemoCard(str(card["number"]), int(card["card"]), str(card["person"])) for card in kept]
        except (OSError, ValueError, TypeError, KeyError):
            return []

    def put(self, card: DemoCard) -> None:
        self._write([*self.cards(), card])

    def drop(self, card: int) -> None:
        """Take a revoked card out."""
        self._write([kept for kept in self.cards() if kept.card != card])

    def _write(self, cards: list[DemoCard]) -> None:
        beside = self._path.with_suffix(".new")
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump([asdict(card) for card in cards], file)
        beside.replace(self._path)
