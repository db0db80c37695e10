"""`within: opening-hours` — it is now within these hours."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from ostiary.controller.policy import errors
from ostiary.controller.policy.change import Change, Wait
from ostiary.controller.policy.clause import HELD, Finding, Sections
from ostiary.controller.policy.errors import nearest_word
from ostiary.controller.policy.facts import Facts
from ostiary.controller.policy.formula import Formula, IsOpen
from ostiary.controller.policy.hours import Hours, clock
from ostiary.controller.policy.language import DAYS, local, pick, say_and, say_date
from ostiary.controller.policy.reading import Value
from ostiary.controller.policy.schema_parts import NAME, Schema

WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "held": "It is {day}, {time}, within this door's hours: {days} from {begin} to {end}.",
        "closed": "It is {day}, {time}; this door is open {days} from {begin} to {end}.",
        "left-out": "Today, {date}, is a day on which this door stays closed.",
        "every day": "every day",
        "from-to": "{first} to {last}",
    },
    "de": {
        "held": "Es ist {day}, {time} Uhr, innerhalb der Zeiten dieser Tür: {days} von {begin} bis {end} Uhr.",
        "closed": "Es ist {day}, {time} Uhr; diese Tür ist {days} von {begin} bis {end} Uhr offen.",
        "left-out": "Heute, am {date}, bleibt diese Tür geschlossen.",
        "every day": "täglich",
        "from-to": "{first} bis {last}",
    },
}
BEGINS: Mapping[str, str] = {"en": "this door's hours begin", "de": "die Zeiten dieser Tür beginnen"}


@dataclass(frozen=True, slots=True)
class Within:
    """Holds while the hours are open; `hours.py` says what that means at midnight and when clocks change."""

    name: ClassVar[str] = "within"
    no_change: ClassVar[Mapping[str, str]] = {
        "en": "Not in the next 14 days: this door's hours do not begin before then.",
        "de": "Nicht in den nächsten 14 Tagen: Vorher beginnen die Zeiten dieser Tür nicht.",
    }
    hours: Hours

    @classmethod
    def read(cls, value: Value, sections: Sections) -> "Within":
        """From what stands after `within:`."""
        word = value.name_word("the name of some hours")
        if word not in sections.hours:
            known = ", ".join(sections.hours) or "none is written down"
            raise errors.UnknownHours(value.at, value.found, f"hours ({known})", nearest_word(word, sections.hours))
        return cls(sections.hours[word])

    @classmethod
    def schema(cls) -> Schema:
        return {**NAME, "description": "the name of some hours"}

    def as_document(self) -> object:
        return self.hours.name

    def check(self, facts: Facts) -> Finding:
        held = self.hours.open_until(facts.at_ms) is not None
        now = local(facts.at_ms, self.hours.zone).isoformat(timespec="minutes")
        return Finding(self.name, held, HELD if held else "outside-hours", now, self.hours.name)

    def say(self, finding: Finding, language: str) -> str:
        words = pick(WORDS, language)
        now = datetime.fromisoformat(str(finding.value))
        if not finding.held and now.date() in self.hours.closed:
            return words["left-out"].format(date=say_date(now, language))
        return words["held" if finding.held else "closed"].format(
            day=DAYS[language][now.weekday()],
            time=f"{now:%H:%M}",
            days=self._days(words, DAYS[language], language),
            begin=clock(self.hours.from_min),
            end=clock(self.hours.to_min),
        )

    def change(self, facts: Facts) -> list[Change]:
        if self.hours.open_until(facts.at_ms) is not None:
            return []
        opening = self.hours.next_opening(facts.at_ms)
        return [] if opening is None else [Wait(opening, BEGINS)]

    def next_change(self, facts: Facts) -> int | None:
        return self.hours.next_change(facts.at_ms)

    def formula(self, door: str) -> Formula:
        return IsOpen(self.hours)

    def _days(self, words: Mapping[str, str], names: Sequence[str], language: str) -> str:
        days = sorted(self.hours.days)
        if len(days) == 7:
            return words["every day"]
        if len(days) > 2 and days[-1] - days[0] == len(days) - 1:
            return words["from-to"].format(first=names[days[0]], last=names[days[-1]])
        return say_and([names[day] for day in days], language)


CLAUSE = Within
