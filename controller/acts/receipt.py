"""Receipt: the file that a person takes home, given by staff after the person has shown who they are. Recorded."""

from typing import Any

from ostiary.controller.acts.errors import not_found
from ostiary.controller.acts.house import Act, Asked, House, act_record
from ostiary.controller.acts.look_up import found_row
from ostiary.controller.record.opening import Erased


async def _do(house: House, asked: Asked) -> dict[str, Any]:
    row = found_row(house, asked)
    opened = house.log.opened(row.position)
    if isinstance(opened, Erased):
        raise not_found("There is no receipt of this record.", "It was erased: nobody can read it any more.")
    person = opened.body.get("person")
    body = {"position": row.position, "receipt": True}
    await house.log.append([act_record(asked, "look-up", house.now_ms(), body, (person,) if person else ())])
    return {"index": row.position, "file": house.log.receipt_file(opened).decode()}


RECEIPT = Act("receipt", "give-receipt", True, _do)
