"""Backup: that one is made is a record, for a backup holds everything; the copying itself is `controller/backup.py`."""

from typing import Any

from ostiary.controller.acts.house import Act, Asked, House, act_record


async def _do(house: House, asked: Asked) -> dict[str, Any]:
    [receipt] = await house.log.append([act_record(asked, "backup", house.now_ms(), {})])
    return {"index": receipt.position}


BACKUP = Act("backup", "backup", True, _do)
