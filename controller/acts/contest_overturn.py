"""Contest-overturn: the assigned reviewer found wrong what was contested; names the decisions that it had changed."""

import asyncio
from typing import Any

from ostiary.controller.acts.errors import malformed
from ostiary.controller.acts.house import Act, Asked, House, act_record
from ostiary.controller.acts.overturning import effect


async def _do(house: House, asked: Asked) -> dict[str, Any]:
    match asked.args:
        case {"contest": int(number), "reasons": str(reasons)}:
            pass
        case _:
            raise malformed("The contest was not decided.", "It needs contest and reasons.")
    at_ms, publisher = house.now_ms(), house.publisher()
    found = await asyncio.to_thread(effect, house, number, asked.operator, publisher, at_ms)
    person = found.contest.person
    told = {"differing": found.named, "differing_all_named": found.all_named}
    body = {"contest": number, "person": person, "reasons": reasons, **told}
    [receipt] = await house.log.append([act_record(asked, "contest-overturn", at_ms, body, (person,))])
    return {"index": receipt.position, **told}


CONTEST_OVERTURN = Act("contest-overturn", "review-contest", False, _do)
