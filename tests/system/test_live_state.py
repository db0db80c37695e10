"""The moment decides too: who is inside, who goes ahead, what is locked down; and a restart forgets none of it."""

import asyncio
import os
import signal
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from ostiary.controller.acts.errors import ActError
from ostiary.controller.people import holding
from ostiary.controller.policy.document import load
from ostiary.controller.policy.evaluate import evaluate
from ostiary.controller.policy.facts import Facts, Live, Membership, PersonFacts
from tests.system.bare_node import BareNode
from tests.system.running_site import WHO, RunningSite, running_site

pytestmark = pytest.mark.system

POLICY = """
policy: northside-live
doors:
  front: {face: off, grant: [member: active, not_inside: {forgiven: 24h}, occupancy: {at_most: 1, forgiven: 24h}]}
  studio: {face: off, grant: [any_of: [holds: studio-key, escorted: {by: laser-induction, within: 10m}]]}
  laser-room: {face: off, grant: [holds: laser-induction]}
"""
Story = Callable[[RunningSite], Coroutine[Any, Any, None]]


def at_site(tmp_path: Path, story: Story) -> None:
    async def told() -> None:
        async with running_site(tmp_path / "site") as site:
            await site.keeper.act("publish", {"text": POLICY, "name": "live.yaml"}, **WHO)
            await story(site)

    asyncio.run(told())


async def asked(site: RunningSite, node: BareNode, card: str) -> dict[str, Any]:
    """The record of the decision about this card."""
    answer = await node.asked(node.ask(claim={"kind": "card", "value": card}))
    found = await site.keeper.act("look-up", {"receipt": answer["receipt"]["code"]}, purpose="a test", **WHO)
    return found["body"]


async def enters(site: RunningSite, node: BareNode, card: str, seq: int) -> None:
    body = await asked(site, node, card)
    assert body["reason"] == "granted"
    event = {"v": 1, "boot": 1, "seq": seq, "at": {"ms": 1, "clock": "set"}, "kind": "acted", "receipt": body["id"]}
    node.say(node.sealed(event, "event"), "event")
    async with asyncio.timeout(10):
        while (await node.desired.get())["journal_upto"] != seq:
            pass


async def restarted(site: RunningSite) -> None:
    again = site.hears("The keeper runs again.")
    os.kill(site.supervisor.pid("keeper"), signal.SIGKILL)
    async with asyncio.timeout(20):
        await again.wait()
        while True:
            try:
                await site.keeper.act("standing", {}, **WHO)
                return
            except ActError:
                continue


def test_nobody_goes_in_twice_and_a_full_room_takes_no_more_even_after_a_crash(tmp_path: Path) -> None:
    async def story(site: RunningSite) -> None:
        ada = await site.member("Ada", "ada")
        await site.member("Bob", "bob")
        async with BareNode(site.places.node("front-1")) as node:
            await enters(site, node, "ada", 1)
            twice = await asked(site, node, "ada")
            assert twice["reason"] == "inside-already"
            assert "please ask the office" in twice["counterfactual"]
            full = await asked(site, node, "bob")
            assert (full["reason"], full["clauses"][2]["value"]) == ("full", 1)
            assert ada not in str(full)  # whoever is inside is nobody else's business
            await restarted(site)
            assert (await asked(site, node, "ada"))["reason"] == "inside-already"
            await site.keeper.act("note-left", {"person": ada}, purpose="seen leaving", **WHO)
            await enters(site, node, "bob", 2)

    at_site(tmp_path, story)


def test_a_decision_can_be_made_again_from_the_live_state_in_its_record(tmp_path: Path) -> None:
    async def story(site: RunningSite) -> None:
        await site.member("Ada", "ada")
        async with BareNode(site.places.node("front-1")) as node:
            first = await asked(site, node, "ada")
            await enters(site, node, "ada", 1)
            second = await asked(site, node, "ada")
        policy = load(POLICY, "live.yaml")
        for body in (first, second):
            person = PersonFacts(body["person"], (Membership("active"),))
            facts = Facts(person, "front", body["at_ms"], Live.from_document(body["live"]))
            assert evaluate(policy, facts).reason == body["reason"]

    at_site(tmp_path, story)


def test_an_escort_who_goes_ahead_opens_the_door_for_the_next(tmp_path: Path) -> None:
    async def story(site: RunningSite) -> None:
        await site.member("Ada", "ada")
        bob = await site.member("Bob", "bob")
        with site.people.begin() as conn:
            holding.add_holding(conn, bob, "studio-key", "form", "test", time.time_ns() // 1_000_000, from_ms=0)
        await site.keeper.act("refresh", {}, **WHO)
        async with BareNode(site.places.node("studio-1")) as node:
            alone = await asked(site, node, "ada")
            assert (alone["reason"], len(alone["clauses"][0]["parts"])) == ("none-of-these", 2)
            assert "who goes in ahead of you" in alone["counterfactual"]
            assert (await asked(site, node, "bob"))["reason"] == "granted"
            behind = await asked(site, node, "ada")
            assert (behind["reason"], bob in str(behind)) == ("granted", False)

    at_site(tmp_path, story)


def test_a_lockdown_stops_everybody_until_it_is_ended_even_after_a_crash(tmp_path: Path) -> None:
    async def story(site: RunningSite) -> None:
        await site.member("Ada", "ada")
        act = site.keeper.act
        with pytest.raises(ActError, match="needs a purpose"):
            await act("lockdown", {"door": None}, **WHO)
        with pytest.raises(ActError, match="may not do it"):
            await act("lockdown", {"door": None}, operator="only-auditor", purpose="a fire drill")
        with pytest.raises(ActError, match="no door 'cellar'"):
            await act("lockdown", {"door": "cellar"}, purpose="a fire drill", **WHO)
        with pytest.raises(ActError, match="is not locked down"):
            await act("resume", {"door": "front"}, purpose="a fire drill", **WHO)
        async with BareNode(site.places.node("front-1")) as front, BareNode(site.places.node("laser-room-1")) as laser:
            await act("lockdown", {"door": "front"}, purpose="a fire drill", **WHO)
            assert (await asked(site, front, "ada"))["reason"] == "lockdown"
            assert (await asked(site, laser, "ada"))["reason"] == "granted"
            await act("lockdown", {"door": None}, purpose="a fire drill", **WHO)
            await act("resume", {"door": "front"}, purpose="a fire drill", **WHO)
            await restarted(site)
            [locked] = (await act("standing", {}, **WHO))["locked"]
            assert locked["door"] is None
            for node in (front, laser):
                body = await asked(site, node, "ada")
                assert (body["reason"], body["counterfactual"]) == ("lockdown", None)
            await act("resume", {"door": None}, purpose="a fire drill", **WHO)
            assert (await asked(site, front, "ada"))["reason"] == "granted"

    at_site(tmp_path, story)
