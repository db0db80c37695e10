"""Refresh: the web wrote about a person; the keeper reads it now instead of at its next look."""

from typing import Any

from ostiary.controller.acts.house import Act, Asked, House


async def _do(house: House, asked: Asked) -> dict[str, Any]:
    await house.refresh()
    return {}


REFRESH = Act("refresh", "see-now", False, _do)
