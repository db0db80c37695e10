"""Replay: judge a recorded decision again from its recorded facts. It is a look-up, and recorded as one."""

import asyncio
from typing import Any

from ostiary.controller.acts.errors import ActError, malformed, not_found
from ostiary.controller.acts.house import Act, Asked, House, act_record
from ostiary.controller.acts.ruled import policies_by_sha256
from ostiary.controller.people.errors import NoSuchPerson
from ostiary.controller.people.past import history
from ostiary.controller.policy.facts import PersonFacts
from ostiary.controller.policy.replay import Replay, erased, replay
from ostiary.controller.record.opening import Erased

UNREAD_MS = 5_000  # for as long the keeper may not have read what was written about a person


async def _do(house: House, asked: Asked) -> dict[str, Any]:
    reading = house.log.reading()
    match asked.args:
        case {"index": int(position)}:
            row = reading.at(position)
        case {"receipt": str(code)}:
            row = reading.by_receipt(code)
        case _:
            raise malformed("Nothing was replayed.", "It needs an index (a number) or a receipt code.")
    if row is None:
        raise not_found("There is no such record.", "The log has no record with this number or code.")
    if row.kind != "decision":
        raise ActError("malformed", "Nothing was replayed.", f"Record {row.position} is no decision: {row.kind}.",
                       "Name a decision.")  # fmt: skip
    opened = await asyncio.to_thread(house.log.open, row.position)
    if isinstance(opened, Erased):
        found, person = erased(), None
    else:
        person = opened["person"]
        found = await asyncio.to_thread(_replayed, house, opened)
    body = {"position": row.position, "outcome": found.outcome.value}
    concerned = (person,) if person else ()
    await house.log.append([act_record(asked, "replay", house.now_ms(), body, concerned)])
    return {"index": row.position, "at_ms": row.at_ms, "door": row.door, **found.as_document()}


def _replayed(house: House, body: dict[str, Any]) -> Replay:
    policy = policies_by_sha256(house, {body["policy"]}).get(body["policy"]) if body["policy"] else None
    return replay(body, policy, _known(house, body) if body["person"] else ())


def _known(house: House, body: dict[str, Any]) -> list[PersonFacts]:
    """The person as the keeper may have known them: with everything that was written by then, and without what it may
    not have read yet. Nothing for somebody who has left."""
    try:
        with house.people.begin() as conn:
            told = history(conn, body["person"])
    except NoSuchPerson:
        return []
    if body["decided"] == "offline":  # by a pack, and so by what was known when that was made
        return [told.at(body["at_ms"], body["pack_made_ms"])] if body["pack_made_ms"] is not None else []
    return list(told.as_known(body["at_ms"], UNREAD_MS))


REPLAY = Act("replay", frozenset({"admin", "reviewer", "auditor"}), True, _do)
