"""`score: {at_least: 600}` — the person's score, in the context that this policy is about, is high enough."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar
from zoneinfo import ZoneInfo

from ostiary.controller.policy import errors
from ostiary.controller.policy.change import Change, Earn, Wait
from ostiary.controller.policy.clause import HELD, Finding, Sections
from ostiary.controller.policy.entry_kind import EntryKind
from ostiary.controller.policy.errors import nearest_word
from ostiary.controller.policy.facts import Entry, Facts
from ostiary.controller.policy.formula import And, Formula, Reaches, ScoreOf, Somebody
from ostiary.controller.policy.language import local, pick, say_and, say_date, say_points
from ostiary.controller.policy.reading import Value
from ostiary.controller.policy.schema_parts import NAME, Schema, integer, mapping
from ostiary.controller.policy.score import Counted, ScoreRules, Step, score, steps

EARN_KINDS = 2  # kinds of entries offered: a short sentence is read, a catalogue is not

WORDS: Mapping[str, str] = {
    "en": "Your score is {value}; this door asks for {bound}.",
    "de": "Ihr Punktestand ist {value}; diese Tür verlangt {bound}.",
}
NOBODY: Mapping[str, str] = {
    "en": "This door asks for a score of {bound}.",
    "de": "Diese Tür verlangt einen Punktestand von {bound}.",
}
OF: Mapping[str, str] = {"en": "the {points} of {date}", "de": "die {points} vom {date}"}
EXPIRES: Mapping[str, tuple[str, str]] = {
    "en": ("{what} expires", "{what} expire"),
    "de": ("{what} verfallen", "{what} verfallen"),
}
COUNTS: Mapping[str, tuple[str, str]] = {
    "en": ("{what} counts", "{what} count"),
    "de": ("{what} zählen", "{what} zählen"),
}
REACHES: Mapping[str, str] = {"en": "your score reaches {bound}", "de": "Ihr Punktestand {bound} erreicht"}


@dataclass(frozen=True, slots=True)
class AtLeast:
    """Holds while the score is `at_least` or more. `earnable` are the kinds of entries that raise it."""

    name: ClassVar[str] = "score"
    no_change: ClassVar[Mapping[str, str]] = {
        "en": "Nothing in sight brings your score that far. Please ask the office what you can do.",
        "de": "Nichts in Sicht bringt Ihren Punktestand so weit. Bitte fragen Sie im Büro, was Sie tun können.",
    }
    at_least: int
    rules: ScoreRules
    earnable: tuple[EntryKind, ...]
    zone: ZoneInfo

    @classmethod
    def read(cls, value: Value, sections: Sections) -> "AtLeast":
        """From what stands after `score:`."""
        rules = sections.score
        if rules is None:
            raise errors.ScoreWithoutSection(value.at, 'a score clause without the section "score"', '"score"')
        fields = value.fields("a score clause", ("at_least",), ("context",))
        if "context" in fields and (context := fields["context"].name_word("a context")) != rules.context:
            near = nearest_word(context, [rules.context])
            raise errors.ForeignContext(fields["context"].at, fields["context"].found, f'"{rules.context}"', near)
        at_least = fields["at_least"].integer("the score asked for", -1_000_000, 1_000_000)
        if not rules.lowest <= at_least <= rules.highest:
            found = fields["at_least"].found
            expected = f"a score from {rules.lowest} to {rules.highest}"
            raise errors.ScoreOutOfReach(fields["at_least"].at, found, expected)
        return cls.of(at_least, rules, sections)

    @classmethod
    def of(cls, at_least: int, rules: ScoreRules, sections: Sections) -> "AtLeast":
        """The clause that asks for this score, with the entries of the document that raise one."""
        earnable = tuple(kind for kind in sections.entries.values() if kind.points > 0)
        return cls(at_least, rules, earnable, sections.zone)

    @classmethod
    def schema(cls) -> Schema:
        return mapping({"at_least": integer(-1_000_000, 1_000_000, "the score asked for")}, {"context": {**NAME}})

    def as_document(self) -> object:
        return {"at_least": self.at_least}

    def check(self, facts: Facts) -> Finding:
        if facts.person is None:
            return Finding(self.name, False, "score-below", None, self.at_least)
        now = score(facts.person.entries, self.rules, facts.at_ms)
        held = now.value >= self.at_least
        return Finding(self.name, held, HELD if held else "score-below", now.value, self.at_least, now)

    def say(self, finding: Finding, language: str) -> str:
        words = NOBODY if finding.value is None else WORDS
        return pick(words, language).format(value=finding.value, bound=finding.bound)

    def change(self, facts: Facts) -> list[Change]:
        if facts.person is None:
            return []
        now = score(facts.person.entries, self.rules, facts.at_ms)
        if now.value >= self.at_least:
            return []
        missing = self.at_least - now.total
        earned = [Earn(kind, -(-missing // kind.points), self.rules.context) for kind in self.earnable]
        earned.sort(key=lambda earn: (earn.count, earn.kind.points, earn.kind.name))
        wait = self._wait(facts.person.entries, facts.at_ms)
        return [*earned[:EARN_KINDS], *([wait] if wait else [])]

    def next_change(self, facts: Facts) -> int | None:
        held: bool | None = None
        for step in steps(facts.person.entries, self.rules, facts.at_ms) if facts.person else ():
            if held is not None and (step.value >= self.at_least) != held:
                return step.at_ms
            held = step.value >= self.at_least
        return None

    def formula(self, door: str) -> Formula:
        return And((Somebody(), Reaches(ScoreOf(self.rules), self.at_least)))

    def _wait(self, entries: tuple[Entry, ...], at_ms: int) -> Wait | None:
        """Expiry alone, of penalties and of awards, brings the score there first at this time, if ever."""
        for step in steps(entries, self.rules, at_ms):
            if step.value >= self.at_least:
                return Wait(step.at_ms, {language: self._because(step, language) for language in WORDS})
        return None

    def _because(self, step: Step, language: str) -> str:
        lifted = [item for item in step.ended if item.points < 0]
        begun = [item for item in step.begun if item.points > 0]
        words, items = (EXPIRES, lifted) if lifted else (COUNTS, begun)
        if not items:
            return pick(REACHES, language).format(bound=self.at_least)
        year = local(step.at_ms, self.zone).year
        what = say_and([self._of(item, year, language) for item in items], language)
        return pick(words, language)[0 if len(items) == 1 else 1].format(what=what)

    def _of(self, item: Counted, year: int, language: str) -> str:
        """ "the −8 of 6 June": what it weighs, and when it occurred."""
        day = say_date(local(item.entry.occurred_ms, self.zone), language, near_year=year)
        return pick(OF, language).format(points=say_points(item.points), date=day)


CLAUSE = AtLeast
