"""Ledger-entry: an entry of a person's ledger was written, recorded for that person with the document it rests on."""

from typing import Any

from ostiary.controller.acts.errors import malformed
from ostiary.controller.acts.house import Act, Asked, House, act_record


async def _do(house: House, asked: Asked) -> dict[str, Any]:
    match asked.args:
        case {
            "person": str(person),
            "entry": int(entry),
            "kind": str(kind),
            "context": str(context),
            "points": int(points),
            "evidence": str(evidence),
            "sha256": str(sha256),
            "occurred_ms": int(occurred_ms),
        }:
            pass
        case _:
            raise malformed(
                "The entry was not recorded.",
                "It needs person, entry, kind, context, points, evidence, sha256 and occurred_ms.",
            )
    body = {
        "person": person,
        "entry": entry,
        "kind": kind,
        "context": context,
        "points": points,
        "evidence": evidence,
        "sha256": sha256,
        "occurred_ms": occurred_ms,
    }
    [receipt] = await house.log.append([act_record(asked, "ledger-entry", house.now_ms(), body, (person,))])
    return {"index": receipt.position}


LEDGER_ENTRY = Act("ledger-entry", "ledger-entry", False, _do)
