"""Pack: what a door's pack would hold, made now from the people as they are, and looked at by an operator.

It tells of persons when they may pass, so it is a look-up: recorded, with the purpose, for everybody who is named.
"""

import asyncio
from dataclasses import asdict
from typing import Any

from ostiary.controller.acts.errors import ActError, malformed, not_found
from ostiary.controller.acts.house import Act, Asked, House, act_record
from ostiary.controller.acts.ruled import in_force
from ostiary.controller.people.following import snapshot
from ostiary.controller.policy.facts import TimeOutOfRange
from ostiary.controller.policy.pack import Interval, Pack, make_pack, revocation_window

DAY_MS = 86_400_000
MOST_DAYS = 31
MOST_NAMED = 500  # persons in one answer; the next answer goes on after the last of them
MOST_INTERVALS = 20_000  # in one answer, which is a line of the keeper's socket


async def _do(house: House, asked: Asked) -> dict[str, Any]:
    match asked.args:
        case {"door": str(name), "days": int(days), "every_ms": int(every_ms), "most": int(most), **rest} if (
            1 <= days <= MOST_DAYS and 0 <= most <= MOST_NAMED
        ):
            after = rest.get("after", "")
        case _:
            raise malformed(
                "No pack was made.",
                f"It needs door, days (1 to {MOST_DAYS}), every_ms, and most, the persons to name (0 to {MOST_NAMED}).",
            )
    if not isinstance(after, str):
        raise malformed("No pack was made.", "after is the id of a person.")
    policy, at_ms = in_force(house), house.now_ms()
    door = policy.doors.get(name)
    if door is None:
        raise not_found(f"There is no door {name}.", f"The doors of the policy are: {', '.join(policy.doors)}.")
    try:
        window = revocation_window(door.pack_age_ms, every_ms)
    except ValueError as error:
        raise ActError("malformed", "No pack was made.", str(error), "Choose another interval.") from error

    def made() -> Pack:
        with house.people.begin() as conn:
            known = snapshot(conn).people
        # Whom nobody knows has no live state of their own; what is locked down is locked down for all.
        people = [one.facts for person, one in known.items() if person > after]
        return make_pack(policy, name, people, at_ms, at_ms + days * DAY_MS, house.live("", name, at_ms))

    try:
        pack = await asyncio.to_thread(made)
    except TimeOutOfRange as error:
        raise malformed("No pack was made.", str(error)) from error
    named = _named(pack, most)
    body = {"door": name, "from_ms": pack.from_ms, "until_ms": pack.until_ms, "named": len(named)}
    await house.log.append([act_record(asked, "pack", at_ms, body, tuple(named), name)])
    return {
        "door": name,
        "offline": door.offline,
        "policy": pack.policy_sha256,
        "from_ms": pack.from_ms,
        "until_ms": pack.until_ms,
        "people": len(pack.grants),
        "intervals": sum(len(spans) for spans in pack.grants.values()),
        "unknown": list(pack.unknown),
        "revocation_window": {"every_ms": every_ms, **asdict(window)},
        "grants": named,
        "next": list(named)[-1] if named and len(named) < len(pack.grants) else None,
    }


def _named(pack: Pack, most: int) -> dict[str, tuple[Interval, ...]]:
    """The first persons by id, so many that an answer can hold their intervals."""
    named: dict[str, tuple[Interval, ...]] = {}
    intervals = 0
    for person in sorted(pack.grants)[:most]:
        intervals += len(pack.grants[person])
        if named and intervals > MOST_INTERVALS:
            break
        named[person] = pack.grants[person]
    return named


PACK = Act("pack", "read-rights", True, _do)
