"""Contests: a person challenges an entry, a membership, a holding or a decision, and another human decides in time.

```
open ── assign ──► assigned ── uphold ───► upheld        what was contested stands
  │                   ├─────── overturn ─► overturned    it is cancelled
  └──── deadline ─────┴──────────────────► lapsed        it is cancelled, since nobody decided in time
```

`assign` may be repeated until the outcome; an outcome stays. The reviewer wrote neither what is contested nor the
policy in force. A contested penalty does not count until it is upheld, and an entry is suspended once: contested again
after it was upheld, it counts meanwhile. Nothing else is suspended.

**Cancelled** means: an entry counts no more (`ledger.cancel`). A membership or a holding that somebody had ended goes
on from now, as a new row on the same evidence; one that runs is ended. A decision stays what it was; the outcome says
that it was wrong.
"""

from dataclasses import dataclass

from sqlalchemy import Column, Connection, Table, insert, select, update

from ostiary.controller.people import ledger, shapes, spans
from ostiary.controller.people.errors import (
    ContestDecided,
    ContestLapsed,
    ContestRuns,
    EntryCancelled,
    Malformed,
    NoSuchContest,
    NoSuchEntry,
    NotAssigned,
    NotTheirs,
    OwnWork,
    WrongReviewer,
)
from ostiary.controller.people.registry import person_here
from ostiary.controller.store import people_tables as tables

DAY_MS = 86_400_000
DECIDE_WITHIN_MS = 14 * DAY_MS
"""How long a reviewer has; afterwards what was contested is cancelled."""
LONGEST_MS = 30 * DAY_MS
DEADLINE = "deadline"
"""Who cancels where nobody decided."""
LAPSED = "Nobody decided by the deadline."

KINDS = ("entry", "membership", "holding", "decision")
_SPANS: dict[str, tuple[Table, Column[str]]] = {
    "membership": (tables.membership, tables.membership.c.state),
    "holding": (tables.holding, tables.holding.c.name),
}


@dataclass(frozen=True, slots=True)
class Contest:
    """A challenge of `kind` `number`. Times are Unix milliseconds; `suspends` says whether the entry does not count
    meanwhile. `outcome` is None until it is decided; see `state` for how it stands at a time."""

    id: int
    person: str
    kind: str
    number: int
    words: str
    opened_by: str
    opened_at_ms: int
    due_at_ms: int
    suspends: bool
    reviewer: str | None
    assigned_at_ms: int | None
    outcome: str | None
    decided_at_ms: int | None
    reasons: str | None

    def state(self, at_ms: int) -> str:
        """`open`, `assigned`, `upheld`, `overturned` or `lapsed` at this time, whether or not somebody has written the
        deadline down yet."""
        if self.outcome is not None:
            return self.outcome
        if at_ms >= self.due_at_ms:
            return "lapsed"
        return "open" if self.reviewer is None else "assigned"


def open_contest(
    conn: Connection,
    person: str,
    kind: str,
    number: int,
    words: str,
    opened_by: str,
    at_ms: int,
    *,
    within_ms: int = DECIDE_WITHIN_MS,
) -> Contest:
    """The person challenges `kind` `number`, in their own words (1 to 2000 characters); a decision's number is its
    position in the log, and the caller has seen that it concerns them.

    Raises `NoSuchPerson`, `NotTheirs`, `EntryCancelled`, `ContestRuns`, `Malformed`.
    """
    person_here(conn, person)
    shapes.moment("The time", at_ms)
    lapse(conn, at_ms)
    if kind not in KINDS or type(number) is not int or not 0 <= number <= shapes.LATEST_MS:
        raise Malformed("What is contested", f"{kind} {number}", f"one of {', '.join(KINDS)}, and its number")
    if not 0 < within_ms <= LONGEST_MS:
        raise Malformed("The time for an outcome", within_ms, f"more than none and at most {LONGEST_MS // DAY_MS} days")
    written_ms = _theirs(conn, person, kind, number)
    for one in contests(conn, person):
        if (one.kind, one.number) == (kind, number) and one.outcome is None:
            raise ContestRuns(kind, number, one.id)
    # A clock that was set back must not keep a person from contesting.
    opened_ms = max(at_ms, written_ms)
    suspends = kind == "entry" and ledger.entry_of(conn, number).contested_at_ms is None
    if suspends:
        ledger.contest(conn, number, opened_ms)
    values = {
        "person": person,
        kind: number,
        "words": shapes.text("What the person says", words, 2000),
        "opened_by": shapes.said("Who opened it", opened_by, 100),
        "opened_at_ms": opened_ms,
        "due_at_ms": opened_ms + within_ms,
        "suspends": int(suspends),
    }
    conn.execute(insert(tables.contest).values(**values))
    return contests(conn, person)[-1]


def assign(conn: Connection, number: int, reviewer: str, publisher: str | None, at_ms: int) -> Contest:
    """`reviewer` will decide; `publisher` is who published the policy in force.

    Raises `NoSuchContest`, `ContestDecided`, `ContestLapsed`, `OwnWork`, `Malformed`.
    """
    known = may_assign(conn, number, reviewer, publisher, at_ms)
    reviewer = shapes.said("The reviewer", reviewer, 100)
    return _write(conn, known, {"reviewer": reviewer, "assigned_at_ms": max(at_ms, known.opened_at_ms)})


def uphold(conn: Connection, number: int, reviewer: str, publisher: str | None, reasons: str, at_ms: int) -> Contest:
    """The assigned reviewer found right what was contested; a suspended penalty counts again.

    Raises `NoSuchContest`, `ContestDecided`, `ContestLapsed`, `NotAssigned`, `WrongReviewer`, `OwnWork`, `Malformed`.
    """
    known = may_decide(conn, number, reviewer, publisher, at_ms)
    decided = _decide(conn, known, "upheld", reasons, at_ms)
    if known.suspends and decided.decided_at_ms is not None:
        ledger.uphold(conn, known.number, decided.decided_at_ms)
    return decided


def overturn(conn: Connection, number: int, reviewer: str, publisher: str | None, reasons: str, at_ms: int) -> Contest:
    """The assigned reviewer found wrong what was contested; it is cancelled, with these reasons (1 to 2000 characters).

    Raises as `uphold` does.
    """
    known = may_decide(conn, number, reviewer, publisher, at_ms)
    decided = _decide(conn, known, "overturned", reasons, at_ms)
    _cancel(conn, decided, reviewer, f"Overturned: {decided.reasons}")
    return decided


def may_assign(conn: Connection, number: int, reviewer: str, publisher: str | None, at_ms: int) -> Contest:
    """The contest, where this reviewer may be assigned now; writes nothing. Raises what `assign` raises."""
    known = _undecided(conn, number, at_ms)
    _refuse_own_work(reviewer, authors(conn, known), publisher)
    return known


def may_decide(conn: Connection, number: int, reviewer: str, publisher: str | None, at_ms: int) -> Contest:
    """The contest, where this reviewer may decide now; writes nothing. Raises what `uphold` raises."""
    known = _undecided(conn, number, at_ms)
    if known.reviewer is None:
        raise NotAssigned(number)
    if not same_name(known.reviewer, reviewer):
        raise WrongReviewer(number, known.reviewer)
    # Again: since the assignment a policy may have been published.
    _refuse_own_work(reviewer, authors(conn, known), publisher)
    return known


def lapse(conn: Connection, at_ms: int) -> tuple[Contest, ...]:
    """Cancel what nobody decided by its deadline, and say which contests that ended; the same again changes nothing."""
    shapes.moment("The time", at_ms)
    lapsed: list[Contest] = []
    for known in undecided(conn):
        if known.due_at_ms <= at_ms:
            decided = _write(conn, known, {"outcome": "lapsed", "decided_at_ms": at_ms, "reasons": LAPSED})
            _cancel(conn, decided, DEADLINE, LAPSED)
            lapsed.append(decided)
    return tuple(lapsed)


def contest_of(conn: Connection, number: int) -> Contest:
    """The contest with this number. Raises `NoSuchContest`."""
    row = conn.execute(select(tables.contest).where(tables.contest.c.id == number)).mappings().first()
    if row is None:
        raise NoSuchContest(number)
    return _read(row)


def contests(conn: Connection, person: str) -> tuple[Contest, ...]:
    """All contests of a person, in the order in which they were opened."""
    rows = conn.execute(select(tables.contest).where(tables.contest.c.person == person).order_by(tables.contest.c.id))
    return tuple(_read(row) for row in rows.mappings())


def about_decision(conn: Connection, position: int) -> tuple[Contest, ...]:
    """All contests of the decision at this position, in the order in which they were opened."""
    rows = conn.execute(
        select(tables.contest).where(tables.contest.c.decision == position).order_by(tables.contest.c.id)
    )
    return tuple(_read(row) for row in rows.mappings())


def undecided(conn: Connection) -> tuple[Contest, ...]:
    """All contests without an outcome, those that are due first."""
    open_ = tables.contest.c.outcome.is_(None)
    rows = conn.execute(select(tables.contest).where(open_).order_by(tables.contest.c.due_at_ms, tables.contest.c.id))
    return tuple(_read(row) for row in rows.mappings())


def every_contest(conn: Connection) -> tuple[Contest, ...]:
    """All contests of all who are here, in the order in which they were opened."""
    return tuple(_read(row) for row in conn.execute(select(tables.contest).order_by(tables.contest.c.id)).mappings())


def fell_due(conn: Connection, after_ms: int, at_ms: int) -> tuple[Contest, ...]:
    """The contests whose deadline passed after `after_ms` and by `at_ms` without an outcome, by their deadline."""
    table = tables.contest
    passed = (table.c.due_at_ms > after_ms) & (table.c.due_at_ms <= at_ms)
    without = table.c.outcome.is_(None) | (table.c.outcome == "lapsed")
    rows = conn.execute(select(table).where(passed, without).order_by(table.c.due_at_ms, table.c.id))
    return tuple(_read(row) for row in rows.mappings())


def authors(conn: Connection, contest: Contest) -> frozenset[str]:
    """Who wrote what is contested, and who ended it."""
    if contest.kind == "entry":
        return frozenset({ledger.entry_of(conn, contest.number).author})
    if contest.kind in _SPANS:
        span = _span(conn, contest)
        return frozenset({span.author, *([span.ended_by] if span.ended_by else [])})
    return frozenset()


def _undecided(conn: Connection, number: int, at_ms: int) -> Contest:
    shapes.moment("The time", at_ms)
    known = contest_of(conn, number)
    if known.state(at_ms) == "lapsed":
        raise ContestLapsed(number)
    if known.outcome is not None:
        raise ContestDecided(number, known.outcome)
    return known


def _refuse_own_work(reviewer: str, authors: frozenset[str], publisher: str | None) -> None:
    own = _name(reviewer)
    if own in {_name(author) for author in authors}:
        raise OwnWork(reviewer, "wrote what is contested")
    if publisher is not None and own == _name(publisher):
        raise OwnWork(reviewer, "published the policy in force")


def same_name(one: str, other: str) -> bool:
    """Whether two operators' names are one, whatever case and spaces."""
    return _name(one) == _name(other)


def _name(name: str) -> str:
    return " ".join(name.split()).casefold()


def _theirs(conn: Connection, person: str, kind: str, number: int) -> int:
    """When what the person contests was written down, or ended; 0 for a decision."""
    if kind == "decision":
        return 0
    if kind == "entry":
        try:
            entry = ledger.entry_of(conn, number)
        except NoSuchEntry:
            raise NotTheirs(kind, number, person) from None
        if entry.person != person:
            raise NotTheirs(kind, number, person)
        if entry.cancelled_at_ms is not None:
            raise EntryCancelled(number)
        return entry.recorded_at_ms
    span = next((one for one in spans.spans(conn, *_SPANS[kind], person) if one.id == number), None)
    if span is None:
        raise NotTheirs(kind, number, person)
    return max(span.recorded_at_ms, span.ended_at_ms or 0)


def _decide(conn: Connection, known: Contest, outcome: str, reasons: str, at_ms: int) -> Contest:
    decided_ms = max(at_ms, known.assigned_at_ms or 0)
    if decided_ms >= known.due_at_ms:
        raise ContestLapsed(known.id)
    said = shapes.text("The reasons", reasons, 2000)
    return _write(conn, known, {"outcome": outcome, "decided_at_ms": decided_ms, "reasons": said})


def _cancel(conn: Connection, decided: Contest, by: str, why: str) -> None:
    at_ms = decided.decided_at_ms
    assert at_ms is not None  # noqa: S101 - it was decided just now
    if decided.kind == "entry":
        if ledger.entry_of(conn, decided.number).cancelled_at_ms is None:
            ledger.cancel(conn, decided.number, why[:500], at_ms)
    elif decided.kind in _SPANS:
        _turn(conn, decided, by, at_ms)


def _turn(conn: Connection, decided: Contest, by: str, at_ms: int) -> None:
    """A membership or a holding that was ended goes on; one that runs is ended."""
    table, what = _SPANS[decided.kind]
    span = _span(conn, decided)
    if span.ended_at_ms is None:
        spans.end(conn, table, what, span.id, by, at_ms)
    elif span.until_ms is None or span.until_ms > at_ms:
        begun = {"value": span.what, "evidence": span.evidence, "author": by, "from_ms": at_ms}
        spans.begin(conn, table, what, person=span.person, until_ms=span.until_ms, at_ms=at_ms, **begun)


def _span(conn: Connection, contest: Contest) -> spans.Span:
    found = spans.spans(conn, *_SPANS[contest.kind], contest.person)
    return next(one for one in found if one.id == contest.number)


def _write(conn: Connection, contest: Contest, values: dict[str, str | int]) -> Contest:
    conn.execute(update(tables.contest).where(tables.contest.c.id == contest.id).values(**values))
    return contest_of(conn, contest.id)


def _read(row) -> Contest:
    kind = next(kind for kind in KINDS if row[kind] is not None)
    rest = {name: row[name] for name in row if name not in (*KINDS, "suspends")}
    return Contest(kind=kind, number=row[kind], suspends=bool(row["suspends"]), **rest)
