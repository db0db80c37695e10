"""`occupancy: {at_most: 4, forgiven: 8h}` — there is room inside for one more.

Counted are the other people who went in by the area's doors. Without a reader at the exit nobody reports that they
have left, so each of them counts for the time `forgiven` at most. The count keeps people out of a full room; it keeps
nobody in.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from ostiary.controller.policy.area import Area
from ostiary.controller.policy.change import Change, Wait
from ostiary.controller.policy.clause import HELD, Finding, Sections
from ostiary.controller.policy.facts import Facts
from ostiary.controller.policy.formula import And, Formula, LiveKnown, Not, Others, Reaches, inside
from ostiary.controller.policy.language import pick
from ostiary.controller.policy.reading import Value
from ostiary.controller.policy.schema_parts import Schema, integer, mapping

MOST_PEOPLE = 100_000

WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "held": "There is room inside: {value} of {bound} places are taken.",
        "full": "There is no room inside: {value} of {bound} places are taken.",
        "unknown": "How many people are inside is not known here at the moment, so this door stays closed.",
    },
    "de": {
        "held": "Drinnen ist Platz: {value} von {bound} Plätzen sind belegt.",
        "full": "Drinnen ist kein Platz: {value} von {bound} Plätzen sind belegt.",
        "unknown": "Wie viele Menschen drinnen sind, ist hier im Augenblick nicht bekannt; darum bleibt diese Tür zu.",
    },
}
ROOM: Mapping[str, str] = {
    "en": "a place counts as free at the latest",
    "de": "spätestens ein Platz als frei gilt",
}


@dataclass(frozen=True, slots=True)
class Occupancy:
    """Holds while fewer than `at_most` other people are inside."""

    name: ClassVar[str] = "occupancy"
    no_change: ClassVar[Mapping[str, str]] = {
        "en": "Please come back when somebody has left.",
        "de": "Bitte kommen Sie wieder, wenn jemand gegangen ist.",
    }
    at_most: int
    area: Area

    @classmethod
    def read(cls, value: Value, sections: Sections) -> "Occupancy":
        """From what stands after `occupancy:`."""
        fields = value.fields("an occupancy clause", ("at_most", "forgiven"), ("doors",))
        at_most = fields["at_most"].integer("the number of people inside", 1, MOST_PEOPLE)
        return cls(at_most, Area.read(fields, sections))

    @classmethod
    def schema(cls) -> Schema:
        required, optional = Area.schema()
        return mapping({"at_most": integer(1, MOST_PEOPLE, "the number of people inside"), **required}, optional)

    def as_document(self) -> object:
        return {"at_most": self.at_most, **self.area.as_document()}

    def _until_ms(self, facts: Facts) -> list[int]:
        """Until when each of the others counts, soonest first."""
        until: dict[int, int] = {}
        for one in inside(facts, self.area.of(facts.door), self.area.forgiven_ms):
            if one.who != 0:
                until[one.who] = max(one.since_ms + self.area.forgiven_ms, until.get(one.who, 0))
        return sorted(until.values())

    def check(self, facts: Facts) -> Finding:
        if facts.live is None:
            return Finding(self.name, False, "live-unknown", None, self.at_most)
        others = len(self._until_ms(facts))
        held = others < self.at_most
        return Finding(self.name, held, HELD if held else "full", others, self.at_most)

    def say(self, finding: Finding, language: str) -> str:
        word = "unknown" if finding.value is None else "held" if finding.held else "full"
        return pick(WORDS, language)[word].format(value=finding.value, bound=finding.bound)

    def change(self, facts: Facts) -> list[Change]:
        free_ms = self.next_change(facts)
        return [] if free_ms is None else [Wait(free_ms, ROOM)]

    def next_change(self, facts: Facts) -> int | None:
        until_ms = self._until_ms(facts)
        surplus = len(until_ms) - self.at_most
        return until_ms[surplus] if surplus >= 0 else None

    def formula(self, door: str) -> Formula:
        return And((LiveKnown(), Not(Reaches(Others(self.area.of(door), self.area.forgiven_ms), self.at_most))))


CLAUSE = Occupancy
