"""The ledger of the whole site in numbers: what each kind weighs, how often it was entered, and what ends soon."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, case, func, select

from ostiary.controller.policy.document import Policy
from ostiary.controller.policy.entry_kind import EntryKind
from ostiary.controller.store import people_tables as tables
from ostiary.controller.web.ledger_words import signed

DAY_MS = 86_400_000
SOON = ((7, "within a week"), (30, "within 30 days"), (90, "within 90 days"))


@dataclass(frozen=True, slots=True)
class KindLine:
    """A kind of entry: what it weighs and rests on, how many count now, and how many of them end when (`ends`)."""

    name: str
    points: str
    evidence: str
    lasts: str
    stands: int
    contested: int
    ends: tuple[int, ...]


def kinds(conn: Connection, policy: Policy, at_ms: int) -> tuple[KindLine, ...]:
    """Every kind of the policy, with counts over everybody; nobody is named."""
    table = tables.entry
    if policy.score is None:
        return ()
    live = (
        (table.c.context == policy.score.context)
        & table.c.cancelled_at_ms.is_(None)
        & ((table.c.expires_at_ms.is_(None)) | (table.c.expires_at_ms > at_ms))
    )
    waits = table.c.contested_at_ms.is_not(None) & table.c.upheld_at_ms.is_(None)
    soon = [func.sum(case((table.c.expires_at_ms <= at_ms + days * DAY_MS, 1), else_=0)) for days, _ in SOON]
    query = select(table.c.kind, func.count(), func.sum(case((waits, 1), else_=0)), *soon).where(live)
    counted = {row[0]: row[1:] for row in conn.execute(query.group_by(table.c.kind))}
    nothing = (0, 0, *(0 for _ in SOON))
    return tuple(_line(kind, counted.get(kind.name, nothing)) for kind in policy.entries.values())


def _line(kind: EntryKind, counted: Sequence[int]) -> KindLine:
    stands, contested, *ends = map(int, counted)
    lasts = "for good" if kind.life_ms is None else f"{kind.life_ms // DAY_MS} days"
    rests_on = " or ".join(kind.evidence)
    return KindLine(kind.name, signed(kind.points), rests_on, lasts, stands, contested, tuple(ends))
