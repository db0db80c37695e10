"""`lockdown`: the door or its site is locked down, until an operator resumes it; who is inside can leave as ever."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from ostiary.controller.policy.change import Change
from ostiary.controller.policy.clause import Finding
from ostiary.controller.policy.facts import Facts
from ostiary.controller.policy.forbids.forbid import finding
from ostiary.controller.policy.formula import Formula, IsLockedDown, Not
from ostiary.controller.policy.language import pick


@dataclass(frozen=True, slots=True)
class Lockdown:
    """Applies to everybody. Only a human ends it, so there is nothing to wait for that a clock could say."""

    name: ClassVar[str] = "lockdown"
    words: ClassVar[Mapping[str, str]] = {
        "en": "This door is locked down for now; nobody can go in. Please wait for the office to end it.",
        "de": "Diese Tür ist zurzeit für alle gesperrt; niemand kann hinein. Bitte warten Sie, bis das Büro die "
        "Sperre aufhebt.",
    }

    def check(self, facts: Facts) -> Finding:
        return finding(self.name, IsLockedDown().value(facts))

    def say(self, finding: Finding, language: str) -> str:
        return pick(self.words, language)

    def change(self, facts: Facts) -> list[Change]:
        return []

    def next_change(self, facts: Facts) -> int | None:
        return None

    def formula(self, door: str) -> Formula:
        return Not(IsLockedDown())
