"""One thing that happened, as somebody reports it with its document, and the one entry that it gives, however often."""

from dataclasses import dataclass

from sqlalchemy import Connection, select

from ostiary.controller.people import ledger
from ostiary.controller.people.errors import KindUnknown, NoScoreHere
from ostiary.controller.people.evidence import Evidence, keep
from ostiary.controller.policy.document import Policy
from ostiary.controller.policy.entry_kind import EntryKind
from ostiary.controller.policy.score import ScoreRules
from ostiary.controller.store import people_tables as tables


@dataclass(frozen=True, slots=True)
class Report:
    """`kind` names an entry kind of the policy, which says what it weighs; `occurred_ms` is in Unix milliseconds."""

    person: str
    kind: str
    evidence: Evidence
    occurred_ms: int


def enter(conn: Connection, report: Report, policy: Policy, author: str, at_ms: int) -> tuple[ledger.LedgerEntry, bool]:
    """The entry that this report gives, and whether it is new: the same report again gives the same entry.

    Raises `NoScoreHere`, `KindUnknown`, and what `evidence.keep` and `ledger.record` raise.
    """
    kind, rules = kind_of(policy, report.kind)
    document = keep(conn, report.evidence)
    table = tables.entry
    once = {"person": report.person, "context": rules.context, "kind": kind.name, "evidence": document.id}
    known = conn.execute(select(table.c.id).filter_by(**once)).first()
    entry = ledger.record(conn, report.person, kind, rules.context, document.id, author, report.occurred_ms, at_ms)
    return entry, known is None


def as_record(entry: ledger.LedgerEntry, report: Report) -> dict[str, str | int]:
    """What the log keeps of an entry that this report gave: the arguments of the act `ledger-entry`."""
    return {
        "person": entry.person,
        "entry": entry.id,
        "kind": entry.kind,
        "context": entry.context,
        "points": entry.points,
        "evidence": entry.evidence,
        "sha256": report.evidence.sha256,
        "occurred_ms": entry.occurred_at_ms,
    }


def kind_of(policy: Policy, kind: str) -> tuple[EntryKind, ScoreRules]:
    """The policy's entry kind of this name, and the rules of its score. Raises `NoScoreHere`, `KindUnknown`."""
    if policy.score is None:
        raise NoScoreHere(policy.name)
    known = policy.entries.get(kind)
    if known is None:
        raise KindUnknown(kind, ", ".join(sorted(policy.entries)))
    return known, policy.score
