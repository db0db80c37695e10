"""The whole site as `ostiary run` opens it: kill any one of its processes, and nobody needs to do anything."""

import asyncio
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ostiary.controller import samples
from ostiary.controller.acts.errors import ActError
from ostiary.controller.cli.demo_cases import enrol_member, policy
from ostiary.controller.cli.present import present
from ostiary.controller.doorstep import NobodyThere
from ostiary.controller.opening import Opened, opened, publish
from ostiary.controller.record.log import Log
from ostiary.controller.record.record import Draft
from ostiary.controller.site import Site
from ostiary.controller.store.keys import KeyStore, load_or_make_master
from ostiary.controller.store.places import Places
from tests.system.operators import add_operators_at
from tests.system.running_site import free_port

pytestmark = pytest.mark.system
CARD = "4711"


async def walks_through(house: Opened, receipts: list[str]) -> None:
    """The member walks up until the door says yes; every receipt that any door gave is kept."""
    async with asyncio.timeout(30):
        while True:
            try:
                result = await present(
                    house.places,
                    house.keeper,
                    "front",
                    [samples.portrait("member-2").read_bytes()],
                    CARD,
                    purpose="a test",
                )
            except (NobodyThere, ActError):
                continue
            if result["receipt"]:
                receipts.append(result["receipt"])
            if result["show"] == "yes":
                return


def test_a_policy_that_is_not_valid_any_more_shuts_the_doors_and_stays(tmp_path: Path) -> None:
    """A later version may refuse what an earlier one took: nobody's rules are replaced by the sample's."""
    site = Site("northside", free_port(), free_port())
    data = tmp_path / "site"

    def nothing(_: str) -> None: ...

    async def before() -> None:
        async with opened(data, site, ("front",), web=False, step=nothing, say=nothing) as house:
            add_operators_at(house.places)
            assert (await house.keeper.act("standing", {}, operator="test"))["policy_sha256"]

    async def meanwhile() -> None:
        places = Places(data)
        store = KeyStore(places.keys_db, load_or_make_master(places.master_key))
        log = Log.start(places.log_db, store, site.name)
        body = {"policy": "0" * 64, "name": "old.yaml", "text": "policy: of-old\ndoors: {front: {opens: by-magic}}"}
        await log.append([Draft("publish", time.time_ns() // 1_000_000, body, (), code="publish")])
        await log.close()
        store.close()

    async def after() -> None:
        async with opened(data, site, ("front",), web=False, step=nothing, say=nothing) as house:
            add_operators_at(house.places)
            standing = await house.keeper.act("standing", {}, operator="test")
            assert (standing["ever_published"], standing["policy_sha256"]) == (True, None)
            result = await present(house.places, house.keeper, "front", [], CARD, purpose="a test")
            assert (result["show"], result["reason"]) == ("no", "no-policy")
            await publish(house.keeper, policy(closed_today=False), "test.yaml", operator="test")
            result = await present(house.places, house.keeper, "front", [], CARD, purpose="a test")
            assert result["reason"] == "card-unknown"

    for part in (before, meanwhile, after):
        asyncio.run(part())


@pytest.mark.timeout(240)
def test_any_one_process_may_be_killed(tmp_path: Path) -> None:
    async def story() -> None:
        waited: dict[str, asyncio.Event] = {}

        def say(text: str) -> None:
            if event := waited.get(text):
                event.set()

        step: Callable[[str], None] = lambda _: None  # noqa: E731
        site = Site("northside", free_port(), free_port())
        async with opened(tmp_path / "site", site, ("front",), web=True, step=step, say=say) as house:
            add_operators_at(house.places)
            await publish(house.keeper, policy(closed_today=False), "test.yaml", operator="test")
            await enrol_member(house.places, house.keeper, "Ada", CARD)
            receipts: list[str] = []
            await walks_through(house, receipts)
            for name in ("broker", "keeper", "web", "board of front", "node front-1"):
                again = waited.setdefault(f"The {name} runs again.", asyncio.Event())
                os.kill(house.supervisor.pid(name), signal.SIGKILL)
                async with asyncio.timeout(20):
                    await again.wait()
                await walks_through(house, receipts)
            for receipt in receipts:
                found: dict[str, Any] = await house.keeper.act(
                    "look-up", {"receipt": receipt}, operator="test", purpose="a test"
                )
                assert found["kind"] == "decision"

    asyncio.run(story())
