"""Portal-link: staff give a person the link by which they set up their own sign-in; recorded for that person."""

from typing import Any

from ostiary.controller.acts.errors import malformed
from ostiary.controller.acts.house import Act, Asked, House, act_record


async def _do(house: House, asked: Asked) -> dict[str, Any]:
    match asked.args:
        case {"person": str(person)}:
            pass
        case _:
            raise malformed("No link was made.", "It needs person.")
    [receipt] = await house.log.append(
        [act_record(asked, "portal-link", house.now_ms(), {"person": person}, (person,))]
    )
    return {"index": receipt.position}


PORTAL_LINK = Act("portal-link", "enrol", False, _do)
