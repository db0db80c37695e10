"""Random policies of every clause type, and random people, places and times to ask them about; equal seeds, equal ask.

A generator of our own, because ten thousand cases of a whole policy have to be quick: nothing here shrinks.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from random import Random
from zoneinfo import ZoneInfo

from ostiary.controller.policy.document import Policy, load
from ostiary.controller.policy.facts import Entry, Escort, Facts, Holding, Inside, Live, Membership, PersonFacts

BERLIN = ZoneInfo("Europe/Berlin")
NOW = int(datetime(2026, 11, 23, 14, tzinfo=BERLIN).timestamp() * 1000)
HOUR_MS = 3_600_000
DOORS = ("door", "back", "cellar")
HOLDINGS = ("a", "b", "keyholder")

SITE = """
policy: northside
score: {{context: workshop-safety, min: 350, max: 950, start: {start}}}
entries:
  course-passed: {{points: +10, evidence: certificate, expires: 20d}}
  safety-round: {{points: +6, evidence: round-sheet, expires: 365d}}
  machine-left-running: {{points: -8, evidence: incident-report, expires: 180d}}
limits: {{largest_penalty: 10, penalties_in_30d: 20}}
tiers: {{trusted: 610, steady: 595}}
doors:
  door: {{face: verify, or: [card], grant: [{grant}]}}
  back: {{face: off, grant: [member: active]}}
  cellar: {{face: off, grant: [member: active]}}
hours:
  day: {{days: mon-fri, from: "06:00", to: "23:00", zone: Europe/Berlin, except: [2026-12-02, 2026-12-03]}}
  night: {{days: [mon, wed, sat], from: "22:00", to: "06:00", zone: Europe/Berlin}}
words:
  safety-round: {{en: [safety round, safety rounds], de: [Sicherheitsrunde, Sicherheitsrunden]}}
"""
LEAVES = (
    *("member: active", "member: trial", "holds: a", "holds: b", "within: day", "within: night"),
    *("score: {at_least: 600}", "score: {at_least: 625}", "tier: trusted", "tier: steady"),
    *("not_inside: {forgiven: 4h}", "not_inside: {forgiven: 1h, doors: [door, cellar]}"),
    *("occupancy: {at_most: 2, forgiven: 8h}", "occupancy: {at_most: 1, forgiven: 30m, doors: [cellar, back]}"),
    *("escorted: {by: keyholder, within: 60s}", "escorted: {by: a, within: 10m}"),
)


@dataclass(frozen=True)
class Request:
    """A policy, and one request at its door "door"."""

    policy: Policy
    facts: Facts


def requests(seed: int, count: int) -> Iterator[Request]:
    """`count` random requests to the policies of `policies()`."""
    random = Random(seed)
    for _ in range(count):
        yield Request(random.choice(policies()), facts(random))


@cache
def policies(count: int = 200) -> tuple[Policy, ...]:
    """Random policies, always the same: reading one takes longer than a hundred questions to it."""
    random = Random(2)
    return tuple(policy(random) for _ in range(count))


def policy(random: Random) -> Policy:
    """A policy whose door has one to three random clauses, some of them made of clauses."""
    clauses: list[str] = []
    for _ in range(random.randint(1, 3)):
        clause = _clause(random, 0)
        if clause not in clauses:
            clauses.append(clause)
    return load(SITE.format(grant=", ".join(clauses), start=random.choice((360, 590, 600, 605))))


def _clause(random: Random, nested: int) -> str:
    if nested == 3 or random.random() < 0.8:
        return random.choice(LEAVES)
    parts: list[str] = []
    while len(parts) < random.randint(2, 3):
        part = _clause(random, nested + 1)
        if part not in parts:
            parts.append(part)
    return f"{random.choice(('any_of', 'all_of'))}: [{', '.join(parts)}]"


def facts(random: Random) -> Facts:
    """A person for whom some of it holds, held, or will hold."""
    at_ms = NOW + random.randint(0, 20 * 24) * HOUR_MS + random.choice((0, 0, 1, 59_999))
    return Facts(person(random), "door", at_ms, None if random.random() < 0.05 else live(random, at_ms))


def person(random: Random) -> PersonFacts:
    member = tuple(
        Membership(random.choice(("active", "trial")), _around(random), _end(random))
        for _ in range(random.randint(0, 2))
    )
    holds = tuple(Holding(random.choice(HOLDINGS), _around(random), _end(random)) for _ in range(random.randint(0, 3)))
    entries = tuple(entry(random, f"e{number}") for number in range(random.randint(0, 5)))
    suspended = NOW + random.randint(-24, 72) * HOUR_MS if random.random() < 0.05 else None
    return PersonFacts("p", member, holds, entries, suspended, random.random() < 0.02, random.random() < 0.02)


def entry(random: Random, name: str) -> Entry:
    points = random.choice((-12, -8, -5, 6, 10, 400))
    occurred = _around(random)
    expires = occurred + random.randint(1, 120 * 24) * HOUR_MS
    contested = _end(random)
    upheld = _end(random) if contested is not None else None
    times = (occurred, occurred + random.choice((0, HOUR_MS)), expires, contested, upheld)
    return Entry(name, "machine-left-running", "workshop-safety", points, "document-1", *times)


def live(random: Random, at_ms: int) -> Live:
    """Some people inside, the person among them or not; some escorts; seldom a lockdown; seldom a clock that went
    back."""
    inside = tuple(
        Inside(random.randint(0, 3), random.choice(DOORS), at_ms - random.randint(-30, 10 * 60) * 60_000)
        for _ in range(random.choice((0, 0, 1, 2, 4)))
    )
    escorts = tuple(
        Escort(random.choice(HOLDINGS), at_ms - random.randint(-100, 700) * 1_000)
        for _ in range(random.choice((0, 0, 1, 3)))
    )
    return Live(inside, escorts, at_ms - 1 if random.random() < 0.02 else None)


def _around(random: Random) -> int:
    return NOW + random.randint(-90 * 24, 90 * 24) * HOUR_MS


def _end(random: Random) -> int | None:
    return None if random.random() < 0.5 else _around(random)
