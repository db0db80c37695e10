"""What would change a decision: wait, earn, or ask. Each change can say itself and be applied to facts."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from ostiary.controller.policy.entry_kind import EntryKind
from ostiary.controller.policy.facts import Entry, Facts, Holding, Membership
from ostiary.controller.policy.language import pick, say_points
from ostiary.controller.policy.title import Title

EARN: Mapping[str, Mapping[str, str]] = {
    "en": {"one": "{times} ({points})", "many": "{times} ({points} each)"},
    "de": {"one": "{times} ({points})", "many": "{times} (je {points})"},
}
JOIN: Mapping[str, str] = {
    "en": "a membership that is valid (please ask the office)",
    "de": "eine gültige Mitgliedschaft (bitte fragen Sie im Büro)",
}
RENEW: Mapping[str, str] = {
    "en": "a renewed membership (please ask the office)",
    "de": "eine erneuerte Mitgliedschaft (bitte fragen Sie im Büro)",
}
OBTAIN: Mapping[str, str] = {
    "en": "{title} (please ask the office how to get it)",
    "de": "{title} (bitte fragen Sie im Büro, wie Sie dazu kommen)",
}


@dataclass(frozen=True, slots=True)
class Wait:
    """Do nothing until `at_ms`; `because` says in each language what happens then."""

    at_ms: int
    because: Mapping[str, str]

    def apply(self, facts: Facts) -> Facts:
        """The same facts at that time."""
        return replace(facts, at_ms=max(facts.at_ms, self.at_ms))


@dataclass(frozen=True, slots=True)
class Earn:
    """Earn `count` entries of one kind in one context."""

    kind: EntryKind
    count: int
    context: str

    def apply(self, facts: Facts) -> Facts:
        """The facts once these entries are recorded, now."""
        if facts.person is None:
            return facts
        now = facts.at_ms
        earned = tuple(
            Entry(
                f"earned-{number}-{self.kind.name}",
                self.kind.name,
                self.context,
                self.kind.points,
                self.kind.evidence[0],
                now,
                now,
                self.kind.expires_ms(now),
            )
            for number in range(self.count)
        )
        return replace(facts, person=replace(facts.person, entries=facts.person.entries + earned))

    def say(self, language: str) -> str:
        form = pick(EARN, language)["one" if self.count == 1 else "many"]
        return form.format(times=self.kind.title.times(self.count, language), points=say_points(self.kind.points))


@dataclass(frozen=True, slots=True)
class Join:
    """Become a member, or a member again (`renewed`), in this state."""

    state: str
    renewed: bool

    def apply(self, facts: Facts) -> Facts:
        """The facts once the membership is there, from now on."""
        if facts.person is None:
            return facts
        member = (*facts.person.member, Membership(self.state, facts.at_ms))
        return replace(facts, person=replace(facts.person, member=member))

    def say(self, language: str) -> str:
        return pick(RENEW if self.renewed else JOIN, language)


@dataclass(frozen=True, slots=True)
class Obtain:
    """Come to hold something."""

    holding: Title

    def apply(self, facts: Facts) -> Facts:
        """The facts once it is held, from now on."""
        if facts.person is None:
            return facts
        holds = (*facts.person.holds, Holding(self.holding.name, facts.at_ms))
        return replace(facts, person=replace(facts.person, holds=holds))

    def say(self, language: str) -> str:
        return pick(OBTAIN, language).format(title=self.holding.say(language))


Deed = Earn | Join | Obtain
Change = Wait | Deed
