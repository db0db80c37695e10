"""Waits: how long persons wait at doors, those who show a card beside those who show a face; nobody is named.

A wait goes from a person's first request at a door to the one that lets them in, where no more than two minutes lie
between; it is read from the newest decisions of the time asked about.
"""

import asyncio
from collections import defaultdict
from typing import Any

from ostiary.controller.acts.errors import malformed
from ostiary.controller.acts.house import Act, Asked, House
from ostiary.controller.record.opening import Erased

MOST = 500
WITHIN_MS = 120_000
PAGE = 500


async def _do(house: House, asked: Asked) -> dict[str, Any]:
    match asked.args:
        case {"since_ms": int(since_ms)} if since_ms >= 0:
            return await asyncio.to_thread(_counted, house, since_ms)
        case _:
            raise malformed("Nothing was counted.", "It needs since_ms.")


def _counted(house: House, since_ms: int) -> dict[str, Any]:
    decided = sorted(_decisions(house, since_ms), key=lambda body: body["at_ms"])
    first: dict[tuple[str, str], int] = {}
    waits: dict[str, list[int]] = defaultdict(list)
    asked: dict[str, int] = defaultdict(int)
    granted: dict[str, int] = defaultdict(int)
    for body in decided:
        credential, at_ms = body["credential"], body["at_ms"]
        asked[credential] += 1
        if body["person"] is None:
            continue
        here = (body["person"], body["door"])
        began_ms = first.get(here)
        if began_ms is None or at_ms - began_ms > WITHIN_MS:
            began_ms = first[here] = at_ms
        if body["verdict"] == "grant":
            granted[credential] += 1
            waits[credential].append(at_ms - began_ms)
            del first[here]
    by = [
        {
            "credential": credential,
            "requests": asked[credential],
            "granted": granted[credential],
            "median_ms": _quantile(waits[credential], 0.5),
            "p95_ms": _quantile(waits[credential], 0.95),
        }
        for credential in sorted(asked)
    ]
    return {"decisions": len(decided), "all": len(decided) < MOST, "by": by}


def _decisions(house: House, since_ms: int) -> list[dict[str, Any]]:
    """The newest decisions since then, at most so many."""
    reading = house.log.reading()
    first, before = reading.first_since(since_ms), reading.size()
    found: list[dict[str, Any]] = []
    while before > first and len(found) < MOST and (page := reading.newest(PAGE, before)):
        for row in page:
            if row.kind == "decision" and row.at_ms >= since_ms and row.position >= first and len(found) < MOST:
                body = house.log.open(row.position)
                if not isinstance(body, Erased):
                    found.append(body)
        before = page[-1].position
    return found


def _quantile(values: list[int], part: float) -> int | None:
    return sorted(values)[min(len(values) - 1, int(part * len(values)))] if values else None


WAITS = Act("waits", "see-numbers", False, _do)
