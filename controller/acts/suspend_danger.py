"""Suspend-danger: a human keeps a person out for at most 72 hours, because somebody is in immediate danger."""

from typing import Any

from ostiary.controller.acts.errors import malformed
from ostiary.controller.acts.house import Act, Asked, House, act_record


async def _do(house: House, asked: Asked) -> dict[str, Any]:
    match asked.args:
        case {"person": str(person), "until_ms": int(until_ms), "why": str(why)}:
            pass
        case _:
            raise malformed("Nobody was suspended.", "It needs person, until_ms and why.")
    body = {"person": person, "until_ms": until_ms, "why": why}
    [receipt] = await house.log.append([act_record(asked, "suspend-danger", house.now_ms(), body, (person,))])
    return {"index": receipt.position}


SUSPEND_DANGER = Act("suspend-danger", "suspend", False, _do)
