"""What the keeper orders and what nodes report: a strike of its own, orders, states that are acknowledged, alarms."""

import asyncio
import os
import signal
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from ostiary.controller.acts.errors import ActError
from ostiary.controller.fleet.nodes import drop_node
from ostiary.controller.record.fsck import check
from ostiary.controller.record.reading import Reading, Row
from ostiary.controller.store.log_store import LogPlace
from ostiary.protocol import base64url, codes
from tests.system.bare_node import BareNode
from tests.system.running_site import WHO, RunningSite, running_site

pytestmark = pytest.mark.system

POLICY = """
policy: northside-orders
doors:
  front: {face: verify, or: [card], pulse: 4s, grant: [member: active]}
  studio: {face: off, pulse: 3s, more_time: {held: 60s}, grant: [member: active]}
"""
CARD = "4711"
PROBE = {"model": "ab" * 32, "runtime": "x", "vector": base64url.encode(bytes(192)), "scale": 0.1}
Story = Callable[[RunningSite], Coroutine[Any, Any, None]]


def at_site(tmp_path: Path, story: Story) -> None:
    """The door studio has two nodes. What the story leaves in the log is held against itself afterwards."""

    async def told() -> None:
        async with running_site(tmp_path / "site", apart=("studio",)) as site:
            await site.keeper.act("publish", {"text": POLICY, "name": "orders.yaml"}, **WHO)
            await story(site)
        report = check(site.places, "northside", LogPlace(site.places.log_db), lambda part, done, of: None)
        assert not report.findings, report.findings

    asyncio.run(told())


async def until(look: Callable[[], Coroutine[Any, Any, Any]], wanted: Callable[[Any], bool]) -> Any:
    """Look until it is as wanted; every look asks the keeper, which answers when it can."""
    async with asyncio.timeout(20):
        while not wanted(found := await look()):
            pass
        return found


def door(site: RunningSite, name: str) -> Callable[[], Coroutine[Any, Any, dict[str, Any]]]:
    return lambda: site.keeper.act("door", {"door": name}, **WHO)


async def comes(site: RunningSite, node: BareNode) -> str | None:
    """The node says that it is online, and the keeper knows; returns its nonce."""
    nonce = node.status()
    await until(door(site, node.door), lambda now: _of(now, node.node)["away"] is None)
    return nonce


def _of(now: dict[str, Any], name: str) -> dict[str, Any]:
    [found] = [node for node in now["nodes"] if node["node"] == name]
    return found


async def alarms(site: RunningSite) -> list[tuple[str, str, bool]]:
    found = (await site.keeper.act("alarms", {}, **WHO))["alarms"]
    return [(alarm["node"], alarm["kind"], alarm["over_ms"] is not None) for alarm in found]


async def restarted(site: RunningSite) -> None:
    again = site.hears("The keeper runs again.")
    os.kill(site.supervisor.pid("keeper"), signal.SIGKILL)
    async with asyncio.timeout(30):
        await again.wait()
        while True:
            try:
                await site.keeper.act("standing", {}, **WHO)
                return
            except ActError:
                continue


def rows(site: RunningSite, *kinds: str) -> list[Row]:
    reading = Reading(site.places.log_db)
    try:
        return [row for row in reading.since(-1) if row.kind in kinds]
    finally:
        reading.close()


async def look_up(site: RunningSite, answer: dict[str, Any]) -> dict[str, Any]:
    return await site.keeper.act("look-up", {"receipt": answer["receipt"]["code"]}, purpose="a test", **WHO)


def test_a_grant_releases_the_strike_on_its_own_node_or_is_none(tmp_path: Path) -> None:
    async def story(site: RunningSite) -> None:
        await site.member("Ada", CARD)
        card = {"kind": "card", "value": CARD}
        nodes = (BareNode(site.places.node(name)) for name in ("studio-reader", "studio-strike"))
        async with next(nodes) as reader, next(nodes) as strike:
            # Nobody heard of the strike yet: nothing could open, so nothing is granted, and nobody is called unwanted.
            answer = await reader.asked(reader.ask(claim=card))
            assert (answer["verdict"], answer["pulse_ms"], answer["show"]["say"]) == ("deny", 0, "busy")
            found = await look_up(site, answer)
            assert found["code"] == "strike-away"
            assert found["body"]["strike"] == {"node": "studio-strike", "away": "its node studio-strike is unknown"}
            assert found["body"]["person"], "the record says who it was"

            nonce = await comes(site, strike)
            answer = await reader.asked(reader.ask(claim=card))
            assert (answer["verdict"], answer["pulse_ms"], answer["show"]["say"]) == ("grant", 0, "yes")
            purpose, first = await asyncio.wait_for(strike.ordered.get(), 10)
            assert (purpose, first["nonce"], first["boot"], first["term"]) == ("release", nonce, 1, 1)
            code = answer["receipt"]["code"]
            assert (first["pulse_ms"], first["held_ms"], first["receipt"]) == (3_000, 0, code)

            # A reader hangs outside: its word about what the door did closes no grant.
            await reader.tells("acted", code)
            found = await look_up(site, answer)
            assert found["outcome"] is None
            assert found["body"]["strike"] == {"node": "studio-strike"}
            await strike.tells("acted", code)
            assert (await look_up(site, answer))["outcome"]["kind"] == "acted"

            again = await comes(site, strike)
            await until(door(site, "studio"), lambda now: True)
            answer = await reader.asked(reader.ask(claim=card))
            _, second = await asyncio.wait_for(strike.ordered.get(), 10)
            assert second["number"] > first["number"] and second["nonce"] in (nonce, again)
            await strike.tells("refused", answer["receipt"]["code"])
            assert (await look_up(site, answer))["outcome"]["kind"] == "refused"

            denied = await reader.asked(reader.ask(claim={"kind": "card", "value": "nobody's"}))
            await reader.tells("acted", denied["receipt"]["code"])
            assert (await look_up(site, denied))["outcome"]["kind"] == "acted", "a denial is the reader's to close"

            wrong = strike.ask(claim=card)
            assert (await strike.asked(wrong))["verdict"] == "deny"
            assert rows(site, "refusal")[-1].code == codes.WRONG_ROLE

            strike.status("lost")
            await until(door(site, "studio"), lambda now: _of(now, "studio-strike")["state"] == "lost")
            answer = await reader.asked(reader.ask(claim=card))
            assert answer["show"]["say"] == "busy"
            assert strike.ordered.empty()

    at_site(tmp_path, story)


def test_an_order_is_recorded_first_and_names_what_makes_it_fresh(tmp_path: Path) -> None:
    async def story(site: RunningSite) -> None:
        act = site.keeper.act
        async with BareNode(site.places.node("front-1")) as node:
            with pytest.raises(ActError, match=r"Nothing was released\. .*front-1 is unknown.*ostiary door show"):
                await act("release", {"door": "front"}, purpose="a parcel", **WHO)
            nonce = await comes(site, node)
            with pytest.raises(ActError, match="needs a purpose"):
                await act("release", {"door": "front"}, **WHO)
            with pytest.raises(ActError, match="may not do it"):
                await act("release", {"door": "front"}, operator="x", role="auditor", purpose="a parcel")
            with pytest.raises(ActError, match="There is no door 'back'; there are: front, laser-room, studio"):
                await act("release", {"door": "back"}, purpose="a parcel", **WHO)
            with pytest.raises(ActError, match="It needs a door"):
                await act("release", {}, purpose="a parcel", **WHO)
            done = await act("release", {"door": "front"}, purpose="a parcel", **WHO)
            purpose, command = await asyncio.wait_for(node.ordered.get(), 10)
            number = command.pop("number")
            expected = {"v": 1, "nonce": nonce, "boot": 1, "term": 1, "do": "release-once", "pulse_ms": 4_000}
            assert (purpose, command) == ("command", expected | {"receipt": done["receipt"]})
            await node.tells("released-once", done["receipt"])
            [told] = [row for row in rows(site, "event") if row.code == "released-once"]
            found = await act("look-up", {"index": told.position}, purpose="a test", **WHO)
            assert found["body"]["about"] == done["index"]
            await node.tells("acted", done["receipt"])
            assert rows(site, "outcome") == [], "an act is no decision that an outcome could close"

            await act("locate", {"node": "front-1", "seconds": 30}, **WHO)
            _, command = await asyncio.wait_for(node.ordered.get(), 10)
            assert (command["do"], command["seconds"]) == ("locate", 30) and command["number"] > number
            with pytest.raises(ActError, match="seconds from 1 to 600"):
                await act("locate", {"node": "front-1", "seconds": 0}, **WHO)
            await act("reboot", {"node": "front-1"}, purpose="it hangs", **WHO)
            assert (await asyncio.wait_for(node.ordered.get(), 10))[1]["do"] == "reboot"
            with pytest.raises(ActError, match="There is no node 'front-9'"):
                await act("reboot", {"node": "front-9"}, purpose="it hangs", **WHO)
            await act("lockdown", {"door": "front"}, purpose="smoke", **WHO)
            with pytest.raises(ActError, match="End the lockdown first"):
                await act("release", {"door": "front"}, purpose="a parcel", **WHO)
            assert [row.code for row in rows(site, "release", "locate", "reboot")] == ["release", "locate", "reboot"]
            assert node.ordered.empty()

    at_site(tmp_path, story)


def test_a_lockdown_reaches_nodes_as_a_state_and_is_acknowledged(tmp_path: Path) -> None:
    async def story(site: RunningSite) -> None:
        async def waiting() -> list[str]:
            nodes = (await site.keeper.act("standing", {}, **WHO))["nodes"]
            return [node["node"] for node in nodes if not node["acknowledged"]]

        async with BareNode(site.places.node("front-1")) as node:
            await comes(site, node)
            open_ = await node.until(lambda desired: not desired["lockdown"])
            node.report(open_)
            await until(waiting, lambda nodes: "front-1" not in nodes)
            done = await site.keeper.act("lockdown", {"door": None}, purpose="smoke", **WHO)
            assert set(done["nodes"]) == {"front-1", "laser-room-1", "studio-reader", "studio-strike"}
            locked = await node.until(lambda desired: desired["lockdown"])
            assert "front-1" in await waiting()
            node.report(locked, number=open_["number"])  # locked, says an older word: it is about another lockdown
            await site.keeper.act("door", {"door": "front"}, **WHO)
            assert "front-1" in await waiting()
            node.report(locked)
            await until(waiting, lambda nodes: "front-1" not in nodes)
            await restarted(site)
            node.status()
            assert (await node.until(lambda desired: desired["number"] > locked["number"]))["lockdown"]
            await site.keeper.act("resume", {"door": None}, purpose="over", **WHO)
            assert not (await node.until(lambda desired: not desired["lockdown"]))["lockdown"]
            assert "front-1" in await waiting()

    at_site(tmp_path, story)


def test_a_face_that_is_off_is_asked_by_no_node_and_decided_by_no_keeper(tmp_path: Path) -> None:
    async def story(site: RunningSite) -> None:
        await site.member("Ada", CARD)
        card = {"kind": "card", "value": CARD}
        async with BareNode(site.places.node("front-1")) as node:
            assert (await node.until(lambda desired: True))["face"]
            with pytest.raises(ActError, match="is not switched off; it is off at no door"):
                await site.keeper.act("face-on", {"door": "front"}, purpose="a test", **WHO)
            await site.keeper.act("face-off", {"door": "front"}, purpose="the camera is dirty", **WHO)
            assert not (await node.until(lambda desired: not desired["face"]))["face"]
            for again in (False, True):
                face = node.ask(credential="face", claim=card, no_probe="face-missing")
                answer = await node.asked(face)
                assert (answer["verdict"], (await look_up(site, answer))["code"]) == ("deny", "face-off")
                assert (await node.asked(node.ask(claim=card)))["verdict"] == "grant"
                now = await door(site, "front")()
                assert now["face_off_since_ms"] and now["settings"]["face"] == "verify"
                if not again:
                    await restarted(site)
                    node.status()
                    await node.until(lambda desired: not desired["face"])
            await site.keeper.act("face-on", {"door": "front"}, purpose="it is clean", **WHO)
            assert (await node.until(lambda desired: desired["face"]))["face"]

    at_site(tmp_path, story)


def test_alarms_are_raised_once_survive_a_restart_and_leave_when_somebody_has_looked(tmp_path: Path) -> None:
    async def story(site: RunningSite) -> None:
        async def now() -> list[tuple[str, str, bool]]:
            return await alarms(site)

        async with BareNode(site.places.node("front-1")) as node:
            await comes(site, node)
            for kind in ("forced", "forced", "held", "tamper"):
                await node.tells(kind)
            assert await now() == [("front-1", kind, False) for kind in ("forced", "held", "tamper")]
            await node.tells("closed")
            forced, tamper = ("front-1", "forced", True), ("front-1", "tamper", False)
            assert await now() == [forced, tamper], "a held door that is closed is nobody's business any more"
            node.status("lost")
            lost = ("front-1", "lost", False)
            assert await until(now, lambda found: len(found) == 3) == [forced, tamper, lost]
            await restarted(site)
            # The broker kept the node's last word, and it is the same alarm still.
            assert await until(now, lambda found: lost in found) == [forced, tamper, lost]
            assert [row.code for row in rows(site, "alarm")] == ["forced", "held", "tamper", "lost"]
            [number] = [one["number"] for one in (await site.keeper.act("alarms", {}, **WHO))["alarms"]][:1]
            with pytest.raises(ActError, match="may not do it"):
                await site.keeper.act("acknowledge", {"number": number}, operator="x", role="auditor")
            await site.keeper.act("acknowledge", {"number": number}, **WHO)
            with pytest.raises(ActError, match="it is over, or somebody was quicker"):
                await site.keeper.act("acknowledge", {"number": number}, **WHO)
            assert await now() == [tamper, lost]
            node.status()
            assert await until(now, lambda found: len(found) == 1) == [tamper]
            await restarted(site)
            assert await now() == [tamper]
            [taken] = rows(site, "alarm-acknowledged")
            found = await site.keeper.act("look-up", {"index": taken.position}, purpose="a test", **WHO)
            assert found["body"]["by"] == found["body"]["operator"] == "test"
            await node.tells("forced")
            assert ("front-1", "forced", False) in await now()

    at_site(tmp_path, story)


def test_last_words_of_an_earlier_start_and_of_another_owner(tmp_path: Path) -> None:
    async def story(site: RunningSite) -> None:
        async with BareNode(site.places.node("front-1")) as node:
            node.boot = 5
            await comes(site, node)
            node.status("lost", boot=4)  # the old connection's will, spoken when the new one came
            node.status("online", boot=4)
            node.status("online", boot=5)
            await until(lambda: _rows(site, "refusal"), lambda found: len(found) == 1)
            assert rows(site, "refusal")[0].code == codes.STALE
            assert _of(await door(site, "front")(), "front-1")["state"] == "online"
            assert await alarms(site) == []
            node.report((await node.until(lambda desired: True)), term=2)
            assert await until(lambda: alarms(site), bool) == [("front-1", "other-owner", False)]

    async def _rows(site: RunningSite, kind: str) -> list[Row]:
        await site.keeper.act("standing", {}, **WHO)
        return rows(site, kind)

    at_site(tmp_path, story)


def test_a_policy_with_a_door_that_no_grant_could_open_is_not_published(tmp_path: Path) -> None:
    async def story(site: RunningSite) -> None:
        drop_node(site.places, "studio-strike")
        with pytest.raises(ActError, match=r"could not open the door studio\. Its only nodes are readers"):
            await site.keeper.act("publish", {"text": POLICY, "name": "orders.yaml"}, **WHO)

    at_site(tmp_path, story)
