"""Mail-state: the mail process says whether its mail is taken. One that fails is an alarm, over when one goes out."""

from dataclasses import asdict, replace
from typing import Any

from ostiary.controller.acts.errors import malformed
from ostiary.controller.acts.house import Act, Asked, House, act_record
from ostiary.controller.fleet.alarms import MAIL_FAILED, Happening
from ostiary.controller.people.roles import TELL_MAIL


async def _do(house: House, asked: Asked) -> dict[str, Any]:
    match asked.args:
        case {"works": bool(works)}:
            pass
        case _:
            raise malformed("Nothing was noted.", "It needs works, true or false.")
    at_ms = house.now_ms()
    changes = house.alarms.changes([Happening("", "", MAIL_FAILED, at_ms, over=works)])
    for change in changes:
        alarm = change.alarm
        said = act_record(asked, change.turn, at_ms, asdict(alarm))
        draft = replace(said, code=alarm.kind, about=alarm.number)
        [receipt] = await house.log.append([draft])
        house.recorded(receipt.position, draft)
    return {"changed": bool(changes)}


MAIL_STATE = Act("mail-state", TELL_MAIL, False, _do)
