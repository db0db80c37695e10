"""Rotate the log's key: the old key signs the new one, the log records it, and the old secret is destroyed."""

from typing import Any

from ostiary.controller.acts.house import Act, Asked, House, act_record
from ostiary.controller.record.handover import Handover


async def _do(house: House, asked: Asked) -> dict[str, Any]:
    old = house.log.verifier_key

    def record(handover: Handover) -> Any:
        return act_record(asked, "log-key", house.now_ms(), {"from": old, "line": handover.line})

    handover = await house.log.rotate_key(record)
    return {"from": old, "to": handover.key}


ROTATE_LOG_KEY = Act("rotate-log-key", "rotate-key", True, _do)
