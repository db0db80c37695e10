"""Shadow: let a policy judge beside the one that rules; what it says is recorded with each decision, and no more."""

import asyncio
from collections import Counter
from typing import Any

from ostiary.controller.acts.errors import malformed
from ostiary.controller.acts.house import Act, Asked, House, act_record
from ostiary.controller.acts.ruled import stated
from ostiary.controller.record.opening import Erased

PAGE = 1_000
MOST_NAMED = 200


async def _do(house: House, asked: Asked) -> dict[str, Any]:
    match asked.args:
        case {"text": None}:
            policy, name, text = None, None, None
        case {"text": str(text), "name": str(name)}:
            policy = stated(text, name)
        case _:
            raise malformed("No policy was put in the shadow.", "It needs a text and its name, or no text to end it.")
    sha256 = None if policy is None else policy.sha256
    body = {"policy": sha256, "name": name, "text": text}
    await house.log.append([act_record(asked, "shadow", house.now_ms(), body)])
    house.shadow(policy)
    return {"sha256": sha256}


async def _report(house: House, asked: Asked) -> dict[str, Any]:
    policy, since = house.shadowed(), house.log.reading().last_of("shadow")
    if policy is None or since is None:
        return {"sha256": None, "since_ms": None, "decisions": 0, "same": 0, "differing": {}, "newest": []}
    return await asyncio.to_thread(_counted, house, asked, policy.sha256, since.position, since.at_ms)


def _counted(house: House, asked: Asked, sha256: str, since: int, since_ms: int) -> dict[str, Any]:
    """How often the two said the same since record `since`; indices of the newest where they did not."""
    reading = house.log.reading()
    decisions, same, differing, newest = 0, 0, Counter[str](), list[int]()
    size = before = reading.size()
    while page := [row for row in reading.newest(PAGE, before) if row.position > since]:
        for row in page:
            body = house.log.open(row.position) if row.kind == "decision" else None
            if body is None or isinstance(body, Erased) or "shadow" not in body:
                continue
            decisions += 1
            if body["shadow"]["reason"] == body["reason"]:
                same += 1
                continue
            differing[f"{body['reason']} / {body['shadow']['reason']}"] += 1
            if len(newest) < MOST_NAMED:
                newest.append(row.position)
        before = page[-1].position
        asked.progress(size - before, size - since)
    return {
        "sha256": sha256,
        "since_ms": since_ms,
        "decisions": decisions,
        "same": same,
        "differing": dict(sorted(differing.items())),
        "newest": newest,
    }


SHADOW = Act("shadow", "publish-policy", False, _do)
SHADOW_REPORT = Act("shadow-report", "read-shadow", False, _report)
