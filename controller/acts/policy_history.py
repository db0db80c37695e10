"""Policy-history: every policy that was published, the newest first, and the text of one of them."""

import asyncio
from typing import Any

from ostiary.controller.acts.errors import malformed, not_found
from ostiary.controller.acts.house import Act, Asked, House

MOST = 200
TOLD = ("policy", "name", "operator", "version", "at_ms")


async def _do(house: House, asked: Asked) -> dict[str, Any]:
    match asked.args:
        case {"index": int(index)} if index >= 0:
            return {"published": _one(house, index)}
        case args if not args:
            return {"published": await asyncio.to_thread(_all, house)}
        case _:
            raise malformed("Nothing was read.", "It needs nothing, or the index of a publication.")


def _all(house: House) -> list[dict[str, Any]]:
    rows = house.log.reading().all_of("publish")[:MOST]
    found = ((row.position, house.log.open(row.position)) for row in rows)
    return [{"index": at, **_told(body)} for at, body in found if isinstance(body, dict)]


def _one(house: House, index: int) -> dict[str, Any]:
    row = house.log.reading().at(index)
    body = house.log.open(index) if row is not None and row.kind == "publish" else None
    if not isinstance(body, dict):
        raise not_found("There is no such policy.", "No policy was published under this number.")
    return {"index": index, **_told(body), "text": body["text"]}


def _told(body: dict[str, Any]) -> dict[str, Any]:
    return {name: body.get(name) for name in TOLD} | {"proposed_by": body.get("proposed_by")}


POLICY_HISTORY = Act("policy-history", "read-policy", False, _do)
