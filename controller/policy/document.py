"""The policy document: YAML text in, one frozen `Policy` out, or an error that says where, what, why and what to do."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from ostiary.controller.policy import errors
from ostiary.controller.policy.canonical import sha256_of
from ostiary.controller.policy.clause import Sections
from ostiary.controller.policy.clauses import clause_types
from ostiary.controller.policy.door import Budget, Door
from ostiary.controller.policy.entry_kind import EntryKind
from ostiary.controller.policy.hours import Hours
from ostiary.controller.policy.protected import refuse_protected
from ostiary.controller.policy.reading import Value, read_document
from ostiary.controller.policy.score import ScoreRules
from ostiary.controller.policy.tier import read_tiers
from ostiary.controller.policy.title import Titles

__all__ = ["Budget", "Door", "EntryKind", "Policy", "load"]

LOWEST, HIGHEST = -100_000, 100_000


@dataclass(frozen=True, slots=True)
class Policy:
    """A whole policy. `sha256` (64 hex digits) names its content: comments, order of keys and spelling of equal values
    do not change it, everything that can change a decision or its sentence does. In `zone` sentences say dates."""

    name: str
    score: ScoreRules | None
    entries: Mapping[str, EntryKind]
    doors: Mapping[str, Door]
    hours: Mapping[str, Hours]
    zone: ZoneInfo
    sha256: str


def load(text: str, name: str = "policy") -> Policy:
    """The policy that `text` states; `name` is what errors call the file. Raises a `PolicyError` at the first
    mistake."""
    root = read_document(text, name)
    optional = ("score", "entries", "limits", "tiers", "hours", "words")
    fields = root.fields("a policy", ("policy", "doors"), optional)
    titles = Titles.read(fields.get("words"))
    rules = _score(fields.get("score"), fields.get("limits"))
    if rules is not None:
        titles.known.add(rules.context)
    entries = _entries(fields.get("entries"), rules, titles)
    hours = {
        word: Hours.read(word, value, titles)
        for word, _, value in (fields["hours"].named("opening hour") if "hours" in fields else [])
    }
    tiers = read_tiers(fields.get("tiers"), rules, entries, titles)
    names = {word: (word,) for word, _, _ in fields["doors"].named("door")}
    sections = Sections(rules, entries, hours, titles, clause_types(), tiers, names)
    doors = {word: Door.read(word, key, value, sections) for word, key, value in fields["doors"].named("door")}
    if not doors:
        raise errors.MissingKey(fields["doors"].at, "no door", "at least one door")
    titles.refuse_unused()
    policy = fields["policy"].name_word("the policy's name")
    canonical = {
        "policy": policy,
        "score": _score_document(rules),
        "entries": {word: kind.as_document() for word, kind in entries.items()},
        "doors": {word: door.as_document() for word, door in doors.items()},
        "tiers": {word: tier.at_least for word, tier in tiers.items()},
        "hours": {word: item.as_document() for word, item in hours.items()},
        "words": titles.as_document(),
    }
    return Policy(
        policy,
        rules,
        MappingProxyType(entries),
        MappingProxyType(doors),
        MappingProxyType(hours),
        sections.zone,
        sha256_of(canonical),
    )


def _score(section: Value | None, limits: Value | None) -> ScoreRules | None:
    """The sections `score` and `limits` together; limits mean nothing alone."""
    if section is None:
        if limits is not None:
            raise errors.ScoreWithoutSection(limits.at, 'limits without the section "score"', '"score"')
        return None
    fields = section.fields("the section score", ("context", "min", "max", "start"))
    context = refuse_protected(fields["context"], fields["context"].name_word("what the score is about"), "the context")
    lowest = fields["min"].integer("the lowest score", LOWEST, HIGHEST - 1)
    highest = fields["max"].integer("the highest score", lowest + 1, HIGHEST)
    start = fields["start"].integer("the score without any entry", lowest, highest)
    if limits is None:
        return ScoreRules(context, lowest, highest, start)
    caps = limits.fields("the section limits", ("largest_penalty", "penalties_in_30d"))
    largest = caps["largest_penalty"].integer("the largest single penalty", 1, HIGHEST)
    in_30d = caps["penalties_in_30d"].integer("the sum of penalties in 30 days", largest, HIGHEST)
    return ScoreRules(context, lowest, highest, start, largest, in_30d)


def _entries(section: Value | None, rules: ScoreRules | None, titles: Titles) -> dict[str, EntryKind]:
    if section is None:
        return {}
    if rules is None:
        raise errors.ScoreWithoutSection(section.at, 'entries without the section "score"', '"score"')
    named = section.named("entry kind")
    return {word: EntryKind.read(word, key, value, rules, titles) for word, key, value in named}


def _score_document(rules: ScoreRules | None) -> dict[str, Any] | None:
    if rules is None:
        return None
    return {
        "context": rules.context,
        "min": rules.lowest,
        "max": rules.highest,
        "start": rules.start,
        "largest_penalty": rules.largest_penalty,
        "penalties_in_30d": rules.penalties_in_30d,
    }
