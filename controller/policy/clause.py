"""What every clause type answers about itself; one file in `clauses/` is one type, and there are no other rules."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Protocol
from zoneinfo import ZoneInfo

from ostiary.controller.policy.change import Change
from ostiary.controller.policy.entry_kind import EntryKind
from ostiary.controller.policy.facts import Facts
from ostiary.controller.policy.hours import Hours
from ostiary.controller.policy.score import Score, ScoreRules
from ostiary.controller.policy.title import Titles

HELD = "held"
UTC = ZoneInfo("UTC")
Scalar = str | int | None


@dataclass(frozen=True, slots=True)
class Finding:
    """What a clause found: did it hold, by which value, against which bound.

    `code` is "held" or the reason code of its failure. `value` and `bound` are JSON scalars and all that the clause
    needs to say its sentence again. `score` is there where the clause read one.
    """

    clause: str
    held: bool
    code: str
    value: Scalar
    bound: Scalar
    score: Score | None = None


@dataclass(frozen=True, slots=True)
class Sections:
    """The parts of the document that a clause may refer to while it is read."""

    score: ScoreRules | None
    entries: Mapping[str, EntryKind]
    hours: Mapping[str, Hours]
    titles: Titles

    @property
    def zone(self) -> ZoneInfo:
        """The zone in which sentences say dates: that of the first hours by name, UTC where there are none."""
        return self.hours[min(self.hours)].zone if self.hours else UTC


class Clause(Protocol):
    """A clause of a door's rule. A type also has `read(value, sections)`, which makes it from the document."""

    name: ClassVar[str]
    no_change: ClassVar[Mapping[str, str]]  # what to say when it does not hold and nothing in sight changes that

    def as_document(self) -> object:
        """The canonical form of what stands after the clause's name."""
        ...

    def check(self, facts: Facts) -> Finding:
        """Does it hold for these facts? Reads a person who is there; nobody gets a `Finding` that does not hold."""
        ...

    def say(self, finding: Finding, language: str) -> str:
        """The finding as one sentence to the person. Raises `UnknownLanguage`."""
        ...

    def change(self, facts: Facts) -> list[Change]:
        """What, each alone and applied now, would make a clause that does not hold, hold; best first. A clause that
        holds has none."""
        ...

    def next_change(self, facts: Facts) -> int | None:
        """When its truth next changes if nothing but time goes on, in Unix ms; None: not in sight."""
        ...
