"""Release: an operator lets the strike go once, whoever stands there. Recorded first, then ordered.

Only the strike's own node moves it, and its journal says what came of it (`released-once`, or `refused`).
"""

import secrets
from typing import Any

from ostiary.controller.acts.at_door import answering, known_door
from ostiary.controller.acts.errors import ActError, malformed, not_found
from ostiary.controller.acts.house import Act, Asked, House, act_record
from ostiary.controller.policy.door import DEFAULT_PULSE_MS
from ostiary.protocol.parts import RECEIPT_ALPHABET

WHAT = "Nothing was released."
CODE_LETTERS = 16


async def _do(house: House, asked: Asked) -> dict[str, Any]:
    match asked.args:
        case {"door": str(name)}:
            door = known_door(house, name, WHAT)
        case _:
            raise malformed(WHAT, "It needs a door.")
    if {None, door} & house.locked().keys():
        raise ActError(
            "locked-down", WHAT, f"The door {door} is locked down.", "End the lockdown first: ostiary resume"
        )
    node = house.strike_at(door)
    if node is None:
        raise not_found(WHAT, f"No node moves the strike of the door {door}.")
    answering(house, node, WHAT)
    rule = house.policy.doors.get(door) if house.policy else None
    pulse_ms = rule.pulse_ms if rule else DEFAULT_PULSE_MS
    code = "".join(secrets.choice(RECEIPT_ALPHABET) for _ in range(CODE_LETTERS))
    body = {"id": code, "node": node, "pulse_ms": pulse_ms}
    [receipt] = await house.log.append(
        [act_record(asked, "release", house.now_ms(), body, door=door, receipt_code=code)]
    )
    house.order(node, do="release-once", pulse_ms=pulse_ms, receipt=code)
    return {"index": receipt.position, "receipt": code, "node": node, "pulse_ms": pulse_ms}


RELEASE = Act("release", frozenset({"admin", "enroller"}), True, _do)
