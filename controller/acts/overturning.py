"""What overturning a contest would change: the later decisions that would have been others without the entry."""

from dataclasses import dataclass
from typing import Any

from ostiary.controller.acts.house import House
from ostiary.controller.acts.ruled import policies_by_sha256
from ostiary.controller.people import ledger
from ostiary.controller.people.contests import Contest, may_decide
from ostiary.controller.people.past import History, history
from ostiary.controller.people.rejudging import Differs, Recorded, differing
from ostiary.controller.policy.facts import Live
from ostiary.controller.record.opening import Opened

MOST_DECISIONS = 2_000  # judged again, the newest first
MOST_NAMED = 200  # named in a record, which has its bound


@dataclass(frozen=True, slots=True)
class Effect:
    """`named` are the newest decisions that would have been others; `all_named`: whether there are no more."""

    contest: Contest
    named: list[dict[str, Any]]
    all_named: bool


def effect(house: House, number: int, reviewer: str, publisher: str | None, at_ms: int) -> Effect:
    """For the reviewer who may decide it now. Reads much: not for the event loop. Raises what `may_decide` raises."""
    with house.people.begin() as conn:
        contest = may_decide(conn, number, reviewer, publisher, at_ms)
        since_ms = ledger.entry_of(conn, contest.number).recorded_at_ms if contest.kind == "entry" else None
        told = history(conn, contest.person)
    differ, judged = ([], True) if since_ms is None else _differing(house, contest, since_ms, told, at_ms)
    named = [
        {"index": one.position, "at_ms": one.at_ms, "door": one.door, "verdict": "grant" if one.granted else "deny"}
        for one in differ[-MOST_NAMED:]
    ]
    return Effect(contest, named, judged and len(differ) <= MOST_NAMED)


def _differing(house: House, contest: Contest, since_ms: int, told: History, at_ms: int) -> tuple[list[Differs], bool]:
    """The decisions since the entry that would have been others without it, and whether all could be judged again."""
    opened = house.log.decisions_of(contest.person, since_ms, at_ms, MOST_DECISIONS)
    recorded = [_recorded(one) for one in opened]
    policies = policies_by_sha256(house, {one.policy_sha256 for one in recorded})
    corrected = told.without_entry(str(contest.number))
    judged = len(opened) < MOST_DECISIONS and {one.policy_sha256 for one in recorded} <= policies.keys()
    return list(differing(recorded, policies, told, corrected)), judged


def _recorded(opened: Opened) -> Recorded:
    body = opened.body
    held = tuple(bool(clause["held"]) for clause in body["clauses"])
    live = body.get("live")
    return Recorded(
        opened.row.position,
        body["at_ms"],
        body["door"],
        body["policy"] or "",
        body["verdict"] == "grant",
        held,
        Live.from_document(live) if live else None,
    )
