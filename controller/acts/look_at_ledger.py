"""Look-at-ledger: an operator reads what is entered about a person; recorded, with the purpose, for that person."""

from typing import Any

from ostiary.controller.acts.errors import malformed
from ostiary.controller.acts.house import Act, Asked, House, act_record


async def _do(house: House, asked: Asked) -> dict[str, Any]:
    match asked.args:
        case {"person": str(person)}:
            pass
        case _:
            raise malformed("No ledger was opened.", "It needs person.")
    [receipt] = await house.log.append(
        [act_record(asked, "look-at-ledger", house.now_ms(), {"person": person}, (person,))]
    )
    return {"index": receipt.position}


LOOK_AT_LEDGER = Act("look-at-ledger", "open-person", True, _do)
