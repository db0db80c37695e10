"""Orders, states and alarms with everything real but the hardware: keeper, broker, nodes, guards and boards."""

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from ostiary.controller.doorstep import walk_up
from ostiary.controller.opening import Opened, opened, publish
from ostiary.controller.record.reading import Reading, Row
from ostiary.controller.site import Site
from ostiary.controller.store.people_db import open_people
from tests.system.running_site import WHO, RunningSite, free_port

pytestmark = pytest.mark.system

CARD = "4711"
POLICY = """
policy: northside-at-work
doors:
  front: {face: off, pulse: 1s, grant: [member: active]}
  studio: {face: off, pulse: 5s, grant: [member: active]}
"""
PATIENCE_S = 30


class House:
    """The open site, asked until it is as wanted."""

    def __init__(self, house: Opened) -> None:
        self.house = house
        self._reading = Reading(house.places.log_db)

    async def until(self, look: Callable[[], Coroutine[Any, Any, Any]], wanted: Callable[[Any], bool]) -> Any:
        async with asyncio.timeout(PATIENCE_S):
            while not wanted(found := await look()):
                pass
            return found

    async def act(self, name: str, purpose: str | None = "a test", **args: Any) -> dict[str, Any]:
        return await self.house.keeper.act(name, args, purpose=purpose, **WHO)

    async def at(self, door: str, **frame: Any) -> dict[str, Any]:
        return await walk_up(self.house.places.doorstep(door), frame)

    async def nobody_waits(self) -> None:
        await self.until(lambda: self.act("standing"), lambda now: all(node["acknowledged"] for node in now["nodes"]))

    async def alarms(self) -> list[str]:
        return [alarm["kind"] for alarm in (await self.act("alarms"))["alarms"]]

    async def rows(self, code: str) -> list[Row]:
        return [row for row in self._reading.since(-1) if row.code == code]


def test_operators_and_people_at_doors_of_one_node_and_of_two(tmp_path: Path) -> None:
    async def story(house: House) -> None:
        await house.until(
            lambda: house.act("standing"), lambda now: all(node["state"] == "online" for node in now["nodes"])
        )
        # Each node has taken what it shall be, and takes the lockdown as well.
        await house.nobody_waits()
        await house.act("lockdown", door=None)
        await house.nobody_waits()
        for door in ("front", "studio"):
            assert (await house.at(door, do="present", card=CARD))["show"]["say"] == "no"
        await house.until(lambda: house.rows("lockdown-on"), lambda rows: len(rows) >= 2)
        await house.act("resume", door=None)
        await house.nobody_waits()

        await house.at("front", do="open")
        await house.until(house.alarms, lambda kinds: "forced" in kinds)
        await house.at("front", do="close")
        before = (await house.at("front", do="edges", since=0, count=0))["count"]
        done = await house.act("release", door="front")
        assert (await house.at("front", do="edges", since=before, count=2, wait_ms=14_000))["count"] >= before + 2
        [told] = await house.until(lambda: house.rows("released-once"), bool)
        about = (await house.act("look-up", index=told.position))["body"]["about"]
        assert about == done["index"]

        # The reader hangs outside and moves nothing; the strike's node does, and its journal closes the decision.
        reply = await house.at("studio", do="present", card=CARD, walk=True)
        assert reply["show"]["say"] == "yes"
        receipt = reply["receipt"]
        found = await house.until(
            lambda: house.act("look-up", receipt=receipt), lambda found: found["outcome"] is not None
        )
        assert found["outcome"]["kind"] == "acted"
        assert found["body"]["strike"] == {"node": "studio-strike"}

        await house.act("locate", node="studio-strike", seconds=5)
        house.house.supervisor.unplug("node studio-strike")
        await house.until(house.alarms, lambda kinds: kinds == ["forced", "lost"])
        await house.until(
            lambda: house.act("door", door="studio"),
            lambda now: next(one for one in now["nodes"] if one["node"] == "studio-strike")["away"] is not None,
        )
        reply = await house.at("studio", do="present", card=CARD)
        assert reply["show"]["say"] == "busy"
        assert (await house.act("look-up", receipt=reply["receipt"]))["code"] == "strike-away"

    async def told() -> None:
        site = Site("northside", free_port(), free_port())

        def nothing(_: str) -> None: ...

        opening = opened(tmp_path / "site", site, ("front",), web=False, step=nothing, say=nothing, apart=("studio",))
        async with opening as house:
            people = open_people(house.places.people_db)
            await RunningSite(house.places, site, house.keeper, house.supervisor, people).member("Ada", CARD)
            people.dispose()
            await publish(house.keeper, POLICY, "at-work.yaml")
            await story(House(house))

    asyncio.run(told())
