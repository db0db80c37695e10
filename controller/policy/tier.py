"""A tier: a name for a score and everything above it, as the section `tiers` gives it (`trusted: 650`)."""

from collections.abc import Mapping
from dataclasses import dataclass

from ostiary.controller.policy import errors
from ostiary.controller.policy.entry_kind import EntryKind
from ostiary.controller.policy.protected import refuse_protected
from ostiary.controller.policy.reading import Value
from ostiary.controller.policy.score import ScoreRules
from ostiary.controller.policy.title import Title, Titles


@dataclass(frozen=True, slots=True)
class Tier:
    """Everybody whose score, in the policy's own context, is `at_least` or more."""

    title: Title
    at_least: int

    @property
    def name(self) -> str:
        return self.title.name


def read_tiers(
    section: Value | None, rules: ScoreRules | None, entries: Mapping[str, EntryKind], titles: Titles
) -> dict[str, Tier]:
    """The section `tiers`. A tier can be lost and can be regained, or it is refused: its score lies above the lowest,
    and where it lies above the start some kind of entry raises the score."""
    if section is None:
        return {}
    if rules is None:
        raise errors.ScoreWithoutSection(section.at, 'tiers without the section "score"', '"score"')
    tiers: dict[str, Tier] = {}
    for name, key, value in section.named("tier"):
        refuse_protected(key, name, "a tier")
        # A stand-in for one that cannot be read, so that no clause misses its name too.
        tier = Tier(titles.of(name), rules.lowest + 1)
        read = lambda name=name, value=value: _tier(name, value, rules, entries, titles)  # noqa: E731
        tier = value.findings.attempt(read, tier)
        twin = next((other.name for other in tiers.values() if other.at_least == tier.at_least), None)
        if twin is not None:
            again = f'{value.found}, where the tier "{twin}" begins too'
            value.findings.refuse(errors.RepeatedTier(value.at, again, "another score"))
        tiers[name] = tier
    return tiers


def _tier(name: str, value: Value, rules: ScoreRules, entries: Mapping[str, EntryKind], titles: Titles) -> Tier:
    at_least = value.integer(f'the score at which the tier "{name}" begins', -1_000_000, 1_000_000)
    if not rules.lowest < at_least <= rules.highest:
        expected = f"a score above {rules.lowest}, the lowest, and up to {rules.highest}"
        raise errors.ScoreOutOfReach(value.at, value.found, expected)
    if at_least > rules.start and not any(kind.points > 0 for kind in entries.values()):
        found = f'{value.found} for the tier "{name}", above the start of {rules.start}, with no entry that earns it'
        expected = f"at most {rules.start}, or an entry kind with points above 0"
        value.findings.refuse(errors.TierNotRegained(value.at, found, expected))
    return Tier(titles.of(name), at_least)
