"""Forgotten: which nodes have acknowledged that no pack with a person's face is left on them, and which have not."""

from typing import Any

from ostiary.controller.acts.errors import malformed
from ostiary.controller.acts.house import Act, Asked, House


async def _do(house: House, asked: Asked) -> dict[str, Any]:
    match asked.args:
        case {"person": str(person)}:
            return {"nodes": house.forgotten(person)}
        case _:
            raise malformed("Nothing was looked up.", "The request names no person.")


FORGOTTEN = Act("forgotten", frozenset({"admin", "enroller", "reviewer", "auditor"}), False, _do)
