"""Lift-suspension: the danger is over before the suspension is."""

from typing import Any

from ostiary.controller.acts.errors import malformed
from ostiary.controller.acts.house import Act, Asked, House, act_record


async def _do(house: House, asked: Asked) -> dict[str, Any]:
    match asked.args:
        case {"person": str(person)}:
            pass
        case _:
            raise malformed("No suspension was lifted.", "It needs person.")
    [receipt] = await house.log.append(
        [act_record(asked, "lift-suspension", house.now_ms(), {"person": person}, (person,))]
    )
    return {"index": receipt.position}


LIFT_SUSPENSION = Act("lift-suspension", "suspend", False, _do)
