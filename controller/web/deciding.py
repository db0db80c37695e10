"""What the panel writes about a contest: the row, the keeper's record, and only then the commit."""

from collections.abc import Callable

from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool

from ostiary.controller.people import contests
from ostiary.controller.people.contests import Contest
from ostiary.controller.web.asking import Asks
from ostiary.controller.web.desk import Desk
from ostiary.controller.web.enrolling import now_ms

DECIDE = {"uphold": contests.uphold, "overturn": contests.overturn}


async def assign(desk: Desk, number: int, reviewer: str, by: Asks) -> Contest:
    """Raises what `contests.assign` raises, and the keeper's refusals."""
    publisher = await _publisher(desk)

    def write(conn: Connection) -> Contest:
        done = contests.assign(conn, number, reviewer, publisher, now_ms())
        desk.act_now("contest-assign", {"contest": number, "reviewer": done.reviewer}, **by)
        return done

    return await _written(desk, write)


async def decide(desk: Desk, number: int, outcome: str, reasons: str, by: Asks) -> Contest:
    """As the assigned reviewer. Raises what `contests.uphold` raises, and the keeper's refusals."""
    publisher = await _publisher(desk)

    def write(conn: Connection) -> Contest:
        done = DECIDE[outcome](conn, number, by["operator"], publisher, reasons, now_ms())
        desk.act_now(f"contest-{outcome}", {"contest": number, "reasons": done.reasons}, **by)
        return done

    return await _written(desk, write)


async def _written(desk: Desk, write: Callable[[Connection], Contest]) -> Contest:
    def within() -> Contest:
        with desk.people.begin() as conn:
            return write(conn)

    done = await run_in_threadpool(within)
    await desk.refresh()
    return done


async def _publisher(desk: Desk) -> str | None:
    return (await desk.act("standing", {}))["policy_publisher"]
