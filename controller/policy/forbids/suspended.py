"""`suspended`: a human has suspended the person's access for a danger at hand, for at most 72 hours."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from ostiary.controller.policy.change import Change, Wait
from ostiary.controller.policy.clause import Finding
from ostiary.controller.policy.facts import Facts
from ostiary.controller.policy.forbids.forbid import finding
from ostiary.controller.policy.formula import Formula, IsSuspended, Not
from ostiary.controller.policy.language import pick

ENDS: Mapping[str, str] = {"en": "your suspension ends", "de": "Ihr Zutritt nicht mehr ruht"}


@dataclass(frozen=True, slots=True)
class Suspended:
    """Applies until before the suspension's end, which comes by itself."""

    name: ClassVar[str] = "suspended"
    words: ClassVar[Mapping[str, str]] = {
        "en": "Your access is suspended for now. Please speak with the office; you can contest this with your receipt.",
        "de": "Ihr Zutritt ruht zurzeit. Bitte sprechen Sie mit dem Büro; mit Ihrer Quittung können Sie das anfechten.",
    }

    def check(self, facts: Facts) -> Finding:
        return finding(self.name, IsSuspended().value(facts))

    def say(self, finding: Finding, language: str) -> str:
        return pick(self.words, language)

    def change(self, facts: Facts) -> list[Change]:
        until_ms = self.next_change(facts)
        return [] if until_ms is None else [Wait(until_ms, ENDS)]

    def next_change(self, facts: Facts) -> int | None:
        person = facts.person
        return person.suspended_until_ms if person is not None and person.suspended_at(facts.at_ms) else None

    def formula(self, door: str) -> Formula:
        return Not(IsSuspended())
