"""Card-tag: the keyed hash under which a card's number is stored, and the number as only the keeper can open it; so a
stolen database names no card."""

from typing import Any

from ostiary.controller.acts.errors import malformed
from ostiary.controller.acts.house import Act, Asked, House
from ostiary.protocol import base64url


async def _do(house: House, asked: Asked) -> dict[str, Any]:
    match asked.args:
        case {"number": str(number)} if 1 <= len(number) <= 64:
            tag, sealed = house.card_kept(number)
            return {"tag": tag, "sealed": base64url.encode(sealed)}
        case _:
            raise malformed("The card was not read.", "It needs a number of 1 to 64 characters.")


CARD_TAG = Act("card-tag", "enrol", False, _do)
