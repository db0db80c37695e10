"""An answer is made once for a little while, and a refusal is kept by nobody."""

import asyncio
from typing import Any

import pytest

from ostiary.controller.web.kept import Kept


def test_it_is_made_once_and_again_when_it_is_old() -> None:
    async def story() -> None:
        now, made = [0.0], []
        kept = Kept(30.0, lambda: now[0])

        async def make() -> dict[str, Any]:
            made.append(now[0])
            return {"at": now[0]}

        together = await asyncio.gather(*(kept.get(7, make) for _ in range(5)))
        assert together == [{"at": 0.0}] * 5
        now[0] = 31.0
        assert await kept.get(7, make) == {"at": 31.0}
        assert made == [0.0, 31.0]

        async def refuse() -> dict[str, Any]:
            raise ValueError("away")

        with pytest.raises(ValueError, match="away"):
            await kept.get(8, refuse)
        assert await kept.get(8, make) == {"at": 31.0}

    asyncio.run(story())
