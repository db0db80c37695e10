"""The record of the fleet: which nodes there are, whenever that has changed: who could speak for a door, since when."""

import dataclasses
from collections.abc import Iterable

from ostiary.controller.fleet.nodes import FleetNode
from ostiary.controller.record.log import Log
from ostiary.controller.record.record import Draft


async def record_fleet(site: str, log: Log, fleet: Iterable[FleetNode], at_ms: int) -> None:
    """Record `fleet` at `at_ms` (Unix ms), unless it is the one recorded last."""
    nodes = [dataclasses.asdict(node) for node in fleet]
    for node in nodes:
        node["roles"] = list(node["roles"])
    row = log.reading().last_of("fleet")
    held = None if row is None else log.open(row.position)
    known = held["nodes"] if isinstance(held, dict) else []
    if nodes != known:
        body = {"at_ms": at_ms, "site": site, "nodes": nodes}
        await log.append([Draft("fleet", at_ms, body, (), code="fleet")])
