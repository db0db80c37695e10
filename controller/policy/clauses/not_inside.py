"""`not_inside: {forgiven: 4h}` — the person is not inside already (anti-passback): no card goes in twice.

Without a reader at the exit nobody reports that a person has left, so an entry is forgiven after its time; the office
can also note that somebody left. Leaving itself is never asked about.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from zoneinfo import ZoneInfo

from ostiary.controller.policy.area import Area
from ostiary.controller.policy.change import Change, Leave, Wait
from ostiary.controller.policy.clause import HELD, Finding, Sections
from ostiary.controller.policy.facts import Facts
from ostiary.controller.policy.formula import And, Formula, IsInside, LiveKnown, Not, inside
from ostiary.controller.policy.language import local, pick, say_wall
from ostiary.controller.policy.reading import Value
from ostiary.controller.policy.schema_parts import Schema, mapping

WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "held": "You are not inside already.",
        "inside": "You went in on {moment} and are not known to have left; this door lets nobody in twice.",
        "unknown": "Whether you are inside already is not known here at the moment, so this door stays closed.",
    },
    "de": {
        "held": "Sie sind nicht schon drinnen.",
        "inside": "Sie sind am {moment} hineingegangen, und dass Sie gegangen sind, ist nicht bekannt; diese Tür lässt "
        "niemanden zweimal hinein.",
        "unknown": "Ob Sie schon drinnen sind, ist hier im Augenblick nicht bekannt; darum bleibt diese Tür zu.",
    },
}
FORGIVEN: Mapping[str, str] = {"en": "your last entry no longer counts", "de": "Ihr letzter Eintritt nicht mehr zählt"}


@dataclass(frozen=True, slots=True)
class NotInside:
    """Holds unless the person went in by a door of the area and that entry is not yet forgiven."""

    name: ClassVar[str] = "not_inside"
    no_change: ClassVar[Mapping[str, str]] = {
        "en": "Please try again in a moment, or ask the office.",
        "de": "Bitte versuchen Sie es gleich noch einmal, oder fragen Sie im Büro.",
    }
    area: Area
    zone: ZoneInfo

    @classmethod
    def read(cls, value: Value, sections: Sections) -> "NotInside":
        """From what stands after `not_inside:`."""
        fields = value.fields("a not_inside clause", ("forgiven",), ("doors",))
        return cls(Area.read(fields, sections), sections.zone)

    @classmethod
    def schema(cls) -> Schema:
        return mapping(*Area.schema())

    def as_document(self) -> object:
        return self.area.as_document()

    def _since_ms(self, facts: Facts) -> int | None:
        """When the person last went in, if that still counts."""
        mine = inside(facts, self.area.of(facts.door), self.area.forgiven_ms)
        return max((one.since_ms for one in mine if one.who == 0), default=None)

    def check(self, facts: Facts) -> Finding:
        bound = self.area.forgiven_ms
        if facts.live is None:
            return Finding(self.name, False, "live-unknown", None, bound)
        since_ms = self._since_ms(facts)
        if since_ms is None:
            return Finding(self.name, True, HELD, HELD, bound)
        moment = local(since_ms, self.zone).isoformat(timespec="minutes")
        return Finding(self.name, False, "inside-already", moment, bound)

    def say(self, finding: Finding, language: str) -> str:
        words = pick(WORDS, language)
        if finding.held:
            return words["held"]
        if finding.value is None:
            return words["unknown"]
        return words["inside"].format(moment=say_wall(datetime.fromisoformat(str(finding.value)), language))

    def change(self, facts: Facts) -> list[Change]:
        since_ms = self._since_ms(facts)
        if since_ms is None:
            return []
        return [Wait(since_ms + self.area.forgiven_ms, FORGIVEN), Leave(self.area.of(facts.door))]

    def next_change(self, facts: Facts) -> int | None:
        since_ms = self._since_ms(facts)
        return None if since_ms is None else since_ms + self.area.forgiven_ms

    def formula(self, door: str) -> Formula:
        return And((LiveKnown(), Not(IsInside(self.area.of(door), self.area.forgiven_ms))))


CLAUSE = NotInside
