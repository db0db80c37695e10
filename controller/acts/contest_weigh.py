"""Contest-weigh: what overturning would change, shown to the assigned reviewer before they decide; a look, recorded."""

import asyncio
from typing import Any

from ostiary.controller.acts.errors import malformed
from ostiary.controller.acts.house import Act, Asked, House, act_record
from ostiary.controller.acts.overturning import effect


async def _do(house: House, asked: Asked) -> dict[str, Any]:
    match asked.args:
        case {"contest": int(number)}:
            pass
        case _:
            raise malformed("Nothing was weighed.", "It needs contest.")
    at_ms, publisher = house.now_ms(), house.publisher()
    found = await asyncio.to_thread(effect, house, number, asked.operator, publisher, at_ms)
    person = found.contest.person
    said = act_record(asked, "contest-weigh", at_ms, {"contest": number, "person": person}, (person,))
    await house.log.append([said])
    return {"differing": found.named, "differing_all_named": found.all_named}


CONTEST_WEIGH = Act("contest-weigh", "review-contest", True, _do)
