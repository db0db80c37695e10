"""What the panel writes about how a person stands: each recorded by the keeper before it is committed."""

from collections.abc import Callable

from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool

from ostiary.controller.people import more_time as longer
from ostiary.controller.people import standing
from ostiary.controller.web.asking import Asks
from ostiary.controller.web.desk import Desk
from ostiary.controller.web.enrolling import now_ms

HOUR_MS = 3_600_000


async def suspend(desk: Desk, person: str, hours: int, why: str, asks: Asks) -> None:
    """No door lets the person in for so many hours, at most 72. Raises what `standing.suspend` raises."""

    def write(conn: Connection) -> None:
        at_ms = now_ms()
        until_ms = at_ms + hours * HOUR_MS
        standing.suspend(conn, person, until_ms, asks["operator"], why, at_ms)
        desk.act_now("suspend-danger", {"person": person, "until_ms": until_ms, "why": why}, **asks)

    await _written(desk, write)


async def lift(desk: Desk, person: str, asks: Asks) -> None:
    """The danger is over. Raises what `standing.lift` raises."""

    def write(conn: Connection) -> None:
        standing.lift(conn, person, asks["operator"], now_ms())
        desk.act_now("lift-suspension", {"person": person}, **asks)

    await _written(desk, write)


async def more_time(desk: Desk, person: str, given: bool, asks: Asks) -> None:
    """Doors stay open longer for the person, or as for everybody."""

    def write(conn: Connection) -> None:
        change = longer.give_more_time if given else longer.end_more_time
        change(conn, person, asks["operator"], now_ms())
        desk.act_now("more-time", {"person": person, "more_time": given}, **asks)

    await _written(desk, write)


async def _written(desk: Desk, write: Callable[[Connection], None]) -> None:
    def within() -> None:
        with desk.people.begin() as conn:
            write(conn)

    await run_in_threadpool(within)
    await desk.refresh()
