"""Card-tag: the keyed hash under which a card's number is stored, and the number as only the keeper can open it; so a
stolen database names no card."""

import os
from typing import Any

from ostiary.controller.acts.errors import malformed
from ostiary.controller.acts.house import Act, Asked, House
from ostiary.controller.people.card_number import CARD_NUMBERS, seal_number
from ostiary.protocol import base64url


async def _do(house: House, asked: Asked) -> dict[str, Any]:
    match asked.args:
        case {"number": str(number)} if 1 <= len(number) <= 64:
            tag = house.card_tag(number)
            sealed = seal_number(number, house.keys.get_or_create(CARD_NUMBERS), tag, os.urandom(12))
            return {"tag": tag, "sealed": base64url.encode(sealed)}
        case _:
            raise malformed("The card was not read.", "It needs a number of 1 to 64 characters.")


CARD_TAG = Act("card-tag", frozenset({"admin", "enroller"}), False, _do)
