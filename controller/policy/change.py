"""What would change a decision: wait, earn, ask, or come with somebody. Each can say itself and be applied to facts."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from ostiary.controller.policy.entry_kind import EntryKind
from ostiary.controller.policy.facts import Entry, Escort, Facts, Holding, Membership
from ostiary.controller.policy.language import LANGUAGES, pick, say_and, say_points
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

LEAVE: Mapping[str, str] = {
    "en": "a note that you have left (please ask the office)",
    "de": "ein Vermerk, dass Sie gegangen sind (bitte fragen Sie im Büro)",
}
BRING: Mapping[str, str] = {
    "en": "somebody with {title} who goes in ahead of you",
    "de": "jemand mit {title}, der oder die vor Ihnen hineingeht",
}


@dataclass(frozen=True, slots=True)
class Wait:
    """Do nothing until `at_ms`; `because` says in each language what happens then."""

    at_ms: int
    because: Mapping[str, str] = field(hash=False)

    def apply(self, facts: Facts) -> Facts:
        """The same facts at that time."""
        return facts.at(max(facts.at_ms, self.at_ms))


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
        return facts.of(replace(facts.person, entries=facts.person.entries + earned))

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
        return facts.of(replace(facts.person, member=member))

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
        return facts.of(replace(facts.person, holds=holds))

    def say(self, language: str) -> str:
        return pick(OBTAIN, language).format(title=self.holding.say(language))


@dataclass(frozen=True, slots=True)
class Leave:
    """Have it noted that one has left where these doors lead in."""

    doors: tuple[str, ...]

    def apply(self, facts: Facts) -> Facts:
        """The facts once it is noted."""
        if facts.live is None:
            return facts
        rest = tuple(one for one in facts.live.inside if one.who != 0 or one.door not in self.doors)
        return facts.under(replace(facts.live, inside=rest))

    def say(self, language: str) -> str:
        return pick(LEAVE, language)


@dataclass(frozen=True, slots=True)
class Bring:
    """Come with somebody who holds this and goes first: the one deed that is done at the door, whenever that is."""

    holding: Title

    def apply(self, facts: Facts) -> Facts:
        """The facts if that person goes ahead whenever this one comes."""
        if facts.live is None:
            return facts
        escorts = (*facts.live.escorts, Escort(self.holding.name, None))
        return facts.under(replace(facts.live, escorts=escorts))

    def say(self, language: str) -> str:
        return pick(BRING, language).format(title=self.holding.say(language))


Deed = Earn | Join | Obtain | Leave | Bring


@dataclass(frozen=True, slots=True)
class Way:
    """Several changes as one: do all of `deeds` now, and what was asked for holds from `at_ms` on (the time of the
    request: at once). `waits` say what that time brings."""

    deeds: tuple[Deed, ...]
    at_ms: int
    waits: tuple[Wait, ...] = ()

    def apply(self, facts: Facts) -> Facts:
        """The facts after going this way."""
        for deed in self.deeds:
            facts = deed.apply(facts)
        return facts.at(max(facts.at_ms, self.at_ms))

    @property
    def entries(self) -> int:
        """How many entries would have to be earned."""
        return sum(deed.count for deed in self.deeds if isinstance(deed, Earn))


Change = Wait | Deed | Way


def deeds_of(change: Change) -> tuple[Deed, ...]:
    """What a change asks to be done; waiting asks for nothing."""
    match change:
        case Wait():
            return ()
        case Way(deeds=deeds):
            return deeds
        case deed:
            return (deed,)


def simplest(way: Way, at_ms: int) -> Change:
    """The way as a plain wait or a plain deed, where it is no more than that at `at_ms`."""
    if not way.deeds:
        because = {language: _because(way.waits, language) for language in LANGUAGES}
        return Wait(way.at_ms, because)
    return way.deeds[0] if len(way.deeds) == 1 and way.at_ms <= at_ms else way


def _because(waits: tuple[Wait, ...], language: str) -> str:
    return say_and(list(dict.fromkeys(pick(wait.because, language) for wait in waits)), language)
