"""Contest-overturn: the assigned reviewer found wrong what was contested; names the decisions that it had changed."""

import asyncio
from dataclasses import dataclass
from typing import Any

from ostiary.controller.acts.errors import malformed
from ostiary.controller.acts.house import Act, Asked, House, act_record
from ostiary.controller.acts.ruled import policies_by_sha256
from ostiary.controller.people import ledger
from ostiary.controller.people.contests import Contest, may_decide
from ostiary.controller.people.past import History, history
from ostiary.controller.people.rejudging import Differs, Recorded, differing
from ostiary.controller.policy.facts import Live
from ostiary.controller.record.opening import Opened

MOST_DECISIONS = 2_000  # judged again, the newest first
MOST_NAMED = 200  # named in the record, which has its bound


@dataclass(frozen=True, slots=True)
class _Known:
    """What the rows say: the contest, when a contested entry was recorded, and the person's history."""

    contest: Contest
    since_ms: int | None
    history: History


async def _do(house: House, asked: Asked) -> dict[str, Any]:
    match asked.args:
        case {"contest": int(number), "reasons": str(reasons)}:
            pass
        case _:
            raise malformed("The contest was not decided.", "It needs contest and reasons.")
    at_ms, publisher = house.now_ms(), house.publisher()

    def look() -> tuple[_Known, list[Differs], bool]:
        with house.people.begin() as conn:
            known = may_decide(conn, number, asked.operator, publisher, at_ms)
            since_ms = ledger.entry_of(conn, known.number).recorded_at_ms if known.kind == "entry" else None
            told = _Known(known, since_ms, history(conn, known.person))
        return told, *_differing(house, told, at_ms)

    told, differ, all_of_them = await asyncio.to_thread(look)
    person = told.contest.person
    named = [
        {"index": one.position, "at_ms": one.at_ms, "door": one.door, "verdict": "grant" if one.granted else "deny"}
        for one in differ[-MOST_NAMED:]
    ]
    body = {
        "contest": number,
        "person": person,
        "reasons": reasons,
        "differing": named,
        "differing_all_named": all_of_them and len(differ) <= MOST_NAMED,
    }
    [receipt] = await house.log.append([act_record(asked, "contest-overturn", at_ms, body, (person,))])
    return {
        "index": receipt.position,
        "differing": named,
        "differing_all_named": body["differing_all_named"],
    }


def _differing(house: House, told: _Known, at_ms: int) -> tuple[list[Differs], bool]:
    """The decisions since the entry that would have been others without it, and whether all could be judged again."""
    if told.since_ms is None:
        return [], True
    opened = house.log.decisions_of(told.contest.person, told.since_ms, at_ms, MOST_DECISIONS)
    recorded = [_recorded(one) for one in opened]
    policies = policies_by_sha256(house, {one.policy_sha256 for one in recorded})
    corrected = told.history.without_entry(str(told.contest.number))
    judged = len(opened) < MOST_DECISIONS and {one.policy_sha256 for one in recorded} <= policies.keys()
    return list(differing(recorded, policies, told.history, corrected)), judged


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


CONTEST_OVERTURN = Act("contest-overturn", frozenset({"reviewer"}), False, _do)
