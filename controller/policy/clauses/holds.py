"""`holds: laser-induction` — the person holds this: an induction, a key, a permit."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar
from zoneinfo import ZoneInfo

from ostiary.controller.policy import span
from ostiary.controller.policy.change import Change, Obtain, Wait
from ostiary.controller.policy.clause import HELD, Finding, Sections
from ostiary.controller.policy.facts import Facts, Holding
from ostiary.controller.policy.formula import Formula, HasHolding
from ostiary.controller.policy.language import pick
from ostiary.controller.policy.protected import refuse_protected
from ostiary.controller.policy.reading import Value
from ostiary.controller.policy.schema_parts import NAME, Schema
from ostiary.controller.policy.title import Title

WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "held": "You hold {title}.",
        "missing": "This door asks for {title}, which is not in your name yet.",
        "ended": "Your {title} ended on {date}; this door asks for it.",
        "begins": "Your {title} begins on {date}; this door asks for it.",
    },
    "de": {
        "held": "Sie haben {title}.",
        "missing": "Diese Tür verlangt {title}; eingetragen ist das für Sie noch nicht.",
        "ended": "Diese Tür verlangt {title}; für Sie ist das am {date} abgelaufen.",
        "begins": "Diese Tür verlangt {title}; für Sie gilt das ab dem {date}.",
    },
}
BEGINS: Mapping[str, str] = {"en": "your {title} begins", "de": "{title} für Sie gilt"}


@dataclass(frozen=True, slots=True)
class Holds:
    """Holds while a holding of this name runs."""

    name: ClassVar[str] = "holds"
    no_change: ClassVar[Mapping[str, str]] = {
        "en": "Please ask the office what you need here.",
        "de": "Bitte fragen Sie im Büro, was Sie hier brauchen.",
    }
    holding: Title
    zone: ZoneInfo

    @classmethod
    def read(cls, value: Value, sections: Sections) -> "Holds":
        """From what stands after `holds:`."""
        word = refuse_protected(value, value.name_word("the name of a holding"), "the holding")
        return cls(sections.titles.of(word), sections.zone)

    @classmethod
    def schema(cls) -> Schema:
        return {**NAME, "description": "the name of a holding"}

    def as_document(self) -> object:
        return self.holding.name

    def _holdings(self, facts: Facts) -> list[Holding]:
        holds = facts.person.holds if facts.person else ()
        return [holding for holding in holds if holding.name == self.holding.name]

    def check(self, facts: Facts) -> Finding:
        mine = self._holdings(facts)
        for holding in mine:
            if holding.at(facts.at_ms):
                return Finding(self.name, True, HELD, HELD, self.holding.name)
        value = span.standing(mine, facts.at_ms, self.zone)
        return Finding(self.name, False, "missing-holding", value, self.holding.name)

    def say(self, finding: Finding, language: str) -> str:
        word, day = span.split(str(finding.value), language)
        return pick(WORDS, language)[word].format(title=self.holding.say(language), date=day)

    def change(self, facts: Facts) -> list[Change]:
        mine = self._holdings(facts)
        if any(holding.at(facts.at_ms) for holding in mine):
            return []
        begins = span.begins_ms(mine, facts.at_ms)
        because = {language: text.format(title=self.holding.say(language)) for language, text in BEGINS.items()}
        wait: list[Change] = [Wait(begins, because)] if begins is not None else []
        return [*wait, Obtain(self.holding)]

    def next_change(self, facts: Facts) -> int | None:
        return span.next_change(self._holdings(facts), facts.at_ms)

    def formula(self, door: str) -> Formula:
        return HasHolding(self.holding.name)


CLAUSE = Holds
