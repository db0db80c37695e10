"""Face off and on: an operator has a door look at no face for now; its other ways in go on.

The node learns it as a state that it acknowledges, and the keeper decides no face there meanwhile, whatever is asked.
"""

from typing import Any

from ostiary.controller.acts.at_door import known_door
from ostiary.controller.acts.errors import malformed, not_found
from ostiary.controller.acts.house import Act, Asked, House, act_record


async def _off(house: House, asked: Asked) -> dict[str, Any]:
    door = _door(house, asked, "No face was switched off.")
    async with house.locking:
        at_ms = house.now_ms()
        return await _put(house, asked, "face-off", door, {door: at_ms} | house.faceless(), at_ms)


async def _on(house: House, asked: Asked) -> dict[str, Any]:
    what = "No face was switched on."
    door = _door(house, asked, what)
    async with house.locking:
        faceless = house.faceless()
        if door not in faceless:
            listed = ", ".join(sorted(faceless)) or "no door"
            raise not_found(what, f"The face of the door {door} is not switched off; it is off at {listed}.")
        rest = {one: since_ms for one, since_ms in faceless.items() if one != door}
        return await _put(house, asked, "face-on", door, rest, house.now_ms())


async def _put(
    house: House, asked: Asked, kind: str, door: str, faceless: dict[str, int], at_ms: int
) -> dict[str, Any]:
    """Recorded first; as with a lockdown, the last record says all that is off from now on."""
    draft = act_record(
        asked, kind, at_ms, {"faceless": [[one, since_ms] for one, since_ms in faceless.items()]}, door=door
    )
    [receipt] = await house.log.append([draft])
    house.recorded(receipt.position, draft)
    return {"index": receipt.position, "nodes": [node["node"] for node in house.nodes() if node["door"] == door]}


def _door(house: House, asked: Asked, what: str) -> str:
    match asked.args:
        case {"door": str(door)}:
            return known_door(house, door, what)
        case _:
            raise malformed(what, "It needs a door.")


FACE_OFF = Act("face-off", frozenset({"admin", "installer"}), True, _off)
FACE_ON = Act("face-on", frozenset({"admin", "installer"}), True, _on)
