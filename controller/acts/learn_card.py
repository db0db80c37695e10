"""Learn-card: the unknown card that was just shown at a door, for the person who holds it. The record has no number."""

from typing import Any

from ostiary.controller.acts.errors import malformed, refused
from ostiary.controller.acts.house import Act, Asked, House, act_record
from ostiary.protocol import base64url


async def _do(house: House, asked: Asked) -> dict[str, Any]:
    match asked.args:
        case {"person": str(person), "door": str(door)} if person:
            pass
        case _:
            raise malformed("No card was learnt.", "It needs person and door.")
    card = house.take_unknown_card(door)
    if card is None:
        raise refused(
            "No card was learnt.",
            f"No unknown card was shown at {door} within the last three minutes.",
            "Hold the card to the reader of that door, wait for its no, and try again.",
        )
    draft = act_record(asked, "learn-card", house.now_ms(), {"person": person, "door": door}, (person,), door=door)
    await house.log.append([draft])
    tag, sealed = card
    return {"tag": tag, "sealed": base64url.encode(sealed)}


LEARN_CARD = Act("learn-card", "enrol", False, _do)
