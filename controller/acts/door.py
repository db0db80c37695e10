"""Door: one door as it is now. Its rule's settings in force, its nodes, what is locked, off or in alarm."""

from typing import Any

from ostiary.controller.acts.alarms import document
from ostiary.controller.acts.at_door import known_door
from ostiary.controller.acts.errors import malformed
from ostiary.controller.acts.house import Act, Asked, House


async def _do(house: House, asked: Asked) -> dict[str, Any]:
    match asked.args:
        case {"door": str(name)}:
            door = known_door(house, name, "Nothing is shown.")
        case _:
            raise malformed("Nothing is shown.", "It needs a door.")
    rule = house.policy.doors.get(door) if house.policy else None
    settings = None if rule is None else rule.as_document()
    locked = [since_ms for one, since_ms in house.locked().items() if one in (None, door)]
    nodes = [_node(house, node) for node in house.nodes() if node["door"] == door]
    return {
        "door": door,
        "settings": settings and {name: value for name, value in settings.items() if name != "grant"},
        "lockdown_since_ms": min(locked, default=None),
        "face_off_since_ms": house.faceless().get(door),
        "strike": house.strike_at(door),
        "nodes": nodes,
        "revocation_window": next((node["pack"]["window"] for node in nodes if node["pack"]), None),
        "alarms": [document(alarm) for alarm in house.alarms.all() if alarm.door == door],
    }


def _node(house: House, node: dict[str, Any]) -> dict[str, Any]:
    said = house.heard.of(node["node"])
    reported = said.reported or {}
    return {
        **node,
        "away": house.away(node["node"]),
        "firmware": said.firmware,
        "clock": said.clock,
        "boot": said.boot,
        "safe_mode": said.safe_mode,
        "pack_version": reported.get("pack_version"),
        "pack_age_ms": said.pack_age_ms,
    }


DOOR = Act("door", frozenset({"admin", "enroller", "reviewer", "auditor", "installer"}), False, _do)
