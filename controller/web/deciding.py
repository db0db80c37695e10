"""What the panel writes about a contest: the row, the keeper's record, and only then the commit."""

from collections.abc import Callable

from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool

from ostiary.controller.people import attachments, contests
from ostiary.controller.people.contests import Contest
from ostiary.controller.web.desk import Desk
from ostiary.controller.web.enrolling import now_ms

DECIDE = {"uphold": contests.uphold, "overturn": contests.overturn}


async def open_contest(
    desk: Desk,
    person: str,
    kind: str,
    number: int,
    words: str,
    opened_by: str,
    record: Callable[[Contest], object],
    files: tuple[bytes, ...] = (),
) -> Contest:
    """A person's challenge, in their words, with the files that they send along.

    Raises what `contests.open_contest` and `attachments.add` raise, and the keeper's refusals.
    """

    def write(conn: Connection) -> Contest:
        opened = contests.open_contest(conn, person, kind, number, words, opened_by, now_ms())
        attachments.add(conn, opened, files, opened.opened_at_ms)
        return opened

    return await _written(desk, write, record)


async def assign(desk: Desk, number: int, reviewer: str, record: Callable[[Contest], object]) -> Contest:
    """Raises what `contests.assign` raises, and the keeper's refusals."""
    publisher = await _publisher(desk)
    return await _written(desk, lambda conn: contests.assign(conn, number, reviewer, publisher, now_ms()), record)


async def decide(
    desk: Desk, number: int, outcome: str, reviewer: str, reasons: str, record: Callable[[Contest], object]
) -> Contest:
    """As the assigned reviewer. Raises what `contests.uphold` raises, and the keeper's refusals."""
    publisher = await _publisher(desk)
    as_said = DECIDE[outcome]
    return await _written(desk, lambda conn: as_said(conn, number, reviewer, publisher, reasons, now_ms()), record)


async def _written(desk: Desk, write: Callable[[Connection], Contest], record: Callable[[Contest], object]) -> Contest:
    """`record` asks the keeper within the transaction: what it refuses is not written."""

    def within() -> Contest:
        with desk.people.begin() as conn:
            done = write(conn)
            record(done)
            return done

    done = await run_in_threadpool(within)
    await desk.refresh()
    return done


async def _publisher(desk: Desk) -> str | None:
    return (await desk.act("standing", {}))["policy_publisher"]
