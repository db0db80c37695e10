"""`member: active` — the person has a membership in this state."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar
from zoneinfo import ZoneInfo

from ostiary.controller.policy import span
from ostiary.controller.policy.change import Change, Join, Wait
from ostiary.controller.policy.clause import HELD, Finding, Sections
from ostiary.controller.policy.facts import Facts, Membership
from ostiary.controller.policy.formula import Formula, IsMember
from ostiary.controller.policy.language import pick
from ostiary.controller.policy.reading import Value
from ostiary.controller.policy.schema_parts import Schema, word

STATES = ("active", "guest", "trial")

WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "held": "You have {bound}.",
        "other": "This door asks for {bound}; yours is {value}.",
        "missing": "This door asks for {bound}, and none is in your name yet.",
        "ended": "Your membership ended on {date}; this door asks for {bound}.",
        "begins": "Your membership begins on {date}; this door asks for {bound}.",
    },
    "de": {
        "held": "Sie haben {bound}.",
        "other": "Diese Tür verlangt {bound}; Ihre ist {value}.",
        "missing": "Diese Tür verlangt {bound}; auf Ihren Namen ist noch keine eingetragen.",
        "ended": "Ihre Mitgliedschaft endete am {date}; diese Tür verlangt {bound}.",
        "begins": "Ihre Mitgliedschaft beginnt am {date}; diese Tür verlangt {bound}.",
    },
}
MEMBERSHIPS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "active": "an active membership",
        "guest": "a guest membership",
        "trial": "a trial membership",
        "paused": "a paused one",
        "": "one of another kind",
    },
    "de": {
        "active": "eine aktive Mitgliedschaft",
        "guest": "eine Gastmitgliedschaft",
        "trial": "eine Probemitgliedschaft",
        "paused": "eine ruhende",
        "": "eine andere",
    },
}
BEGINS: Mapping[str, str] = {"en": "your membership begins", "de": "Ihre Mitgliedschaft beginnt"}


@dataclass(frozen=True, slots=True)
class Member:
    """Holds while a membership in `state` runs."""

    name: ClassVar[str] = "member"
    no_change: ClassVar[Mapping[str, str]] = {
        "en": "Please ask the office about your membership.",
        "de": "Bitte fragen Sie im Büro nach Ihrer Mitgliedschaft.",
    }
    state: str
    zone: ZoneInfo

    @classmethod
    def read(cls, value: Value, sections: Sections) -> "Member":
        """From what stands after `member:`."""
        return cls(value.word(STATES, "the state of a membership"), sections.zone)

    @classmethod
    def schema(cls) -> Schema:
        return word(STATES, "the state of a membership")

    def as_document(self) -> object:
        return self.state

    def _memberships(self, facts: Facts) -> list[Membership]:
        member = facts.person.member if facts.person else ()
        return [membership for membership in member if membership.state == self.state]

    def check(self, facts: Facts) -> Finding:
        at_ms = facts.at_ms
        if facts.person is not None:
            for membership in facts.person.member:
                if membership.state == self.state and membership.at(at_ms):
                    return Finding(self.name, True, HELD, self.state, self.state)
        value = span.standing(self._memberships(facts), at_ms, self.zone)
        if value.startswith(span.ENDED):
            return Finding(self.name, False, "membership-ended", value, self.state)
        others = (
            [membership.state for membership in facts.person.member if membership.at(at_ms)] if facts.person else []
        )
        return Finding(
            self.name, False, "not-member", min(others) if others and value == span.MISSING else value, self.state
        )

    def say(self, finding: Finding, language: str) -> str:
        words, kinds = pick(WORDS, language), pick(MEMBERSHIPS, language)
        if finding.held:
            return words["held"].format(bound=kinds[self.state])
        word, day = span.split(str(finding.value), language)
        if word in (span.MISSING, span.ENDED, span.BEGINS):
            return words[word].format(bound=kinds[self.state], date=day)
        return words["other"].format(bound=kinds[self.state], value=kinds.get(word, kinds[""]))

    def change(self, facts: Facts) -> list[Change]:
        mine = self._memberships(facts)
        if any(membership.at(facts.at_ms) for membership in mine):
            return []
        begins = span.begins_ms(mine, facts.at_ms)
        wait: list[Change] = [Wait(begins, BEGINS)] if begins is not None else []
        return [*wait, Join(self.state, renewed=any(membership.from_ms <= facts.at_ms for membership in mine))]

    def next_change(self, facts: Facts) -> int | None:
        return span.next_change(self._memberships(facts), facts.at_ms)

    def formula(self, door: str) -> Formula:
        return IsMember(self.state)


CLAUSE = Member
