"""A change of sign-in rows from the web: written, recorded by the keeper as the operator's act, and only then
committed.
"""

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool

from ostiary.controller.web.desk import Desk
from ostiary.controller.web.signin.known import Operator

Written = TypeVar("Written")


async def changed(
    desk: Desk, who: Operator, act: str, said: dict[str, str], write: Callable[[Connection], Written]
) -> Written:
    """What `write` wrote. Raises what it raises, and the keeper's refusals; then nothing was written."""

    def within() -> Written:
        with desk.people.begin() as conn:
            done = write(conn)
            desk.act_now(act, said, operator=who.name)
            return done

    return await run_in_threadpool(within)
