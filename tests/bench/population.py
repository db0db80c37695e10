"""Invented people of a site and a day's requests at its doors, the same for the same seed.

Most are members who may pass. Some are not yet, not any more or not for a while; some hold nothing; some lost points.
"""

from dataclasses import dataclass
from random import Random

from ostiary.controller.policy.document import Policy
from ostiary.controller.policy.facts import Entry, Holding, Membership, PersonFacts
from ostiary.controller.policy.formula import HasHolding, atoms

DAY_MS = 86_400_000
HOUR_MS = 3_600_000
LIVES_MS = (90 * DAY_MS, 180 * DAY_MS, 365 * DAY_MS, 730 * DAY_MS)


@dataclass(frozen=True, slots=True)
class Request:
    """One person at one door at one time (Unix ms)."""

    person: int
    door: str
    at_ms: int


def people(policy: Policy, count: int, now_ms: int, seed: int = 4) -> list[PersonFacts]:
    """`count` people as they are known at `now_ms`: 94 % active members, 90 % with each holding that some door asks
    for, none to twelve entries each of the policy's own kinds, over the last two years."""
    random = Random(seed)
    holdings = sorted(_holdings(policy))
    kinds = [(kind.name, kind.points, kind.life_ms) for kind in policy.entries.values()]
    made: list[PersonFacts] = []
    for number in range(count):
        since_ms = now_ms - random.randrange(900) * DAY_MS
        until_ms = None if random.random() < 0.4 else now_ms + random.randrange(1, 400) * DAY_MS
        fate = random.random()
        if fate < 0.02:
            until_ms = max(since_ms + 1, now_ms - random.randrange(1, 90) * DAY_MS)
        member = [Membership("active", since_ms, until_ms)] if fate < 0.96 else []
        if 0.96 <= fate < 0.98:
            member = [Membership("trial", since_ms, until_ms)]
        holds = [Holding(name, since_ms) for name in holdings if random.random() < 0.9]
        entries: list[Entry] = []
        for at in range(random.choice((0, 0, 1, 2, 3, 4, 6, 12)) if kinds else 0):
            # Awards are more frequent than penalties, as at any place that goes on existing.
            name, points, life_ms = random.choice([kind for kind in kinds for _ in range(3 if kind[1] > 0 else 1)])
            occurred_ms = now_ms - random.randrange(1, 730 * 24) * HOUR_MS
            expires_ms = None if life_ms is None else occurred_ms + life_ms
            recorded_ms = occurred_ms + random.randrange(1, HOUR_MS)
            entries.append(
                Entry(
                    f"{number}-{at}",
                    name,
                    _context(policy),
                    points,
                    f"document-{at}",
                    occurred_ms,
                    recorded_ms,
                    expires_ms,
                )
            )
        revoked = random.random() < 0.005
        made.append(PersonFacts(f"person-{number:06}", tuple(member), tuple(holds), tuple(entries), revoked=revoked))
    return made


def with_entries(count: int, context: str, now_ms: int, seed: int = 4) -> tuple[Entry, ...]:
    """A long ledger: `count` entries over the last three years, half of them penalties."""
    random = Random(seed)
    entries: list[Entry] = []
    for number in range(count):
        occurred_ms = now_ms - random.randrange(1, 1000 * 24) * HOUR_MS
        points = random.choice((-8, -5, 6, 10))
        ends_ms = occurred_ms + random.choice(LIVES_MS)
        entries.append(Entry(f"{number}", "kind", context, points, "document", occurred_ms, occurred_ms + 1, ends_ms))
    return tuple(entries)


def day(policy: Policy, persons: int, count: int, midnight_ms: int, seed: int) -> list[Request]:
    """`count` requests in order of time from 05:00 to 23:00 of a day that begins at `midnight_ms`, most of them at the
    hours at which people come and go; every door equally often."""
    random = Random(seed)
    doors = list(policy.doors)
    asked: list[Request] = []
    for _ in range(count):
        hour = random.choice((random.uniform(5, 23), random.gauss(9, 1), random.gauss(13, 1), random.gauss(17.5, 1.5)))
        at_ms = midnight_ms + int(min(max(hour, 5), 23) * HOUR_MS)
        asked.append(Request(random.randrange(persons), random.choice(doors), at_ms))
    return sorted(asked, key=lambda request: request.at_ms)


def anything(policy: Policy, persons: int, count: int, now_ms: int, seed: int) -> list[Request]:
    """`count` requests without any order: any person, any door, any moment within a year."""
    random = Random(seed)
    doors = list(policy.doors)
    return [
        Request(random.randrange(persons), random.choice(doors), now_ms + random.randrange(365 * DAY_MS))
        for _ in range(count)
    ]


def _holdings(policy: Policy) -> set[str]:
    """What some door asks its people to hold."""
    read = [atoms(clause.formula(name)) for name, door in policy.doors.items() for clause in door.grant]
    return {atom.name for found in read for atom in found if isinstance(atom, HasHolding)}


def _context(policy: Policy) -> str:
    return policy.score.context if policy.score is not None else ""
