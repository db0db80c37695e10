"""Writes down, every so often, which contests ended because nobody decided in time."""

import asyncio
import logging
import time

from sqlalchemy.exc import DBAPIError
from starlette.concurrency import run_in_threadpool

from ostiary.controller.people.contests import lapse
from ostiary.controller.web.desk import Desk
from ostiary.controller.web.problem import Problem

EVERY_S = 60.0

_log = logging.getLogger("ostiary.web")


async def settle_contests(desk: Desk) -> None:
    """For as long as the process runs. Nothing at a door waits for it: what is contested does not count meanwhile."""
    while True:
        try:
            if await run_in_threadpool(settle, desk):
                await desk.refresh()
        except (DBAPIError, Problem) as error:
            _log.error("Contests whose deadline has passed are not settled yet: %s", error)
        await asyncio.sleep(EVERY_S)


def settle(desk: Desk) -> int:
    """Cancel what nobody decided by now; says how many contests that ended."""
    with desk.people.begin() as conn:
        return len(lapse(conn, time.time_ns() // 1_000_000))
