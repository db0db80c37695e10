"""`escorted: {by: keyholder, within: 60s}` — somebody else who holds this was let in at this door just before."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from zoneinfo import ZoneInfo

from ostiary.controller.policy.change import Bring, Change, Wait
from ostiary.controller.policy.clause import HELD, Finding, Sections
from ostiary.controller.policy.facts import Escort, Facts
from ostiary.controller.policy.formula import Formula, IsEscorted
from ostiary.controller.policy.language import local, pick, say_wall
from ostiary.controller.policy.protected import refuse_protected
from ostiary.controller.policy.reading import Value
from ostiary.controller.policy.schema_parts import NAME, Schema, duration, mapping
from ostiary.controller.policy.title import Title

SHORTEST_MS, LONGEST_MS = 5_000, 600_000

WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "held": "Somebody with {title} went in ahead of you on {moment}.",
        "alone": "This door asks that somebody with {title} goes in ahead of you.",
        "unknown": "Whether somebody with {title} went in ahead of you is not known here at the moment.",
    },
    "de": {
        "held": "Jemand mit {title} ist am {moment} vor Ihnen hineingegangen.",
        "alone": "Diese Tür verlangt, dass jemand mit {title} vor Ihnen hineingeht.",
        "unknown": "Ob jemand mit {title} vor Ihnen hineingegangen ist, ist hier im Augenblick nicht bekannt.",
    },
}
AHEAD: Mapping[str, str] = {
    "en": "the clock reaches the time at which your escort went in",
    "de": "die Uhr die Zeit erreicht, zu der Ihre Begleitung hineinging",
}


@dataclass(frozen=True, slots=True)
class Escorted:
    """Holds for `within_ms` (5 s to 10 minutes) after somebody else who holds `holding` was let in at this door."""

    name: ClassVar[str] = "escorted"
    no_change: ClassVar[Mapping[str, str]] = {
        "en": "Please try again in a moment, or ask the office.",
        "de": "Bitte versuchen Sie es gleich noch einmal, oder fragen Sie im Büro.",
    }
    holding: Title
    within_ms: int
    zone: ZoneInfo

    @classmethod
    def read(cls, value: Value, sections: Sections) -> "Escorted":
        """From what stands after `escorted:`."""
        fields = value.fields("an escorted clause", ("by", "within"))
        word = refuse_protected(fields["by"], fields["by"].name_word("the name of a holding"), "the holding")
        within_ms = fields["within"].duration_ms("within", ("s", "m"), SHORTEST_MS, LONGEST_MS)
        return cls(sections.titles.of(word), within_ms, sections.zone)

    @classmethod
    def schema(cls) -> Schema:
        return mapping({"by": {**NAME}, "within": duration(["s", "m"], "after somebody else went in, 5s to 10m")})

    def as_document(self) -> object:
        return {"by": self.holding.name, "within_ms": self.within_ms}

    def _escorts(self, facts: Facts) -> list[Escort]:
        """The escorts who hold it."""
        escorts = facts.live.escorts if facts.live is not None else ()
        return [one for one in escorts if one.holding == self.holding.name]

    def check(self, facts: Facts) -> Finding:
        if facts.live is None:
            return Finding(self.name, False, "live-unknown", None, self.holding.name)
        running = [one for one in self._escorts(facts) if one.runs(facts.at_ms, self.within_ms)]
        if not running:
            return Finding(self.name, False, "not-escorted", "alone", self.holding.name)
        last_ms = max(facts.at_ms if one.granted_ms is None else one.granted_ms for one in running)
        moment = local(last_ms, self.zone).isoformat(timespec="minutes")
        return Finding(self.name, True, HELD, moment, self.holding.name)

    def say(self, finding: Finding, language: str) -> str:
        words, title = pick(WORDS, language), self.holding.say(language)
        if not finding.held:
            return words["unknown" if finding.value is None else "alone"].format(title=title)
        moment = say_wall(datetime.fromisoformat(str(finding.value)), language)
        return words["held"].format(title=title, moment=moment)

    def change(self, facts: Facts) -> list[Change]:
        if facts.live is None or self.check(facts).held:
            return []
        # An escort lies ahead only where a clock went back.
        begins = self.next_change(facts)
        ahead: list[Change] = [] if begins is None else [Wait(begins, AHEAD)]
        return [Bring(self.holding), *ahead]

    def next_change(self, facts: Facts) -> int | None:
        escorts = self._escorts(facts)
        held = any(one.runs(facts.at_ms, self.within_ms) for one in escorts)
        granted = [one.granted_ms for one in escorts if one.granted_ms is not None]
        turns = sorted({at_ms for begin in granted for at_ms in (begin, begin + self.within_ms)})
        ahead = (at_ms for at_ms in turns if at_ms > facts.at_ms)
        return next((t for t in ahead if any(one.runs(t, self.within_ms) for one in escorts) != held), None)

    def formula(self, door: str) -> Formula:
        return IsEscorted(self.holding.name, self.within_ms)


CLAUSE = Escorted
