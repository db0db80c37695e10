"""The log's records in words, for a list: kind, reason and verdict; nothing is opened for it."""

from dataclasses import dataclass

from ostiary.controller.record.reading import Row
from ostiary.controller.web.index import in_words
from ostiary.protocol import codes

KINDS = {
    "decision": "decision",
    "refusal": "message refused",
    "outcome": "what the door did",
    "event": "door event",
    "look-up": "look-up",
    "look-at-ledger": "person opened",
    "see-duplicate": "look-up for an enrolment",
    "judge-duplicate": "enrolled already or not",
    "learn-card": "card learnt at a door",
    "publish": "policy published",
    "export": "export",
    "refused-act": "act refused",
}


@dataclass(frozen=True, slots=True)
class LogLine:
    """A record in a list. `opens`: it has a page of its own."""

    position: int
    at_ms: int
    kind: str
    says: str
    door: str
    verdict: str
    opens: bool


def line(row: Row) -> LogLine:
    decided = row.kind in ("decision", "refusal")
    says = in_words(row.code) if decided else codes.SAYS.get(row.code or "", "") if row.kind != row.code else ""
    kind = KINDS.get(row.kind, row.kind.replace("-", " "))
    return LogLine(row.position, row.at_ms, kind, says, row.door or "", (row.verdict or "") if decided else "", decided)
