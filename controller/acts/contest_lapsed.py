"""Contest-lapsed: what the keeper records by itself when nobody decided a contest in time.

A penalty that is contested counts again only when it is upheld, and nobody can uphold it after its deadline: so the
effect needs no hand at the right moment, and this is the word about it.
"""

import asyncio

from ostiary.controller.acts.house import House
from ostiary.controller.people.contests import LAPSED, Contest, fell_due
from ostiary.controller.record.record import Draft


async def record_lapsed(house: House) -> int:
    """Record every deadline that has passed without an outcome and is not recorded yet; says how many.

    All that is due is recorded together, so the time of the last such record says up to where it was done.
    """
    at_ms = house.now_ms()
    last = house.log.reading().last_of("contest-lapsed")

    def look() -> tuple[Contest, ...]:
        with house.people.begin() as conn:
            return fell_due(conn, last.at_ms if last else 0, at_ms)

    drafts = [_draft(contest, at_ms) for contest in await asyncio.to_thread(look)]
    if drafts:
        await house.log.append(drafts)
    return len(drafts)


def _draft(contest: Contest, at_ms: int) -> Draft:
    body = {
        "at_ms": at_ms,
        "contest": contest.id,
        "person": contest.person,
        "kind": contest.kind,
        "number": contest.number,
        "due_at_ms": contest.due_at_ms,
        "reasons": LAPSED,
    }
    return Draft("contest-lapsed", at_ms, body, (contest.person,), code="contest-lapsed")
