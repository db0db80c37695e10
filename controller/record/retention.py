"""Retention: what is past its time becomes unreadable, by the site's own limits, at every start and once a day.

Keys are per month, so a month goes as a whole when its last day is past the limit. A clock that jumps ahead must not
take a year of records with it: the log's own time, by which ages are counted, goes on by two days a day at most.
"""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol

from ostiary.controller.record.erasing import Doomed, Named, needed_for_ever
from ostiary.controller.record.log import Log
from ostiary.controller.record.record import ALWAYS, DAY_MS, Draft
from ostiary.controller.store.keys import KeyStore

# The keeper's own marks among the journals, in ms: the log's time, and the wall clock when it last went on.
TIME, LOOKED = "/time", "/looked"
STEP_MS, EVERY_MS = 2 * DAY_MS, 20 * 3_600_000


class Limits(Protocol):
    """The site's settings."""

    @property
    def decisions_days(self) -> int: ...

    @property
    def biometrics_days(self) -> int: ...


async def expire(
    log: Log, keys: KeyStore, limits: Limits, now_ms: int, contesting: Callable[[], frozenset[str]]
) -> int:
    """Erase what is past its time, each record of it named by a record; returns how many keys went.

    `contesting` says whose records a reviewer still needs: they wait. Raises what `Log.erase` raises.
    """
    await asyncio.to_thread(log.finish_erasures)
    marks = log.journal()
    at_ms = log_time(marks.get(TIME), marks.get(LOOKED), now_ms)
    await log.append([], journal={TIME: at_ms, LOOKED: now_ms})
    waiting = contesting()
    number = 0
    for prefix, days, setting in (
        ("review/", limits.biometrics_days, "biometrics_days"),
        ("record/", limits.decisions_days, "decisions_days"),
    ):
        kept = needed_for_ever(log.reading())
        doomed = [
            Doomed(name, key)
            for name, key in keys.ids_of(prefix).items()
            if past(name.rpartition("/")[2], days, at_ms) and key not in kept and name.split("/")[1] not in waiting
        ]

        def record(part: Named, days: int = days, setting: str = setting) -> Draft:
            body = {
                **part.body,
                "at_ms": now_ms,
                "requester": "the keeper",
                "reason": f"older than {days} days ({setting})",
                "second_approver": "the site's settings",
            }
            kind = "erase" if part.spans else "forget"
            return Draft(kind, now_ms, body, (), code=kind)

        if doomed:
            await log.erase(doomed, record)
            number += len(doomed)
    return number


def log_time(time_ms: int | None, looked_ms: int | None, now_ms: int) -> int:
    """The log's own time: the wall clock's, but never more than two days further at a time, once a day.

    A clock that was set right again is believed at once.
    """
    if time_ms is None:
        return now_ms
    if looked_ms is not None and 0 <= now_ms - looked_ms < EVERY_MS:
        return time_ms
    return max(time_ms, min(now_ms, time_ms + STEP_MS))


def past(month: str, days: int, at_ms: int) -> bool:
    """Whether all of a month (`2026-03`, UTC) is more than `days` days ago."""
    if month == ALWAYS:
        return False
    year, number = map(int, month.split("-"))
    after = datetime(year + number // 12, number % 12 + 1, 1, tzinfo=UTC) if year < 9999 or number < 12 else None
    return after is not None and int(after.timestamp() * 1000) + days * DAY_MS <= at_ms
