"""`tier: trusted` — the person's score lies in this tier or above it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

from ostiary.controller.policy import errors
from ostiary.controller.policy.change import Change
from ostiary.controller.policy.clause import HELD, Finding, Sections
from ostiary.controller.policy.clauses.score import AtLeast
from ostiary.controller.policy.errors import nearest_word
from ostiary.controller.policy.facts import Facts
from ostiary.controller.policy.formula import Formula
from ostiary.controller.policy.language import pick
from ostiary.controller.policy.reading import Value
from ostiary.controller.policy.schema_parts import NAME, Schema
from ostiary.controller.policy.tier import Tier

WORDS: Mapping[str, str] = {
    "en": "Your score is {value}; the tier {title}, which this door asks for, begins at {bound}.",
    "de": "Ihr Punktestand ist {value}; die Stufe {title}, die diese Tür verlangt, beginnt bei {bound}.",
}
NOBODY: Mapping[str, str] = {
    "en": "This door asks for the tier {title}, which begins at a score of {bound}.",
    "de": "Diese Tür verlangt die Stufe {title}; sie beginnt bei einem Punktestand von {bound}.",
}


@dataclass(frozen=True, slots=True)
class InTier:
    """Holds while the score, which `score` reads, is that of the tier or more."""

    name: ClassVar[str] = "tier"
    no_change: ClassVar[Mapping[str, str]] = AtLeast.no_change
    tier: Tier
    score: AtLeast

    @classmethod
    def read(cls, value: Value, sections: Sections) -> "InTier":
        """From what stands after `tier:`."""
        word = value.name_word("the name of a tier")
        tier, rules = sections.tiers.get(word), sections.score
        if tier is None or rules is None:
            known = ", ".join(sections.tiers) or "none is written down"
            raise errors.UnknownTier(value.at, value.found, f"a tier ({known})", nearest_word(word, sections.tiers))
        return cls(tier, AtLeast.of(tier.at_least, rules, sections))

    @classmethod
    def schema(cls) -> Schema:
        return {**NAME, "description": "the name of a tier"}

    def as_document(self) -> object:
        return self.tier.name

    def check(self, facts: Facts) -> Finding:
        found = self.score.check(facts)
        return replace(found, clause=self.name, code=HELD if found.held else "tier-below")

    def say(self, finding: Finding, language: str) -> str:
        words = pick(NOBODY if finding.value is None else WORDS, language)
        return words.format(value=finding.value, bound=finding.bound, title=self.tier.title.say(language))

    def change(self, facts: Facts) -> list[Change]:
        return self.score.change(facts)

    def next_change(self, facts: Facts) -> int | None:
        return self.score.next_change(facts)

    def formula(self, door: str) -> Formula:
        return self.score.formula(door)


CLAUSE = InTier
