"""A person's score: a pure function of entries and time, with every entry that counted and what it counted for.

**Which entries count** at a time `t`: those of this context that were recorded and occurred at or before `t` and have
not expired by it. A cancelled entry never counts. A contested penalty does not count until it is upheld.

**How penalties are capped.** Take the penalties in the order in which they occurred, entries of the same instant by
their id. One penalty weighs at most `largest_penalty`. Then look back over the 30 days that end with it (it occurred
later than 30 days before, up to and with this one): if those before it in this window weigh so much that
`penalties_in_30d` would be passed, it loses the excess, for good. So the later penalty yields, and no window of 30 days
weighs more than the cap. An expired penalty keeps its place in the window: its end gives nothing back to a later one,
and an expiry of a penalty can only raise a score. A cancelled penalty, and a contested one while it waits, has no place
there: the score is then what it would be had that entry never been.

The value is `start` plus everything that counts, brought into [min, max] once, at the end.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from operator import attrgetter

from ostiary.controller.policy.canonical import sha256_of
from ostiary.controller.policy.facts import LATEST_MS, Entry

WINDOW_MS = 30 * 86_400_000


@dataclass(frozen=True, slots=True)
class ScoreRules:
    """What a score is about and its bounds, from the sections `score` and `limits`.

    Without limits both caps are 0: a penalty without a cap weighs nothing, whoever recorded it under an older policy.
    """

    context: str
    lowest: int
    highest: int
    start: int
    largest_penalty: int = 0
    penalties_in_30d: int = 0

    def clamp(self, total: int) -> int:
        """`total` brought into [lowest, highest]."""
        return min(max(total, self.lowest), self.highest)


@dataclass(frozen=True, slots=True)
class Counted:
    """An entry that counts and what it counts for, in points after the caps (0: the cap took it all)."""

    entry: Entry
    points: int


@dataclass(frozen=True, slots=True)
class Score:
    """The score at a time, with what counted. `total` is the sum before it is brought into the range."""

    value: int
    total: int
    counted: tuple[Counted, ...]
    ledger: tuple[Entry, ...]
    context: str
    at_ms: int

    @property
    def head(self) -> str:
        """The hash of the ledger that this score was read from; made only when asked for."""
        return ledger_head(self.ledger, self.context, self.at_ms)


@dataclass(frozen=True, slots=True)
class Step:
    """From `at_ms` on the score is `value`; `ended` and `begun` are what brought it there (empty at the first step,
    and where a contest did)."""

    at_ms: int
    value: int
    ended: tuple[Counted, ...] = ()
    begun: tuple[Counted, ...] = ()


def score(entries: tuple[Entry, ...], rules: ScoreRules, at_ms: int) -> Score:
    """The score of these entries at `at_ms`; their order does not matter."""
    counted = tuple(item for item in _weighed(entries, rules, at_ms) if not _expired(item.entry, at_ms))
    total = rules.start + sum(item.points for item in counted)
    return Score(rules.clamp(total), total, counted, entries, rules.context, at_ms)


def steps(entries: tuple[Entry, ...], rules: ScoreRules, from_ms: int) -> Iterator[Step]:
    """The score at `from_ms` and each later change of it, if nothing is recorded meanwhile; times rise strictly."""
    value: int | None = None
    turns = [from_ms, *_turns(entries, rules.context, from_ms)]
    for turn, end in zip(turns, [*turns[1:], LATEST_MS], strict=True):
        weighed = _weighed(entries, rules, turn)
        alive = [item for item in weighed if not _expired(item.entry, turn)]
        total = rules.start + sum(item.points for item in alive)
        if rules.clamp(total) != value:
            value = rules.clamp(total)
            yield Step(turn, value, begun=() if turn == from_ms else _of(turn, alive))
        ending: dict[int, list[Counted]] = {}
        for item in alive:
            if item.entry.expires_ms is not None and item.entry.expires_ms < end:
                ending.setdefault(item.entry.expires_ms, []).append(item)
        for at_ms in sorted(ending):
            total -= sum(item.points for item in ending[at_ms])
            if rules.clamp(total) != value:
                value = rules.clamp(total)
                yield Step(at_ms, value, ended=tuple(item for item in ending[at_ms] if item.points))


def ledger_head(entries: tuple[Entry, ...], context: str, at_ms: int) -> str:
    """sha256 (hex) of the entries of this context as they stood at `at_ms`: those recorded by then, sorted by
    (recorded_ms, id), each as a canonical JSON list of its fields in the order of `Entry`, with every later event of
    its contest still null. So what is recorded later, and what a contest brings later, leaves an earlier head alone.
    """
    known = [entry for entry in entries if entry.context == context and entry.recorded_ms <= at_ms]
    return sha256_of([_as_it_stood(entry, at_ms) for entry in sorted(known, key=attrgetter("recorded_ms", "id"))])


def _as_it_stood(entry: Entry, at_ms: int) -> list[str | int | None]:
    events = (entry.contested_ms, entry.upheld_ms, entry.cancelled_ms)
    known = [at if at is not None and at <= at_ms else None for at in events]
    what = [entry.id, entry.kind, entry.context, entry.points, entry.evidence]
    return [*what, entry.occurred_ms, entry.recorded_ms, entry.expires_ms, *known]


def _weighed(entries: tuple[Entry, ...], rules: ScoreRules, at_ms: int) -> list[Counted]:
    """Every entry that has begun and stands, expired or not, with its weight after the caps."""
    standing = [entry for entry in entries if entry.context == rules.context and _stands(entry, at_ms)]
    standing.sort(key=attrgetter("occurred_ms", "id"))
    weighed: list[Counted] = []
    window: list[tuple[int, int]] = []  # (occurred_ms, weight below zero) of the penalties of the last 30 days
    first, held = 0, 0
    for entry in standing:
        points = entry.points
        if points < 0:
            while first < len(window) and window[first][0] <= entry.occurred_ms - WINDOW_MS:
                held -= window[first][1]
                first += 1
            points = max(points, -rules.largest_penalty, -rules.penalties_in_30d - held)
            window.append((entry.occurred_ms, points))
            held += points
        weighed.append(Counted(entry, points))
    return weighed


def _stands(entry: Entry, at_ms: int) -> bool:
    if entry.recorded_ms > at_ms or entry.occurred_ms > at_ms:
        return False
    if entry.cancelled_ms is not None and entry.cancelled_ms <= at_ms:
        return False
    contested = entry.contested_ms is not None and entry.contested_ms <= at_ms
    upheld = entry.upheld_ms is not None and entry.upheld_ms <= at_ms
    return entry.points > 0 or not contested or upheld


def _expired(entry: Entry, at_ms: int) -> bool:
    return entry.expires_ms is not None and entry.expires_ms <= at_ms


def _turns(entries: tuple[Entry, ...], context: str, from_ms: int) -> list[int]:
    """The later times at which an entry begins or a contest moves; there are none unless a clock or an import erred."""
    times = {
        at_ms
        for entry in entries
        if entry.context == context
        for at_ms in (entry.recorded_ms, entry.occurred_ms, entry.contested_ms, entry.upheld_ms, entry.cancelled_ms)
        if at_ms is not None and from_ms < at_ms < LATEST_MS
    }
    return sorted(times)


def _of(turn: int, alive: list[Counted]) -> tuple[Counted, ...]:
    return tuple(item for item in alive if max(item.entry.occurred_ms, item.entry.recorded_ms) == turn)
