"""Deciding alone, with a real keeper and a real broker: packs arrive, decide as the keeper would, come back as records
once, and are gone where somebody withdrew."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ostiary.controller import samples
from ostiary.controller.acts.client import Keeper
from ostiary.controller.acts.errors import ActError
from ostiary.controller.cli.demo_cases import enrol_member, policy
from ostiary.controller.doorstep import NobodyThere, walk_up
from ostiary.controller.opening import opened, publish
from ostiary.controller.people import cards, consent, enrolment
from ostiary.controller.people.notice import notice
from ostiary.controller.site import Site
from ostiary.controller.store.places import Places
from ostiary.firmware.door.alone import Alone, Verdict
from ostiary.firmware.door.offline import way
from ostiary.firmware.pi import identity
from ostiary.firmware.pi.pack_file import PackFile, match_of
from ostiary.models.catalog import embedders
from ostiary.protocol import base64url
from ostiary.protocol.doorstep import together
from tests.system.bare_node import BareNode
from tests.system.running_site import RunningSite, free_port, running_site

pytestmark = pytest.mark.system
WHO: dict[str, Any] = {"operator": "test", "role": "admin"}
PATIENCE_S = 30
AGAIN_S = 0.2
CARD, OTHER = "4711", "4712"


@dataclass
class NodeAlone:
    """A node with a real pack file and a line of its own; what it decides alone goes through its journal."""

    bare: BareNode
    file: PackFile
    takes: Callable[[dict[str, Any]], bool] = lambda _: True
    wanted: dict[str, Any] = field(default_factory=dict[str, Any])
    moved: asyncio.Event = field(default_factory=asyncio.Event)
    seen: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])
    journal: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])

    def report(self, arriving: tuple[int, int] | None = None) -> None:
        said: dict[str, Any] = {"pack_version": self.file.alone.version if self.file.alone else 0}
        if arriving:
            said["pack"] = {"version": arriving[0], "next_part": arriving[1]}
        if self.wanted.get("packs_from"):
            said["usable_from"] = self.wanted["packs_from"]
        self.bare.report(self.wanted, **said)

    async def listen(self) -> None:
        """Take packs and desired states as a node does."""

        async def desired() -> None:
            while True:
                self.wanted = await self.bare.desired.get()
                if self.file.alone and self.file.alone.version < self.wanted.get("packs_from", 0):
                    self.file.forget()
                self.report()
                self.moved.set()

        async def ordered() -> None:
            while True:
                purpose, message = await self.bare.ordered.get()
                if purpose != "pack" or not self.takes(message):
                    continue
                self.seen.append((message["version"], message["part"]))
                for name, *rest in self.file.take(message):
                    self.report((rest[0], rest[1]) if name == "pack-part" else None)
                self.moved.set()

        async def upload() -> None:
            while True:  # again and again, as a node does until the keeper has it
                for entry in self.journal:
                    if entry["seq"] > self.wanted.get("journal_upto", 0):
                        self.bare.say(self.bare.sealed(entry, "event"), "event")
                await asyncio.sleep(AGAIN_S)

        await asyncio.gather(desired(), ordered(), upload())

    async def until(self, so: Any) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while not so():
                self.moved.clear()
                await self.moved.wait()

    async def has_newest(self) -> Alone:
        """Until the pack in use is the newest that is meant for this node."""
        await self.until(
            lambda: (
                self.file.alone is not None
                and self.wanted.get("pack_version") == self.file.alone.version
                and self.wanted["offline"] == "pack"
            )
        )
        assert self.file.alone is not None
        return self.file.alone

    async def decides(self, facts: dict[str, Any], at_ms: int, receipt: str) -> Verdict:
        """Decide alone, as `door.py` does, and write it into the journal."""
        assert self.file.alone is not None
        verdict = self.file.alone.decide(facts, at_ms, "set")
        said = {
            "verdict": verdict.verdict, "credential": facts["credential"], "way": way(facts),
            "pack": verdict.pack_version, "pack_age_ms": verdict.pack_age_ms, "code": verdict.code,
        }  # fmt: skip
        said |= {"subject": verdict.subject} if verdict.subject else {}
        self.tell("decided", receipt, at={"ms": at_ms, "clock": "set"}, decision=said)
        return verdict

    def tell(self, kind: str, receipt: str, **changed: Any) -> None:
        seq = len(self.journal) + 1
        event = {"v": 1, "boot": 1, "seq": seq, "at": {"ms": 1, "clock": "set"}, "kind": kind, "receipt": receipt}
        self.journal.append(event | changed)


@asynccontextmanager
async def node_alone(
    site: RunningSite, door: str, file: PackFile | None = None, takes: Callable[[dict[str, Any]], bool] = lambda _: True
) -> AsyncIterator[NodeAlone]:
    directory = site.places.node(f"{door}-1")
    who = identity.read(directory)
    async with await listening_broker(directory) as bare:
        node = NodeAlone(bare, file or PackFile(who, match_of(who), lambda _: None), takes)
        listening = asyncio.create_task(node.listen())
        bare.status()
        try:
            yield node
        finally:
            listening.cancel()


async def listening_broker(directory: Path) -> BareNode:
    """A node for which somebody listens: a broker that was killed takes a moment to."""
    host = BareNode(directory).card["broker"]
    async with asyncio.timeout(PATIENCE_S):
        while True:
            try:
                _, writer = await asyncio.open_connection(host["host"], host["port"])
            except OSError:
                await asyncio.sleep(0.05)
            else:
                writer.close()
                return BareNode(directory)


def card(number: str) -> dict[str, Any]:
    return {"credential": "card", "claim": {"kind": "card", "value": number}, "faces": 0}


async def look(site: RunningSite, receipt: str) -> dict[str, Any]:
    return await site.keeper.act("look-up", {"receipt": receipt}, **WHO, purpose="a test")


async def settled(site: RunningSite, node: NodeAlone, receipt: str, upto: int) -> dict[str, Any]:
    await node.until(lambda: node.wanted.get("journal_upto") == upto)
    return await look(site, receipt)


async def enrol_face(site: RunningSite, person: str, seed: int) -> dict[str, Any]:
    """A face of noise; returns the probe that shows it again."""
    model = embedders()[0]
    steps = np.random.default_rng(seed).integers(-90, 90, model.dimensions).astype(np.int8)
    vector = base64url.encode(steps.tobytes())
    at_ms = site_ms()
    made = await site.keeper.act(
        "protect-template",
        {"person": person, "model": model.sha256, "runtime": "test", "vector": vector, "scale": 0.01},
        **WHO,
    )
    with site.people.begin() as conn:
        consent.give(conn, person, notice("en"), at_ms)
        enrolment.enrol_face(conn, person, base64url.decode(made["sealed"]), model.sha256, "test", at_ms)
    await site.keeper.act("refresh", {}, **WHO)
    return {"model": model.sha256, "runtime": "test", "vector": vector, "scale": 0.01}


def site_ms() -> int:
    import time

    return time.time_ns() // 1_000_000


def test_what_a_door_decides_alone_is_recorded_once_and_can_be_replayed(tmp_path: Path) -> None:
    async def story() -> None:
        async with running_site(tmp_path / "site") as site:
            ada = await site.member("Ada", CARD)
            await site.member("Bo", OTHER, membership_ended=True)
            async with node_alone(site, "front") as node:
                alone = await node.has_newest()
                await node.until(lambda: node.file.alone is not None and granted(node, CARD))
                # The keeper goes; the door goes on.
                os.kill(site.supervisor.pid("keeper"), signal.SIGSTOP)
                at_ms = site_ms()
                verdict = await node.decides(card(CARD), at_ms, "A" * 16)
                assert (verdict.verdict, verdict.pulse_ms) == ("grant", 5_000)
                node.tell("strike-on", "A" * 16)
                node.tell("acted", "A" * 16)
                denied = await node.decides(card(OTHER), at_ms + 5, "B" * 16)
                assert (denied.verdict, denied.code) == ("deny", "not-in-pack")
                node.tell("denied", "B" * 16)
                node.tell("acted", "B" * 16)
                again = site.hears("The keeper runs again.")
                os.kill(site.supervisor.pid("keeper"), signal.SIGKILL)
                async with asyncio.timeout(PATIENCE_S):
                    await again.wait()
                found = await settled(site, node, "A" * 16, 6)
                body = found["body"]
                assert (found["kind"], found["verdict"], body["decided"], body["person"]) == (
                    "decision", "grant", "offline", ada,
                )  # fmt: skip
                assert (body["pack"], body["pack_age_s"], body["asked"]["clock"], body["node"], body["way"]) == (
                    alone.version if body["pack"] == alone.version else body["pack"],
                    (at_ms - body["pack_made_ms"]) // 1000, "set", "front-1", "card",
                )  # fmt: skip
                assert body["policy"] == alone.policy
                assert abs(body["at_ms"] - at_ms) < 5
                assert found["outcome"]["kind"] == "acted"
                assert [line["clause"] for line in body["clauses"]]
                other = await look(site, "B" * 16)
                assert (other["verdict"], other["body"]["reason"], other["outcome"]["kind"]) == (
                    "deny", "not-in-pack", "acted",
                )  # fmt: skip
                replayed = await site.keeper.act("replay", {"receipt": "A" * 16}, **WHO, purpose="a test")
                assert replayed["outcome"] == "same", replayed
                standing = await site.keeper.act("standing", {}, **WHO)
                assert standing["log_size"] > other["index"]
                with pytest.raises(ActError):
                    await look(site, "C" * 16)
                rows = site.places.log_db
                assert rows.exists()
                assert await decisions(site) == 2

    def granted(node: NodeAlone, number: str) -> bool:
        assert node.file.alone is not None
        return node.file.alone.decide(card(number), site_ms(), "set").verdict == "grant"

    asyncio.run(story())


async def decisions(site: RunningSite) -> int:
    from ostiary.controller.record.reading import Reading

    reading = Reading(site.places.log_db)
    try:
        return len([row for row in reading.newest(1_000) if row.kind == "decision"])
    finally:
        reading.close()


def test_who_withdraws_is_forgotten_and_every_node_says_so(tmp_path: Path) -> None:
    async def story() -> None:
        async with running_site(tmp_path / "site") as site:
            ada = await site.member("Ada", CARD)
            probe = await enrol_face(site, ada, 1)
            face = {**card(CARD), "credential": "face", "probe": probe, "faces": 1}
            async with node_alone(site, "front") as front, node_alone(site, "studio") as studio:
                await front.until(
                    lambda: (
                        front.file.alone is not None
                        and front.file.alone.decide(face, site_ms(), "set").verdict == "grant"
                    )
                )
                await studio.has_newest()
                studio.takes = lambda _: False  # a node that hears its desired state and gets no pack yet
                before = front.file.alone
                await site.keeper.act("withdraw-face", {"person": ada}, **WHO)
                await front.until(lambda: front.file.alone is not None and front.file.alone is not before)
                assert front.file.alone is not None
                # Without the face the card stands for itself, as it does online.
                assert front.file.alone.decide(card(CARD), site_ms(), "set").verdict == "grant"
                assert front.wanted["packs_from"] > (before.version if before else 0)
                await studio.until(lambda: studio.file.alone is None)  # it wiped what it may not use any more
                async with asyncio.timeout(PATIENCE_S):
                    while True:
                        said = (await site.keeper.act("forgotten", {"person": ada}, **WHO))["nodes"]
                        if sum(one["acknowledged_ms"] is not None for one in said) == 2:
                            break
                        await asyncio.sleep(0.02)
                assert {one["node"] for one in said if one["acknowledged_ms"]} == {"front-1", "studio-1"}
                from ostiary.controller.record.reading import Reading

                reading = Reading(site.places.log_db)
                assert len(reading.all_of("face-forgotten")) == 2
                reading.close()

    asyncio.run(story())


def test_a_pack_goes_on_where_the_broker_died(tmp_path: Path) -> None:
    async def story() -> None:
        async with running_site(tmp_path / "site") as site:
            await site.member("Ada", CARD)
            crowd = await many(site, 220)
            directory = site.places.node("front-1")
            who = identity.read(directory)
            file = PackFile(who, match_of(who), lambda _: None)
            async with node_alone(site, "front", file, takes=lambda part: part["part"] < 2) as node:
                await node.until(lambda: file._parts.next_part == 2 and file._parts.count > 2)
                count, kept = file._parts.count, file._parts.next_part
                version = file._parts.version
            again = site.hears("The broker runs again.")
            os.kill(site.supervisor.pid("broker"), signal.SIGKILL)
            async with asyncio.timeout(PATIENCE_S):
                await again.wait()
            async with node_alone(site, "front", PackFile(who, match_of(who), lambda _: None)) as node:
                await node.until(lambda: bool(node.wanted))
                node.report((version, kept))
                alone = await node.has_newest()
                assert (alone.version, {part for _, part in node.seen}) == (version, set(range(kept, count)))
                assert alone.decide(card(crowd[7]), site_ms(), "set").verdict == "grant"

    asyncio.run(story())


async def many(site: RunningSite, count: int) -> list[str]:
    """So many members with a card each that their pack takes several parts."""
    from ostiary.controller.people import evidence, membership, registry

    numbers = [f"9{n:05d}" for n in range(count)]
    tags = [await site.keeper.act("card-tag", {"number": number}, **WHO) for number in numbers]
    at_ms = site_ms()
    with site.people.begin() as conn:
        form = evidence.Evidence("crowd", sha256(b"crowd").hexdigest(), "enrolment-form", "Enrolment form")
        evidence.keep(conn, form)
        for tag in tags:
            person = registry.add(conn, registry.new_id(os.urandom(10)), "Member", at_ms).id
            membership.add_membership(conn, person, "active", "crowd", "test", at_ms, from_ms=at_ms - 1_000)
            cards.add_card(conn, person, tag["tag"], "card", at_ms, sealed=base64url.decode(tag["sealed"]))
    await site.keeper.act("refresh", {}, **WHO)
    return numbers


def test_a_door_that_denies_offline_has_no_pack_and_a_lockdown_leaves_one_that_grants_nobody(tmp_path: Path) -> None:
    async def story() -> None:
        async with running_site(tmp_path / "site") as site:
            await site.member("Ada", CARD)
            async with node_alone(site, "front") as front, node_alone(site, "laser-room") as laser:
                await front.until(
                    lambda: (
                        front.file.alone is not None
                        and front.file.alone.decide(card(CARD), site_ms(), "set").verdict == "grant"
                    )
                )
                await laser.until(lambda: bool(laser.wanted))
                assert (laser.wanted["offline"], laser.file.alone) == ("deny", None)
                await site.keeper.act("lockdown", {"door": "front"}, **WHO, purpose="a test")
                await front.until(
                    lambda: (
                        front.wanted["lockdown"]
                        and front.file.alone is not None
                        and front.file.alone.decide(card(CARD), site_ms(), "set").verdict == "deny"
                    )
                )
                await site.keeper.act("resume", {"door": "front"}, **WHO, purpose="a test")
                await front.until(
                    lambda: (
                        front.file.alone is not None
                        and front.file.alone.decide(card(CARD), site_ms(), "set").verdict == "grant"
                    )
                )
                # The same door, told to decide nothing alone: the pack that it has is worth nothing.
                text = policy(closed_today=False).replace("front:", "front:\n    offline: deny\n   ", 1)
                if "offline: deny\n" in text:
                    await publish(site.keeper, text, "deny.yaml")
                    await front.until(lambda: front.wanted["offline"] == "deny" and front.file.alone is None)

    asyncio.run(story())


@pytest.mark.timeout(180)
def test_a_person_walks_through_by_card_and_face_while_the_keeper_is_away(tmp_path: Path) -> None:
    """The shipped door, whole: virtual board, real node, real face models."""

    async def story() -> None:
        nothing: Callable[[str], None] = lambda _: None  # noqa: E731
        waited: dict[str, asyncio.Event] = {}

        def say(text: str) -> None:
            if event := waited.get(text):
                event.set()

        site = Site("northside", free_port(), free_port())
        async with opened(tmp_path / "site", site, ("front",), web=False, step=nothing, say=say) as house:
            await publish(house.keeper, policy(closed_today=False), "test.yaml")
            ada = await enrol_member(house.places, house.keeper, "Ada", CARD)

            async def pack() -> dict[str, Any]:
                (node,) = (await house.keeper.act("standing", {}, **WHO))["nodes"]
                return node["pack"]

            async with asyncio.timeout(PATIENCE_S):
                while (held := await pack())["people"] != 1 or held["in_use"] != held["version"]:  # noqa: ASYNC110
                    await asyncio.sleep(0.05)
            assert held["window"] == {"connected_ms": 960_000, "cut_off_ms": 86_400_000}
            os.kill(house.supervisor.pid("keeper"), signal.SIGSTOP)
            shown = {
                "face": await walks(house.places, CARD, "member-2"),
                "stranger": await walks(house.places, CARD, "stranger-1"),
                "unknown card": await walks(house.places, OTHER, "member-2"),
            }
            assert {name: reply["show"]["say"] for name, reply in shown.items()} == {
                "face": "yes", "stranger": "no", "unknown card": "no",
            }  # fmt: skip
            again = waited.setdefault("The keeper runs again.", asyncio.Event())
            os.kill(house.supervisor.pid("keeper"), signal.SIGKILL)
            async with asyncio.timeout(PATIENCE_S):
                await again.wait()
            found = {name: await told(house.keeper, reply["receipt"]) for name, reply in shown.items()}
            assert {name: (one["verdict"], one["body"]["reason"], one["body"]["decided"], one["outcome"]["kind"])
                    for name, one in found.items()} == {
                "face": ("grant", "granted", "offline", "acted"),
                "stranger": ("deny", "face-mismatch", "offline", "acted"),
                "unknown card": ("deny", "not-in-pack", "offline", "acted"),
            }  # fmt: skip
            assert [found[name]["body"]["person"] for name in ("face", "stranger", "unknown card")] == [ada, ada, None]
            assert found["face"]["body"]["way"] == "card+face"
            online = await walks(house.places, CARD, "member-2")
            assert (await told(house.keeper, online["receipt"]))["body"]["decided"] == "online"

    asyncio.run(story())


async def walks(places: Places, number: str, portrait: str) -> dict[str, Any]:
    shown, blob = together([samples.portrait(portrait).read_bytes()])
    reply = await walk_up(places.doorstep("front"), {"do": "present", "card": number, "walk": True, **shown}, blob)
    assert "error" not in reply, reply
    return reply


async def told(keeper: Keeper, receipt: str) -> dict[str, Any]:
    """The decision with its outcome, once the journal has told of both."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            try:
                found = await keeper.act("look-up", {"receipt": receipt}, **WHO, purpose="a test")
            except (ActError, NobodyThere):
                await asyncio.sleep(0.1)
                continue
            if found["outcome"] is not None:
                return found
            await asyncio.sleep(0.1)
