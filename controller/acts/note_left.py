"""Note-left: an operator notes that a person has left, where no reader at the exit could. It moves no door."""

from typing import Any

from ostiary.controller.acts.errors import malformed
from ostiary.controller.acts.house import Act, Asked, House, act_record


async def _do(house: House, asked: Asked) -> dict[str, Any]:
    match asked.args:
        case {"person": str(person)}:
            pass
        case _:
            raise malformed("Nothing was noted.", "The request names no person.")
    draft = act_record(asked, "note-left", house.now_ms(), {"person": person}, (person,))
    [receipt] = await house.log.append([draft])
    house.recorded(receipt.position, draft)
    return {"index": receipt.position}


NOTE_LEFT = Act("note-left", "note-left", True, _do)
