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

**Once, or each time.** All of it can be read from a plain tuple of entries. A `Ledger` is such a tuple, prepared:
sorted, filtered and capped once, so that a score is a look-up until it next changes. Both always say the same.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate, chain, compress, groupby
from operator import attrgetter, itemgetter
from typing import Self

import msgspec

from ostiary.controller.policy.canonical import sha256_of
from ostiary.controller.policy.facts import LATEST_MS, Entry

WINDOW_MS = 30 * 86_400_000
FAR_MS = LATEST_MS + 1  # after every time that a decision can have
_BY_TIME = attrgetter("occurred_ms", "id")
_TURNS = attrgetter("recorded_ms", "occurred_ms", "contested_ms", "upheld_ms", "cancelled_ms")
_FIRST = itemgetter(0)


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


class Counted(msgspec.Struct, frozen=True, gc=False):  # nothing leads from an entry back to it
    """An entry that counts and what it counts for, in points after the caps (0: the cap took it all)."""

    entry: Entry
    points: int


@dataclass(frozen=True, slots=True)
class Score:
    """The score at a time, with what counted. `total` is the sum before it is brought into the range. `at_ms` is a time
    at which it stood so; from a prepared ledger it may be an earlier one than was asked about, with the same head."""

    value: int
    total: int
    counted: tuple[Counted, ...]
    ledger: tuple[Entry, ...]
    context: str
    at_ms: int = field(compare=False)

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


class Ledger(tuple[Entry, ...]):
    """Entries, prepared once for the rules of one policy; as a tuple it equals the plain one.

    From the last time at which an entry begins or a contest moves (`settled_ms`, in the past unless a clock or an
    import erred) the weights stay as they are and entries only expire, so a score is one pass over what is left. Before
    it everything is weighed as from a plain tuple. The last score and the last head are kept until they change: the
    same look again costs the same for ten entries and for a million.
    """

    rules: ScoreRules
    settled_ms: int
    _own: tuple[Entry, ...]
    _settled: tuple[Counted, ...]
    _ends: tuple[int, ...]
    _ending: tuple[tuple[int, Counted], ...]
    _gone: tuple[int, ...]
    _score: tuple[int, int, Score]
    _head: tuple[int, int, str]

    def __new__(cls, entries: Iterable[Entry], rules: ScoreRules) -> Self:
        """Prepares in O(n log n)."""
        self = super().__new__(cls, entries)
        self.rules = rules
        own = [entry for entry in self if entry.context == rules.context]
        own.sort(key=_BY_TIME)
        self._own = tuple(own)
        times = chain.from_iterable(map(_TURNS, own))
        self.settled_ms = max([at_ms for at_ms in times if at_ms is not None], default=0)
        self._settled = tuple(_capped([entry for entry in own if _stands(entry, self.settled_ms)], rules))
        expiries = [item.entry.expires_ms for item in self._settled]
        ends = [FAR_MS if expires_ms is None else expires_ms for expires_ms in expiries]
        self._ends = tuple(ends)
        self._ending = tuple(sorted(zip(ends, self._settled, strict=True), key=_FIRST))
        self._gone = tuple(accumulate([item.points for _, item in self._ending], initial=0))
        nothing = Score(0, 0, (), (), "", 0)
        self._score, self._head = (1, 0, nothing), (1, 0, "")
        return self

    @cached_property
    def bounds(self) -> tuple[int, ...]:
        """Every time, rising, at which something here may change; between two of them nothing does."""
        times = {*chain.from_iterable(map(_TURNS, self._own)), *(entry.expires_ms for entry in self._own)}
        return tuple(sorted(at_ms for at_ms in times if at_ms is not None))

    def span(self, at_ms: int) -> tuple[int, int]:
        """The longest [from_ms, until_ms) around `at_ms` in which surely nothing here changes."""
        return span_of(self.bounds, at_ms)

    def score(self, at_ms: int) -> Score:
        """What `score` says of these entries."""
        from_ms, until_ms, kept = self._score
        if from_ms <= at_ms < until_ms:
            return kept
        rules = self.rules
        if at_ms >= self.settled_ms:
            counted = tuple(compress(self._settled, map(at_ms.__lt__, self._ends)))
            left = bisect_right(self._ending, at_ms, key=_FIRST)
            total = rules.start + self._gone[-1] - self._gone[left]
            now = Score(rules.clamp(total), total, counted, self, rules.context, at_ms)
            from_ms = max(self.settled_ms, self._ending[left - 1][0]) if left else self.settled_ms
            until_ms = self._ending[left][0] if left < len(self._ending) else FAR_MS
        else:
            now = _score(self, self._own, rules, at_ms)
            from_ms, until_ms = self.span(at_ms)
        self._score = (from_ms, until_ms, now)
        return now

    def steps(self, from_ms: int) -> Iterator[Step]:
        """What `steps` says of these entries."""
        if from_ms < self.settled_ms:
            yield from _steps(self._own, self.rules, from_ms)
            return
        left = bisect_right(self._ending, from_ms, key=_FIRST)
        total = self.rules.start + self._gone[-1] - self._gone[left]
        yield Step(from_ms, self.rules.clamp(total))
        yield from _expiring(self._ending[left:], self.rules, total, LATEST_MS)

    def head(self, at_ms: int) -> str:
        """What `ledger_head` says of these entries."""
        from_ms, until_ms, kept = self._head
        if from_ms <= at_ms < until_ms:
            return kept
        head = _ledger_head(self._own, at_ms)
        # After the last turn entries only expire, and a head does not know of that.
        self._head = (self.settled_ms, FAR_MS, head) if at_ms >= self.settled_ms else (*self.span(at_ms), head)
        return head


def span_of(bounds: tuple[int, ...], at_ms: int) -> tuple[int, int]:
    """The [from_ms, until_ms) between those of the rising `bounds` that lie around `at_ms`; 0 and a time beyond all
    calendars where there is none."""
    after = bisect_right(bounds, at_ms)
    return bounds[after - 1] if after else 0, bounds[after] if after < len(bounds) else FAR_MS


def score(entries: tuple[Entry, ...], rules: ScoreRules, at_ms: int) -> Score:
    """The score of these entries at `at_ms`; their order does not matter."""
    if isinstance(entries, Ledger) and entries.rules == rules:
        return entries.score(at_ms)
    return _score(entries, _of_context(entries, rules.context), rules, at_ms)


def steps(entries: tuple[Entry, ...], rules: ScoreRules, from_ms: int) -> Iterator[Step]:
    """The score at `from_ms` and each later change of it, if nothing is recorded meanwhile; times rise strictly."""
    if isinstance(entries, Ledger) and entries.rules == rules:
        return entries.steps(from_ms)
    return _steps(_of_context(entries, rules.context), rules, from_ms)


def ledger_head(entries: tuple[Entry, ...], context: str, at_ms: int) -> str:
    """sha256 (hex) of the entries of this context as they stood at `at_ms`: those recorded by then, sorted by
    (recorded_ms, id), each as a canonical JSON list of its fields in the order of `Entry`, with every later event of
    its contest still null. So what is recorded later, and what a contest brings later, leaves an earlier head alone.
    """
    if isinstance(entries, Ledger) and entries.rules.context == context:
        return entries.head(at_ms)
    return _ledger_head(_of_context(entries, context), at_ms)


def _of_context(entries: tuple[Entry, ...], context: str) -> list[Entry]:
    """The entries of this context in the order in which they occurred."""
    return sorted((entry for entry in entries if entry.context == context), key=_BY_TIME)


def _score(ledger: tuple[Entry, ...], own: Iterable[Entry], rules: ScoreRules, at_ms: int) -> Score:
    weighed = _capped([entry for entry in own if _stands(entry, at_ms)], rules)
    counted = tuple(item for item in weighed if not _expired(item.entry, at_ms))
    total = rules.start + sum(item.points for item in counted)
    return Score(rules.clamp(total), total, counted, ledger, rules.context, at_ms)


def _steps(own: Iterable[Entry], rules: ScoreRules, from_ms: int) -> Iterator[Step]:
    value: int | None = None
    turns = [from_ms, *_turns(own, from_ms)]
    for turn, end in zip(turns, [*turns[1:], LATEST_MS], strict=True):
        weighed = _capped([entry for entry in own if _stands(entry, turn)], rules)
        alive = [item for item in weighed if not _expired(item.entry, turn)]
        total = rules.start + sum(item.points for item in alive)
        if rules.clamp(total) != value:
            value = rules.clamp(total)
            yield Step(turn, value, begun=() if turn == from_ms else _of(turn, alive))
        ending = [(item.entry.expires_ms, item) for item in alive if item.entry.expires_ms is not None]
        for step in _expiring(sorted(ending, key=_FIRST), rules, total, end):
            value = step.value
            yield step


def _expiring(ending: Iterable[tuple[int, Counted]], rules: ScoreRules, total: int, end_ms: int) -> Iterator[Step]:
    """The changes before `end_ms` as these (expires_ms, what counts), sorted by time, expire one after the other."""
    value = rules.clamp(total)
    for at_ms, together in groupby(ending, key=_FIRST):
        if at_ms >= end_ms:
            return
        ended = tuple(item for _, item in together if item.points)
        total -= sum(item.points for item in ended)
        if rules.clamp(total) != value:
            value = rules.clamp(total)
            yield Step(at_ms, value, ended=ended)


def _ledger_head(own: Iterable[Entry], at_ms: int) -> str:
    known = [entry for entry in own if entry.recorded_ms <= at_ms]
    return sha256_of([_as_it_stood(entry, at_ms) for entry in sorted(known, key=attrgetter("recorded_ms", "id"))])


def _as_it_stood(entry: Entry, at_ms: int) -> list[str | int | None]:
    events = (entry.contested_ms, entry.upheld_ms, entry.cancelled_ms)
    known = [at if at is not None and at <= at_ms else None for at in events]
    what = [entry.id, entry.kind, entry.context, entry.points, entry.evidence]
    return [*what, entry.occurred_ms, entry.recorded_ms, entry.expires_ms, *known]


def _capped(standing: Iterable[Entry], rules: ScoreRules) -> list[Counted]:
    """Entries in the order in which they occurred, expired or not, with their weights after the caps."""
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


def _turns(own: Iterable[Entry], from_ms: int) -> list[int]:
    """The later times at which an entry begins or a contest moves; there are none unless a clock or an import erred."""
    times = chain.from_iterable(map(_TURNS, own))
    return sorted({at_ms for at_ms in times if at_ms is not None and from_ms < at_ms < LATEST_MS})


def _of(turn: int, alive: list[Counted]) -> tuple[Counted, ...]:
    return tuple(item for item in alive if max(item.entry.occurred_ms, item.entry.recorded_ms) == turn)
