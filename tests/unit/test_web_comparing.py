"""A comparison is told as it goes on, one at a time, and goes on when its asker leaves."""

import asyncio
from typing import Any

import pytest

from ostiary.controller.web.comparing import Comparing, Progress
from ostiary.controller.web.problem import ActRefused, TooBusy

REFUSED = ActRefused("Not done.", "Because.", "Do something.")


def test_progress_comes_in_order_and_the_result_last() -> None:
    async def act(progress: Progress) -> dict[str, Any]:
        for done in range(3):
            progress(done, 3)
            await asyncio.sleep(0)
        return {"gains": 1}

    async def story() -> list[dict[str, Any]]:
        underway = Comparing().begin(act)
        await underway.begun()
        return [told async for told in underway.told()]

    assert asyncio.run(story()) == [*({"progress": [done, 3]} for done in range(3)), {"done": {"gains": 1}}]


def test_a_refusal_at_once_is_raised_and_a_later_one_is_told() -> None:
    async def at_once(_: Progress) -> dict[str, Any]:
        raise REFUSED

    async def raised() -> None:
        await Comparing().begin(at_once).begun()

    with pytest.raises(ActRefused):
        asyncio.run(raised())

    async def story() -> list[dict[str, Any]]:
        known = asyncio.Event()

        async def later(progress: Progress) -> dict[str, Any]:
            progress(0, 1)
            await known.wait()
            raise REFUSED

        underway = Comparing().begin(later)
        await underway.begun()
        known.set()
        return [told async for told in underway.told()]

    assert asyncio.run(story())[-1] == {"problem": {"what": "Not done.", "why": "Because.", "now": "Do something."}}


def test_a_second_one_waits_for_the_end_of_the_first_even_when_nobody_listens() -> None:
    async def story() -> None:
        end, comparing = asyncio.Event(), Comparing()

        async def act(_: Progress) -> dict[str, Any]:
            await end.wait()
            return {}

        first = comparing.begin(act)
        with pytest.raises(TooBusy):
            comparing.begin(act)
        end.set()
        await first.task
        await comparing.begin(act).task

    asyncio.run(story())
