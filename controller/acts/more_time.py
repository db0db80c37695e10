"""More-time: doors stay open longer for a person from now on, or as for everybody; no reason is asked for."""

from typing import Any

from ostiary.controller.acts.errors import malformed
from ostiary.controller.acts.house import Act, Asked, House, act_record


async def _do(house: House, asked: Asked) -> dict[str, Any]:
    match asked.args:
        case {"person": str(person), "more_time": bool(given)}:
            pass
        case _:
            raise malformed("Nothing was changed.", "It needs person and more_time.")
    body = {"person": person, "more_time": given}
    [receipt] = await house.log.append([act_record(asked, "more-time", house.now_ms(), body, (person,))])
    return {"index": receipt.position}


MORE_TIME = Act("more-time", "enrol", False, _do)
