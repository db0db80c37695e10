"""Contest-uphold: the assigned reviewer found right what was contested, and says why."""

import asyncio
from typing import Any

from ostiary.controller.acts.errors import malformed
from ostiary.controller.acts.house import Act, Asked, House, act_record
from ostiary.controller.people.contests import Contest, may_decide


async def _do(house: House, asked: Asked) -> dict[str, Any]:
    match asked.args:
        case {"contest": int(number), "reasons": str(reasons)}:
            pass
        case _:
            raise malformed("The contest was not decided.", "It needs contest and reasons.")
    at_ms, publisher = house.now_ms(), house.publisher()

    def look() -> Contest:
        with house.people.begin() as conn:
            return may_decide(conn, number, asked.operator, publisher, at_ms)

    known = await asyncio.to_thread(look)
    body = {"contest": number, "person": known.person, "reasons": reasons}
    [receipt] = await house.log.append([act_record(asked, "contest-uphold", at_ms, body, (known.person,))])
    return {"index": receipt.position}


CONTEST_UPHOLD = Act("contest-uphold", "review-contest", False, _do)
