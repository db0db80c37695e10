"""What became of one statement about a policy."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from ostiary.controller.policy.facts import Facts


class Outcome(StrEnum):
    """`PROVED`: it is so in every case. `REFUTED`: there is a case in which it is not. `UNDECIDED`: nobody knows."""

    PROVED = "proved"
    REFUTED = "refuted"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class Example:
    """A person at a door, at a time: facts that were judged, not only thought of, and the same in words, one a line."""

    facts: Facts
    say: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Proof:
    """One statement in words and what became of it.

    `example` refutes a statement about every case, or shows a statement that says something can happen. `why` is there
    where it is undecided, and where a statement is refuted without any case.
    """

    statement: str
    outcome: Outcome
    example: Example | None = None
    why: str | None = None

    def as_document(self) -> dict[str, Any]:
        """The proof in JSON types."""
        return {
            "statement": self.statement,
            "outcome": self.outcome.value,
            "example": None if self.example is None else list(self.example.say),
            "why": self.why,
        }
