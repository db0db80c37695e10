"""Alarms: list those that stand, and acknowledge one: somebody has looked, and the log says who."""

from dataclasses import asdict, replace
from typing import Any

from ostiary.controller.acts.errors import malformed, not_found
from ostiary.controller.acts.house import Act, Asked, House, act_record
from ostiary.controller.fleet.alarms import Alarm, Turn, says


async def _list(house: House, asked: Asked) -> dict[str, Any]:
    return {"alarms": [document(alarm) for alarm in house.alarms.all()]}


def document(alarm: Alarm) -> dict[str, Any]:
    """An alarm in JSON types, with its sentence."""
    return {**asdict(alarm), "say": says(alarm.kind)}


async def _acknowledge(house: House, asked: Asked) -> dict[str, Any]:
    match asked.args:
        case {"number": int(number)}:
            alarm = house.alarms.numbered(number)
        case _:
            raise malformed("Nothing was acknowledged.", "It needs the number of an alarm.")
    if alarm is None or alarm.by is not None:
        standing = ", ".join(str(one.number) for one in house.alarms.all() if one.by is None) or "none"
        raise not_found(
            "Nothing was acknowledged.",
            f"No alarm {number} waits for it: it is over, or somebody was quicker. Waiting: {standing}.",
        )
    seen = asdict(replace(alarm, by=asked.operator))
    draft = replace(
        act_record(asked, Turn.ACKNOWLEDGED, house.now_ms(), seen, door=alarm.door or None),
        code=alarm.kind,
        about=number,
    )
    [receipt] = await house.log.append([draft])
    house.recorded(receipt.position, draft)
    return {"index": receipt.position}


ALARMS = Act("alarms", "see-now", False, _list)
ACKNOWLEDGE = Act("acknowledge", "acknowledge-alarm", False, _acknowledge)
