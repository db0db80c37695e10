"""What every clause type answers about itself; one file in `clauses/` is one type, and there are no other rules."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Protocol
from zoneinfo import ZoneInfo

from ostiary.controller.policy.change import Change
from ostiary.controller.policy.entry_kind import EntryKind
from ostiary.controller.policy.facts import Facts
from ostiary.controller.policy.formula import Formula
from ostiary.controller.policy.hours import Hours
from ostiary.controller.policy.reading import Value
from ostiary.controller.policy.schema_parts import Schema
from ostiary.controller.policy.score import Score, ScoreRules
from ostiary.controller.policy.tier import Tier
from ostiary.controller.policy.title import Titles

HELD = "held"
UTC = ZoneInfo("UTC")
Scalar = str | int | None


@dataclass(frozen=True, slots=True)
class Finding:
    """What a clause found: did it hold, by which value, against which bound.

    `code` is "held" or the reason code of its failure. `value` and `bound` are JSON scalars and, with `parts`, all that
    the clause needs to say its sentence again. `score` is there where the clause read one. `parts` are the findings of
    the clauses that a clause is made of, in their order.
    """

    clause: str
    held: bool
    code: str
    value: Scalar
    bound: Scalar
    score: Score | None = None
    parts: "tuple[Finding, ...]" = ()


@dataclass(frozen=True, slots=True)
class Sections:
    """What a clause may refer to while it is read: parts of the document, and the clause `types` by name.

    `doors` leads from each name that may stand for doors to these doors' names. `nested` counts how many clauses stand
    around the one that is read.
    """

    score: ScoreRules | None
    entries: Mapping[str, EntryKind]
    hours: Mapping[str, Hours]
    titles: Titles
    types: "Mapping[str, type[Clause]]"
    tiers: Mapping[str, Tier]
    doors: Mapping[str, tuple[str, ...]]
    nested: int = 0

    @property
    def zone(self) -> ZoneInfo:
        """The zone in which sentences say dates: that of the first hours by name, UTC where there are none."""
        return self.hours[min(self.hours)].zone if self.hours else UTC


class Clause(Protocol):
    """A clause of a door's rule: how it is read from the document, and its answers to five questions.

    To add a type, add a file to `clauses/` that ends in `CLAUSE = TheType`. Nothing else names it.
    """

    name: ClassVar[str]  # the word in the document
    no_change: ClassVar[Mapping[str, str]]  # what to say when it does not hold and nothing in sight changes that

    @classmethod
    def read(cls, value: Value, sections: Sections) -> "Clause":
        """The clause from what stands after its name. Raises a `PolicyError`."""
        ...

    @classmethod
    def schema(cls) -> Schema:
        """What stands after its name as JSON Schema, for editors; the least that every page which loads keeps to."""
        ...

    def as_document(self) -> object:
        """The canonical form of what stands after the clause's name."""
        ...

    def check(self, facts: Facts) -> Finding:
        """Does it hold for these facts? What it reads of a person does not hold for nobody, and what it reads of the
        live state does not hold where that is unknown."""
        ...

    def say(self, finding: Finding, language: str) -> str:
        """The finding as one sentence to the person. Raises `UnknownLanguage`."""
        ...

    def change(self, facts: Facts) -> list[Change]:
        """What, each alone and applied now, would make a clause that does not hold, hold; best first. A clause that
        holds has none. A `Wait` among them is to the first moment at which the clause holds with nothing done."""
        ...

    def next_change(self, facts: Facts) -> int | None:
        """When its truth next changes if nothing but time goes on, in Unix ms; None: not within 14 days."""
        ...

    def formula(self, door: str) -> Formula:
        """The same question at this door as a formula: satisfied by exactly those facts for which it holds."""
        ...


def parts_of(clause: object) -> "tuple[Clause, ...]":
    """The clauses that a clause is made of: a type that is made of clauses keeps them in `parts`."""
    return getattr(clause, "parts", ())
