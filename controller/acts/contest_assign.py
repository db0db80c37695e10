"""Contest-assign: who will decide a contest; neither who wrote what is contested nor who published the policy."""

import asyncio
from typing import Any

from ostiary.controller.acts.errors import malformed
from ostiary.controller.acts.house import Act, Asked, House, act_record
from ostiary.controller.people.contests import Contest, may_assign


async def _do(house: House, asked: Asked) -> dict[str, Any]:
    match asked.args:
        case {"contest": int(number), "reviewer": str(reviewer)}:
            pass
        case _:
            raise malformed("The contest was not assigned.", "It needs contest and reviewer.")
    at_ms, publisher = house.now_ms(), house.publisher()

    def look() -> Contest:
        with house.people.begin() as conn:
            return may_assign(conn, number, reviewer, publisher, at_ms)

    known = await asyncio.to_thread(look)
    body = {"contest": number, "person": known.person, "reviewer": reviewer}
    [receipt] = await house.log.append([act_record(asked, "contest-assign", at_ms, body, (known.person,))])
    return {"index": receipt.position}


CONTEST_ASSIGN = Act("contest-assign", "assign-contest", False, _do)
