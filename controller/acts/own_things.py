"""What a person asks about themselves: their decisions, who looked and why, one decision whole, and a copy of it all.

The caller is the person (`acts/calling.py`), and each act gives only records that concern them. An operator with the
deed may ask the same for somebody who stands at the desk; that is then a look-up.
"""

import asyncio
from typing import Any

from ostiary.controller.acts.errors import malformed, not_found
from ostiary.controller.acts.house import Act, Asked, House, act_record
from ostiary.controller.people.roles import PERSON
from ostiary.controller.record.opening import Erased, Opened

MOST = 500
DAY_MS = 86_400_000
LONGEST_DAYS = 1_100
AT_ONCE = 40
MOST_LETTERS = 300_000  # of one reply: the line from the keeper has 1 MiB, and the longest record comes on top
DECISION = "decision"
# What a record tells its person of whoever acted; everything else about an act stands in its file.
TOLD = ("operator", "roles", "role", "purpose")


async def _list(house: House, asked: Asked) -> dict[str, Any]:
    match asked.args:
        case {"person": str(person), "days": int(days)} if 0 < days <= LONGEST_DAYS:
            pass
        case _:
            raise malformed("Nothing was listed.", f"It needs person, and days from 1 to {LONGEST_DAYS}.")
    now_ms = house.now_ms()

    def look() -> list[dict[str, Any]]:
        since_ms = now_ms - days * DAY_MS
        return [_line(one) for one in house.log.records_of(person, since_ms, now_ms, MOST)]

    records = await asyncio.to_thread(look)
    await _looked(house, asked, person, now_ms, {"days": days})
    return {"records": records, "most": MOST}


async def _open(house: House, asked: Asked) -> dict[str, Any]:
    match asked.args:
        case {"person": str(person), "index": int(position)} if 0 <= position < house.log.size:
            pass
        case _:
            raise malformed("Nothing was opened.", "It needs person, and index: a position in the log.")
    opened = house.log.opened(position)
    if isinstance(opened, Erased) or not house.log.concerns(position, person):
        # Whether there is such a record of somebody else is none of this person's business.
        raise not_found("There is no such record of yours.", "The log has none, or it was erased.")
    await _looked(house, asked, person, house.now_ms(), {"position": position})
    row, closing = opened.row, house.log.reading().outcome_of(position)
    return {
        "index": row.position,
        "kind": row.kind,
        "at_ms": row.at_ms,
        "door": row.door,
        "verdict": row.verdict,
        "code": row.code,
        "body": opened.body,
        "outcome": {"kind": closing.code, "at_ms": closing.at_ms} if closing else None,
        "file": house.log.receipt_file(opened).decode(),
    }


async def _copy(house: House, asked: Asked) -> dict[str, Any]:
    match asked.args:
        case {"person": str(person), "positions": list(positions)} if 0 < len(positions) <= MOST and all(
            type(one) is int and 0 <= one < house.log.size for one in positions
        ):
            pass
        case _:
            raise malformed("Nothing was copied.", f"It needs person, and positions: at most {MOST} of the log's.")

    def look() -> list[dict[str, Any]]:
        told: list[dict[str, Any]] = []
        letters = 0
        for position in positions:
            if len(told) == AT_ONCE or letters > MOST_LETTERS:
                break
            opened = house.log.opened(position)
            if isinstance(opened, Erased) or not house.log.concerns(position, person):
                told.append({"index": position, "file": None})
                continue
            file = house.log.receipt_file(opened).decode()
            letters += len(file)
            told.append({"index": position, "file": file})
        return told

    return {"records": await asyncio.to_thread(look)}


async def _whose(house: House, asked: Asked) -> dict[str, Any]:
    """For a contest by the code that a door showed: the web is told whom it concerns, and shows it to nobody."""
    match asked.args:
        case {"receipt": str(code)}:
            row = house.log.reading().by_receipt(code)
        case _:
            raise malformed("Nothing was looked for.", "It needs receipt: the code that a door showed.")
    if row is None or row.kind != DECISION:
        raise not_found("No decision has this code.", "It is not in the log.")
    opened = house.log.opened(row.position)
    person = None if isinstance(opened, Erased) else opened.body.get("person")
    return {"index": row.position, "person": person}


async def _looked(house: House, asked: Asked, person: str, at_ms: int, body: dict[str, Any]) -> None:
    """Whoever looks at somebody else's things leaves a record; a person who looks at their own need not."""
    if not asked.operator.startswith(PERSON):
        await house.log.append([act_record(asked, "look-up", at_ms, {"person": person, **body}, (person,))])


def _line(opened: Opened) -> dict[str, Any]:
    row, body = opened.row, opened.body
    line: dict[str, Any] = {"index": row.position, "kind": row.kind, "at_ms": row.at_ms, "door": row.door}
    if row.kind == DECISION:
        line |= {name: body.get(name) for name in ("sentence", "counterfactual", "decided")}
        line |= {"verdict": row.verdict, "code": row.code}
    else:
        line |= {name: body[name] for name in TOLD if name in body}
        line["about"] = body.get("position")
    return line


OWN_RECORDS = Act("own-records", "open-decision", True, _list, own=True)
OWN_RECORD = Act("own-record", "open-decision", True, _open, own=True)
OWN_COPY = Act("own-copy", "give-receipt", True, _copy, own=True)
WHOSE_RECEIPT = Act("whose-receipt", "serve", False, _whose)
