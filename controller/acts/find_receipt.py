"""Find-receipt: for people without a phone, the code of a decision by its door, its minute and the card they hold."""

import asyncio
from typing import Any

from ostiary.controller.acts.errors import malformed, not_found
from ostiary.controller.acts.house import Act, Asked, House
from ostiary.controller.people import cards

MINUTE_MS = 60_000
AROUND_MS = MINUTE_MS  # clocks on walls differ
MOST = 200


async def _do(house: House, asked: Asked) -> dict[str, Any]:
    match asked.args:
        case {"door": str(door), "at_ms": int(at_ms), "card": str(card)} if card.strip():
            pass
        case _:
            raise malformed("Nothing was looked for.", "It needs door, at_ms (the minute) and card (its number).")
    tag = house.card_tag(card.strip())

    def look() -> list[str]:
        with house.people.begin() as conn:
            person = cards.holder_of(conn, tag)
        if person is None:
            return []
        first, upto = at_ms - AROUND_MS, at_ms + MINUTE_MS + AROUND_MS
        found = house.log.decisions_of(person, first, upto, MOST)
        return [one.body["id"] for one in found if one.row.door == door and first <= one.row.at_ms < upto]

    codes = await asyncio.to_thread(look)
    if not codes:
        raise not_found("Nothing fits.", "No decision at that door and minute was about this card.")
    return {"codes": codes}


FIND_RECEIPT = Act("find-receipt", "serve", False, _do)
