"""Says how a person's score came about: every entry of the ledger, and what it counts for now."""

from sqlalchemy import Connection

from ostiary.controller.people.evidence import evidence_of
from ostiary.controller.people.ledger import LedgerEntry, ledger
from ostiary.controller.policy.document import Policy
from ostiary.controller.policy.facts import Entry
from ostiary.controller.policy.score import Score, ScoreRules, score
from ostiary.controller.web.render import day
from ostiary.controller.web.views import EntryLine, ScoreLine


def score_line(conn: Connection, person: str, policy: Policy | None, at_ms: int) -> ScoreLine | None:
    """The score as doors would read it now, and the sum behind it; None without a policy that has one."""
    if policy is None or policy.score is None:
        return None
    rules = policy.score
    now = _score(ledger(conn, person), rules, at_ms)
    return ScoreLine(now.value, rules.highest, rules.context, how(now, rules))


def how(now: Score, rules: ScoreRules) -> str:
    """The sum in words."""
    raised = sum(counted.points for counted in now.counted if counted.points > 0)
    lowered = sum(counted.points for counted in now.counted if counted.points < 0)
    sums = " and ".join(signed(points) for points in (raised, lowered) if points) or "0"
    said = f"Everybody starts at {rules.start}."
    if now.counted:
        said += f" {_entries(len(now.counted))} now: {sums} points."
    if now.total != now.value:
        said += f" The sum is {now.total}; a score stays between {rules.lowest} and {rules.highest}."
    return said


def entry_lines(conn: Connection, person: str, policy: Policy | None, at_ms: int) -> tuple[EntryLine, ...]:
    """The ledger, the newest entry first."""
    entries = ledger(conn, person)
    rules = policy.score if policy else None
    counted = {int(item.entry.id): item.points for item in _score(entries, rules, at_ms).counted} if rules else {}
    return tuple(
        EntryLine(
            entry.id,
            entry.cancelled_at_ms is None and (entry.contested_at_ms is None or entry.upheld_at_ms is not None),
            entry.kind,
            signed(entry.points),
            evidence_of(conn, entry.evidence).title,
            entry.author,
            entry.occurred_at_ms,
            counts(entry, counted.get(entry.id), at_ms),
        )
        for entry in reversed(entries)
    )


def counts(entry: LedgerEntry, points: int | None, at_ms: int) -> str:
    """Whether an entry counts, for how much and how long; `points` are those after the caps, None where it does not."""
    if entry.cancelled_at_ms is not None:
        return f"Cancelled on {day(entry.cancelled_at_ms)}: {entry.cancelled_why}"
    if entry.expires_at_ms is not None and entry.expires_at_ms <= at_ms:
        return f"Expired on {day(entry.expires_at_ms)}."
    if points is None and entry.contested_at_ms is not None:
        return "Contested; it does not count until a human has decided."
    if points is None:
        return f"Of another context ({entry.context}); it does not count here."
    weight = (
        f"Counts {signed(points)} of {signed(entry.points)}, because penalties are capped"
        if points != entry.points
        else "Counts"
    )
    return f"{weight}, until {day(entry.expires_at_ms)}." if entry.expires_at_ms is not None else f"{weight}, for good."


def signed(points: int) -> str:
    """Points with their sign; a real minus is as wide as a plus."""
    return f"+{points}" if points > 0 else str(points).replace("-", "−")


def _entries(count: int) -> str:
    return "One entry counts" if count == 1 else f"{count} entries count"


def _score(entries: tuple[LedgerEntry, ...], rules: ScoreRules, at_ms: int) -> Score:
    return score(tuple(_facts(entry) for entry in entries), rules, at_ms)


def _facts(entry: LedgerEntry) -> Entry:
    return Entry(
        id=str(entry.id),
        kind=entry.kind,
        context=entry.context,
        points=entry.points,
        evidence=entry.evidence,
        occurred_ms=entry.occurred_at_ms,
        recorded_ms=entry.recorded_at_ms,
        expires_ms=entry.expires_at_ms,
        contested_ms=entry.contested_at_ms,
        upheld_ms=entry.upheld_at_ms,
        cancelled_ms=entry.cancelled_at_ms,
    )
