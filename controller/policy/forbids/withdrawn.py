"""`withdrawn`: the person has left the site for good, or withdrew; what was known of them decides nothing any more."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from ostiary.controller.policy.change import Change
from ostiary.controller.policy.clause import Finding
from ostiary.controller.policy.facts import Facts
from ostiary.controller.policy.forbids.forbid import finding
from ostiary.controller.policy.formula import Formula, IsWithdrawn, Not
from ostiary.controller.policy.language import pick


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """Applies to whoever is not one of the site's people any more."""

    name: ClassVar[str] = "withdrawn"
    words: ClassVar[Mapping[str, str]] = {
        "en": "You have left this site, so its doors do not open for you any more. Please speak with the office if "
        "that is a mistake.",
        "de": "Sie haben diesen Ort verlassen; darum öffnen sich seine Türen nicht mehr für Sie. Bitte sprechen Sie "
        "mit dem Büro, wenn das ein Irrtum ist.",
    }

    def check(self, facts: Facts) -> Finding:
        return finding(self.name, IsWithdrawn().value(facts))

    def say(self, finding: Finding, language: str) -> str:
        return pick(self.words, language)

    def change(self, facts: Facts) -> list[Change]:
        return []

    def next_change(self, facts: Facts) -> int | None:
        return None

    def formula(self, door: str) -> Formula:
        return Not(IsWithdrawn())
