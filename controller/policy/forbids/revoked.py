"""`revoked`: a human has revoked the person's access."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from ostiary.controller.policy.change import Change
from ostiary.controller.policy.clause import Finding
from ostiary.controller.policy.facts import Facts
from ostiary.controller.policy.forbids.forbid import finding
from ostiary.controller.policy.formula import Formula, IsRevoked, Not
from ostiary.controller.policy.language import pick


@dataclass(frozen=True, slots=True)
class Revoked:
    """Applies until somebody reinstates the person."""

    name: ClassVar[str] = "revoked"
    words: ClassVar[Mapping[str, str]] = {
        "en": "Your access has been revoked. Please speak with the office; you can contest this with your receipt.",
        "de": "Ihr Zutritt ist widerrufen. Bitte sprechen Sie mit dem Büro; mit Ihrer Quittung können Sie das "
        "anfechten.",
    }

    def check(self, facts: Facts) -> Finding:
        return finding(self.name, IsRevoked().value(facts))

    def say(self, finding: Finding, language: str) -> str:
        return pick(self.words, language)

    def change(self, facts: Facts) -> list[Change]:
        return []

    def next_change(self, facts: Facts) -> int | None:
        return None

    def formula(self, door: str) -> Formula:
        return Not(IsRevoked())
