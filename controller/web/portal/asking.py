"""Asks the keeper in a person's own name, about that person and nobody else."""

from typing import Any

from ostiary.controller.people.roles import PERSON
from ostiary.controller.web.desk import Desk

DAYS = 90


def caller(person: str) -> str:
    """The name under which the keeper hears a person."""
    return PERSON + person


async def own_records(desk: Desk, person: str, days: int = DAYS) -> list[dict[str, Any]]:
    """What the log holds about the person from the last `days`, newest first. Raises `KeeperAway`."""
    told = await desk.act("own-records", {"person": person, "days": days}, operator=caller(person))
    return told["records"]


async def own_record(desk: Desk, person: str, position: int) -> dict[str, Any]:
    """One record whole, with its receipt as a file. Raises `NotThere`, also for somebody else's."""
    return await desk.act("own-record", {"person": person, "index": position}, operator=caller(person))


async def forgotten(desk: Desk, person: str) -> list[dict[str, Any]]:
    """Each node asked to forget the person's face, and when it acknowledged that (`acknowledged_ms`, None: not yet)."""
    return (await desk.act("forgotten", {"person": person}, operator=caller(person)))["nodes"]


async def own_files(desk: Desk, person: str, positions: list[int]) -> dict[int, str]:
    """The receipts of these records, by position; those that cannot be read any more are left out."""
    found: dict[int, str] = {}
    left = list(positions)
    while left:
        told = await desk.act("own-copy", {"person": person, "positions": left[:500]}, operator=caller(person))
        for record in told["records"]:
            if record["file"] is not None:
                found[record["index"]] = record["file"]
        left = left[len(told["records"]) :]
    return found
