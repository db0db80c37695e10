"""Lockdown and resume: nobody is let in, at one door or at the whole site, until an operator ends it.

It is a forbid of the policy (`policy/forbids/lockdown.py`), so it decides who goes in and nothing else: whoever is
inside leaves as ever. Nodes learn it as a state that they acknowledge; the reply names those that must.
"""

from typing import Any

from ostiary.controller.acts.at_door import known_door
from ostiary.controller.acts.errors import malformed, not_found
from ostiary.controller.acts.house import Act, Asked, House, act_record


async def _lock(house: House, asked: Asked) -> dict[str, Any]:
    door = _door(house, asked, "Nothing was locked down.")
    async with house.locking:
        at_ms = house.now_ms()
        return await _put(house, asked, "lockdown", door, {door: at_ms} | house.locked(), at_ms)


async def _resume(house: House, asked: Asked) -> dict[str, Any]:
    door = _door(house, asked, "Nothing was resumed.")
    async with house.locking:
        locked = house.locked()
        if door not in locked:
            listed = ", ".join(_named(one) for one in locked) or "nothing"
            raise not_found(
                "Nothing was resumed.", f"{_named(door).capitalize()} is not locked down; locked down is {listed}."
            )
        rest = {one: since_ms for one, since_ms in locked.items() if one != door}
        return await _put(house, asked, "resume", door, rest, house.now_ms())


async def _put(
    house: House, asked: Asked, kind: str, door: str | None, locked: dict[str | None, int], at_ms: int
) -> dict[str, Any]:
    """Recorded first; the record says all that is locked down from now on, so that the last one is enough to know."""
    body = {"locked": [[one, since_ms] for one, since_ms in locked.items()]}
    draft = act_record(asked, kind, at_ms, body, door=door)
    [receipt] = await house.log.append([draft])
    house.recorded(receipt.position, draft)
    return {
        "index": receipt.position,
        "nodes": [node["node"] for node in house.nodes() if door in (None, node["door"])],
    }


def _door(house: House, asked: Asked, what: str) -> str | None:
    match asked.args:
        case {"door": None}:
            return None
        case {"door": str(door)}:
            return known_door(house, door, what)
        case _:
            raise malformed(what, "It needs a door, or null for the whole site.")


def _named(door: str | None) -> str:
    return "the whole site" if door is None else f"the door {door}"


LOCKDOWN = Act("lockdown", frozenset({"admin"}), True, _lock)
RESUME = Act("resume", frozenset({"admin"}), True, _resume)
