"""Card-tag: the keyed hash under which a card's number is stored, so that a stolen database names no card."""

from typing import Any

from ostiary.controller.acts.errors import malformed
from ostiary.controller.acts.house import Act, Asked, House


async def _do(house: House, asked: Asked) -> dict[str, Any]:
    match asked.args:
        case {"number": str(number)} if 1 <= len(number) <= 64:
            return {"tag": house.card_tag(number)}
        case _:
            raise malformed("The card was not read.", "It needs a number of 1 to 64 characters.")


CARD_TAG = Act("card-tag", "enrol", False, _do)
