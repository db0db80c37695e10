"""`any_of: [member: active, holds: day-pass]` — at least one of these holds."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from ostiary.controller.policy.change import Change, Wait
from ostiary.controller.policy.clause import HELD, Clause, Finding, Sections
from ostiary.controller.policy.clause_list import read_parts
from ostiary.controller.policy.facts import Facts
from ostiary.controller.policy.formula import Formula, Or
from ostiary.controller.policy.language import pick
from ostiary.controller.policy.reading import Value
from ostiary.controller.policy.schema_parts import CLAUSES, Schema
from ostiary.controller.policy.together import first_change, first_moment

MOST_CHANGES = 6

WORDS: Mapping[str, str] = {
    "en": "One of the following would be enough. {parts}",
    "de": "Eines von Folgendem würde genügen. {parts}",
}


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Holds while one of its parts does."""

    name: ClassVar[str] = "any_of"
    no_change: ClassVar[Mapping[str, str]] = {
        "en": "Nothing in sight brings any of this about. Please ask the office.",
        "de": "Nichts in Sicht führt eines davon herbei. Bitte fragen Sie im Büro.",
    }
    parts: tuple[Clause, ...]

    @classmethod
    def read(cls, value: Value, sections: Sections) -> "AnyOf":
        """From what stands after `any_of:`."""
        return cls(read_parts(value, sections))

    @classmethod
    def schema(cls) -> Schema:
        return CLAUSES

    def as_document(self) -> object:
        return [{part.name: part.as_document()} for part in self.parts]

    def check(self, facts: Facts) -> Finding:
        found = tuple(part.check(facts) for part in self.parts)
        holding = sum(part.held for part in found)
        score = next((part.score for part in found if part.score is not None), None)
        code = HELD if holding else "none-of-these"
        return Finding(self.name, holding > 0, code, holding, 1, score, found)

    def say(self, finding: Finding, language: str) -> str:
        """What holds where something does; what each would ask for where nothing does."""
        together = zip(self.parts, finding.parts, strict=True)
        said = " ".join(part.say(found, language) for part, found in together if found.held == finding.held)
        return said if finding.held else pick(WORDS, language).format(parts=said)

    def change(self, facts: Facts) -> list[Change]:
        if any(part.check(facts).held for part in self.parts):
            return []
        changes = [change for part in self.parts for change in part.change(facts)]
        waits = [change for change in changes if isinstance(change, Wait)]
        # The first moment at which one of them holds is the first of their first moments.
        first: list[Change] = [min(waits, key=lambda wait: wait.at_ms)] if waits else []
        acting = dict.fromkeys(change for change in changes if not isinstance(change, Wait))
        return [*list(acting)[: MOST_CHANGES - len(first)], *first]

    def next_change(self, facts: Facts) -> int | None:
        if any(part.check(facts).held for part in self.parts):
            return first_moment(self.parts, facts, held=False)
        return first_change(self.parts, facts)

    def formula(self, door: str) -> Formula:
        return Or(tuple(part.formula(door) for part in self.parts))


CLAUSE = AnyOf
