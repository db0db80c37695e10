"""`all_of: [holds: keyholder, within: staffed-hours]` — every one of these holds; for use within `any_of`."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from ostiary.controller.policy.change import Change, simplest
from ostiary.controller.policy.clause import HELD, Clause, Finding, Sections
from ostiary.controller.policy.clause_list import read_parts
from ostiary.controller.policy.facts import Facts
from ostiary.controller.policy.formula import And, Formula
from ostiary.controller.policy.reading import Value
from ostiary.controller.policy.schema_parts import CLAUSES, Schema
from ostiary.controller.policy.together import first_change, first_moment, ways_to_all, with_reasons

MOST_CHANGES = 6


@dataclass(frozen=True, slots=True)
class AllOf:
    """Holds while all of its parts do."""

    name: ClassVar[str] = "all_of"
    no_change: ClassVar[Mapping[str, str]] = {
        "en": "Nothing in sight brings all of this together. Please ask the office.",
        "de": "Nichts in Sicht bringt all dies zusammen. Bitte fragen Sie im Büro.",
    }
    parts: tuple[Clause, ...]

    @classmethod
    def read(cls, value: Value, sections: Sections) -> "AllOf":
        """From what stands after `all_of:`."""
        return cls(read_parts(value, sections))

    @classmethod
    def schema(cls) -> Schema:
        return CLAUSES

    def as_document(self) -> object:
        return [{part.name: part.as_document()} for part in self.parts]

    def check(self, facts: Facts) -> Finding:
        found = tuple(part.check(facts) for part in self.parts)
        code = next((part.code for part in found if not part.held), HELD)
        score = next((part.score for part in found if part.score is not None), None)
        holding = sum(part.held for part in found)
        return Finding(self.name, code == HELD, code, holding, len(found), score, found)

    def say(self, finding: Finding, language: str) -> str:
        """What holds where all does; what fails where something does."""
        together = zip(self.parts, finding.parts, strict=True)
        return " ".join(part.say(found, language) for part, found in together if found.held == finding.held)

    def change(self, facts: Facts) -> list[Change]:
        found = ways_to_all(self.parts, facts, MOST_CHANGES)
        said = [way if way.deeds else with_reasons(self.parts, facts, way) for way in found]
        return [simplest(way, facts.at_ms) for way in said]

    def next_change(self, facts: Facts) -> int | None:
        if all(part.check(facts).held for part in self.parts):
            return first_change(self.parts, facts)
        return first_moment(self.parts, facts)

    def formula(self, door: str) -> Formula:
        return And(tuple(part.formula(door) for part in self.parts))


CLAUSE = AllOf
