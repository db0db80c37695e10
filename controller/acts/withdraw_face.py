"""Withdraw-face: destroy the key of a person's templates, so that every copy, backups included, is noise."""

from typing import Any

from ostiary.controller.acts.errors import malformed
from ostiary.controller.acts.house import Act, Asked, House, act_record


async def _do(house: House, asked: Asked) -> dict[str, Any]:
    match asked.args:
        case {"person": str(person)}:
            pass
        case _:
            raise malformed("No face was withdrawn.", "The request names no person.")
    key = house.keys.id_of(f"template/{person}")
    # By its id a backup that still has the key learns that it is destroyed.
    body = {"person": person, "keys": [key.hex()] if key else []}
    withdrawn = act_record(asked, "withdraw-face", house.now_ms(), body, (person,))
    # Recorded first: if the power fails between the two lines, the log asks for the destruction to be repeated,
    # and destroying a key twice is harmless.
    [receipt] = await house.log.append([withdrawn])
    house.keys.destroy(f"template/{person}")
    house.forget_face(person)
    await house.refresh()
    return {"index": receipt.position}


WITHDRAW_FACE = Act("withdraw-face", "withdraw-face", False, _do, own=True)
