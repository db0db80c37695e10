"""Compare: two policies asked about the same requests, and everybody whom the new one answers otherwise, by door."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from ostiary.controller.policy.document import Policy
from ostiary.controller.policy.facts import Facts
from ostiary.controller.policy.memo import Memo

SAID_EVERY = 10_000


class Kind(StrEnum):
    """`LOSES`: was let in, and would not be. `GAINS`: the other way round. `OTHER_REASON`: denied by both, and the new
    policy says something else first."""

    LOSES = "loses"
    GAINS = "gains"
    OTHER_REASON = "other-reason"


ORDER = {kind: place for place, kind in enumerate(Kind)}


@dataclass(frozen=True, slots=True)
class Difference:
    """One person (None: nobody was identified) at one door, with how many of their requests would be answered otherwise
    in this way, the first and the last of them (Unix ms), and the reason codes of the two policies."""

    kind: Kind
    door: str
    person: str | None
    before: str
    after: str
    requests: int
    first_ms: int
    last_ms: int

    def as_document(self) -> dict[str, Any]:
        """The difference in JSON types."""
        names = ("door", "person", "before", "after", "requests", "first_ms", "last_ms")
        return {"kind": self.kind.value, **{name: getattr(self, name) for name in names}}


@dataclass(frozen=True, slots=True)
class Comparison:
    """What a new policy would have changed. `differences` are sorted: who loses first, then who gains, then other
    reasons, each by door and person. `unknown_live` counts requests whose records keep no live state, so that clauses
    about it hold under neither policy."""

    old_sha256: str
    new_sha256: str
    requests: int
    unchanged: int
    unknown_live: int
    differences: tuple[Difference, ...]

    def of(self, kind: Kind) -> tuple[Difference, ...]:
        """The differences of one kind."""
        return tuple(one for one in self.differences if one.kind == kind)

    def as_document(self) -> dict[str, Any]:
        """The comparison in JSON types."""
        return {
            "old": self.old_sha256,
            "new": self.new_sha256,
            "requests": self.requests,
            "unchanged": self.unchanged,
            "unknown_live": self.unknown_live,
            "differences": [one.as_document() for one in self.differences],
        }


def compare(
    old: Policy, new: Policy, requests: Iterable[Facts], said: Callable[[int], None] = lambda _: None
) -> Comparison:
    """Ask both policies about each request; `said` hears every now and then how many are done."""
    before_memo, after_memo = Memo(old), Memo(new)
    found: dict[tuple[Kind, str, str | None, str, str], list[int]] = {}
    count = unchanged = unknown_live = 0
    for facts in requests:
        count += 1
        if count % SAID_EVERY == 0:
            said(count)
        unknown_live += facts.live is None
        before, after = before_memo.verdict(facts), after_memo.verdict(facts)
        if before.reason == after.reason:
            unchanged += 1
            continue
        kind = Kind.LOSES if before.granted else Kind.GAINS if after.granted else Kind.OTHER_REASON
        key = (kind, facts.door, facts.person.id if facts.person else None, before.reason, after.reason)
        seen = found.setdefault(key, [0, facts.at_ms, facts.at_ms])
        seen[0] += 1
        seen[1], seen[2] = min(seen[1], facts.at_ms), max(seen[2], facts.at_ms)
    said(count)
    differences = [Difference(*key, *seen) for key, seen in found.items()]
    differences.sort(key=lambda one: (ORDER[one.kind], one.door, one.person or "", one.before, one.after))
    return Comparison(old.sha256, new.sha256, count, unchanged, unknown_live, tuple(differences))
