"""The policy document: YAML text in, one frozen `Policy` out, or an error that says where, what, why and what to do."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from ostiary.controller.policy import errors
from ostiary.controller.policy.canonical import sha256_of
from ostiary.controller.policy.clause import Sections
from ostiary.controller.policy.clauses import clause_types
from ostiary.controller.policy.closed_days import ClosedDays
from ostiary.controller.policy.door import KEYS as DOOR_KEYS
from ostiary.controller.policy.door import Budget, Door
from ostiary.controller.policy.entry_kind import EntryKind
from ostiary.controller.policy.findings import Findings
from ostiary.controller.policy.group import GROUP, Groups
from ostiary.controller.policy.hours import DAY_MINUTES, Hours
from ostiary.controller.policy.protected import refuse_protected
from ostiary.controller.policy.reading import Value, read_document
from ostiary.controller.policy.score import ScoreRules
from ostiary.controller.policy.tier import read_tiers
from ostiary.controller.policy.title import Titles
from ostiary.controller.policy.yaml_text import decode

__all__ = ["Budget", "Door", "EntryKind", "Policy", "load"]

LOWEST, HIGHEST = -100_000, 100_000
REQUIRED = ("policy", "doors")
OPTIONAL = ("score", "entries", "limits", "tiers", "groups", "hours", "words")
# Stands in for a score that cannot be read, so that one mistake is not told again at every entry and every door.
UNREADABLE = ScoreRules("unreadable", LOWEST, HIGHEST, 0, HIGHEST, HIGHEST)


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


@dataclass(frozen=True, slots=True)
class Reading:
    """What one text says: the policy, if every part of it could be read, and everything that was refused on the way,
    in the order of the page. `draft` has the parts that could be read, `keys` the places of names by their section, and
    `doors` the words of each door, those of its group among them."""

    findings: Findings
    draft: Policy | None = None
    keys: Mapping[tuple[str, str], Value] = field(default_factory=dict[tuple[str, str], Value])
    doors: Mapping[str, Mapping[str, Value]] = field(default_factory=dict[str, Mapping[str, Value]])

    @property
    def policy(self) -> Policy | None:
        return None if self.findings.broken else self.draft

    def key(self, section: str, name: str) -> Value:
        """Where a name of a section stands."""
        return self.keys[section, name]


def load(text: str, name: str = "policy") -> Policy:
    """The policy that `text` states; `name` is what errors call the file. Raises the page's first `PolicyError`."""
    reading = read(text, name)
    for error in reading.findings.sorted():
        raise error
    assert reading.policy is not None, "what cannot be read is refused"  # noqa: S101
    return reading.policy


def read(page: str | bytes, name: str = "policy") -> Reading:
    """What a page, text or UTF-8, says and everything in it that is refused. Raises nothing."""
    findings = Findings()
    text = findings.attempt(lambda: page if isinstance(page, str) else decode(page, name), None)
    root = None if text is None else findings.attempt(lambda: read_document(text, name, findings), None)
    fields = {} if root is None else findings.attempt(lambda: root.fields("a policy", REQUIRED, OPTIONAL), {})
    if root is None or not fields:
        return Reading(findings)
    attempt = findings.attempt
    titles = attempt(lambda: Titles.read(fields.get("words")), Titles({}, set()))
    rules = attempt(lambda: _score(fields.get("score"), fields.get("limits")), UNREADABLE)
    if rules is not None:
        titles.known.add(rules.context)
    entries = attempt(lambda: _entries(fields.get("entries"), rules, titles), {})
    hours = attempt(lambda: _hours(fields.get("hours"), titles), {})
    groups = Groups(fields.get("groups"), DOOR_KEYS)
    door_fields: dict[str, Mapping[str, Value]] = {}
    keys: dict[str, Value] = {}
    for word, key, value in attempt(lambda: fields["doors"].named("door"), []):
        what, known = f'the door "{word}"', (GROUP, *DOOR_KEYS)
        own = attempt(lambda what=what, value=value, known=known: value.fields(what, (), known), None)
        complete = None if own is None else attempt(lambda word=word, own=own: groups.complete(word, own), None)
        keys[word] = key
        if complete is not None:
            door_fields[word] = complete
    if not keys and not findings.broken:
        findings.refuse(errors.MissingKey(fields["doors"].at, "no door", "at least one door"))
        findings.broken = True
    groups.refuse_unused()
    tiers = attempt(lambda: read_tiers(fields.get("tiers"), rules, entries, titles), {})
    meant = {**groups.members, **{word: (word,) for word in keys}}
    sections = Sections(rules, entries, hours, titles, clause_types(), tiers, meant)
    doors: dict[str, Door] = {}
    for word, words in door_fields.items():
        door = attempt(lambda word=word, words=words: Door.read(word, keys[word], words, sections), None)
        if door is not None:
            doors[word] = door
    titles.refuse_unused()
    policy = attempt(lambda: fields["policy"].name_word("the policy's name"), "unreadable")
    canonical = {
        "policy": policy,
        "score": _score_document(rules),
        "entries": {word: kind.as_document() for word, kind in entries.items()},
        "doors": {word: door.as_document() for word, door in doors.items()},
        "tiers": {word: tier.at_least for word, tier in tiers.items()},
        "hours": {word: item.as_document() for word, item in hours.items()},
        "words": titles.as_document(),
    }
    draft = Policy(
        policy,
        rules,
        MappingProxyType(entries),
        MappingProxyType(doors),
        MappingProxyType(hours),
        sections.zone,
        sha256_of(canonical),
    )
    named = fields["entries"].named("entry kind") if entries else []
    places = {("entries", word): key for word, key, _ in named}
    return Reading(findings, draft, places | {("doors", word): key for word, key in keys.items()}, door_fields)


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


def _hours(section: Value | None, titles: Titles) -> dict[str, Hours]:
    """The section `hours`. Of hours that cannot be read a stand-in is kept, so that no clause misses their name too."""
    hours: dict[str, Hours] = {}
    for word, key, value in section.named("opening hour") if section else []:
        closed = Hours(titles.of(word), frozenset(), 0, DAY_MINUTES, ZoneInfo("UTC"), ClosedDays())
        hours[word] = key.findings.attempt(lambda word=word, value=value: Hours.read(word, value, titles), closed)
    return hours


def _entries(section: Value | None, rules: ScoreRules | None, titles: Titles) -> dict[str, EntryKind]:
    if section is None:
        return {}
    if rules is None:
        raise errors.ScoreWithoutSection(section.at, 'entries without the section "score"', '"score"')
    entries: dict[str, EntryKind] = {}
    for word, key, value in section.named("entry kind"):
        titles.known.add(word)
        read = lambda word=word, key=key, value=value: EntryKind.read(word, key, value, rules, titles)  # noqa: E731
        kind = key.findings.attempt(read, None)
        if kind is not None:
            entries[word] = kind
    return entries


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
