"""Faults at a door in virtual time: each case is a number, and is judged at its end."""

import os
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ostiary.firmware.virtual.quick.wiring import NEEDLESS, ONE_SHOT
from ostiary.firmware.virtual.quick.world import QuickWorld
from ostiary.protocol import base64url
from ostiary.scenarios.play.judge import Judgement, Witnessed, judge
from ostiary.scenarios.play.language import Show
from ostiary.scenarios.play.page import parse

SEED = os.environ.get("OSTIARY_SEED", "14 March")
CARDS = ("4711", "4711", "4712", "999")
PAGE = b"""
scenario: A door to which everything happens.
tells: Nothing by itself.
doors: {front: {takes: card, pulse: 3s, nodes: one, alone: deny}}
people: {ada: {card: "4711"}, bob: {card: "4712", member: no}}
steps: [{wait: 1s}]
"""
SETTLE_MS = 200_000
SLACK_MS = 1_500  # a hung guard is killed after a second, and the next one starts
ONE_SHOT_MS = 3_000 + SLACK_MS  # what the wiring does where node and guard hang or die together


@dataclass
class Tally:
    """What was done and what came of it, over all cases."""

    cases: dict[str, int] = field(default_factory=dict)
    edges: int = 0
    decisions: int = 0
    entries: int = 0
    unearned: int = 0
    lost: int = 0
    one_shots: int = 0

    def count(self, fault: str, told: Witnessed, judged: Judgement) -> None:
        self.cases[fault] = self.cases.get(fault, 0) + 1
        self.add(told, judged)

    def add(self, told: Witnessed, judged: Judgement) -> None:
        """What a judged door had done."""
        self.edges += judged.rises
        self.decisions += len(told.decided)
        self.entries += len(told.journals[0].noted)
        self.unearned += judged.unearned
        self.lost += judged.lost
        self.one_shots += sum(edge.by == ONE_SHOT for edge in told.edges)

    @property
    def said(self) -> str:
        return (
            f"{sum(self.cases.values())} cases at a door, {self.edges} strike edges, {self.decisions} decisions, "
            f"{self.entries} journal entries; unearned: {self.unearned}, lost: {self.lost}, "
            f"dropped by the wiring since all else hung: {self.one_shots}"
        )


DOOR_TALLY = Tally()


class Case:
    """One door, and what chance does to it. `any_door`: chance decides too whether it has two nodes and a pack."""

    def __init__(self, number: int | str, any_door: bool = False) -> None:
        self.dice = random.Random(f"{SEED}/{number}")
        self.world = QuickWorld(f"{SEED}/{number}", odd=self.dice.choice([0.0, 0.0, 0.1]), one_shot_ms=ONE_SHOT_MS)
        page = PAGE
        if any_door:
            page = page.replace(b"nodes: one", self.dice.choice([b"nodes: one", b"nodes: one", b"nodes: two"]))
            page = page.replace(b"alone: deny", self.dice.choice([b"alone: deny", b"alone: pack"]))
        self.world.build(parse(page, "faults.yaml"))
        self.did: list[str] = []
        self.run(3_000)

    @property
    def node(self) -> Any:
        return self.world.doors["front"].strike

    @property
    def flash(self) -> Any:
        return self.node.flash

    def run(self, ms: int) -> None:
        self.world.clockwork.run(self.world.now_ms + ms)

    def visit(self) -> None:
        self.world.present(Show(0, "front", card=self.dice.choice(CARDS)))

    def two_at_once(self) -> None:
        self.visit()
        self.visit()

    def pull(self) -> None:
        self.world.move("front", "pull")

    def force(self) -> None:
        self.world.move("front", "force")

    def close(self) -> None:
        self.world.move("front", "close")

    def jitter(self) -> None:
        for _ in range(self.dice.randrange(2, 40)):
            self.world.move("front", self.dice.choice(["force", "close"]))
            self.run(self.dice.randrange(0, 3))

    def leave(self) -> None:
        """Whoever is inside gets out, whatever else is going on."""
        self.world.set("front", "rex", True)
        self.world.move("front", "pull")
        self.run(self.dice.randrange(1, 500))
        self.world.move("front", "close")
        if self.dice.random() < 0.8:
            self.world.set("front", "rex", False)

    def plug(self) -> None:
        self.world.pull_plug(self.dice.choice(["broker", "network", "keeper", "node", "board"]), "front", out=True)

    def back(self) -> None:
        for plug in ("broker", "network", "keeper", "node", "board"):
            self.world.pull_plug(plug, "front", out=False)

    def kill_guard(self) -> None:
        self.world.pull_plug("guard", "front", out=True)

    def kill_both(self) -> None:
        self.world.pull_plug("node", "front", out=True)
        self.run(self.dice.randrange(0, 300))
        self.world.pull_plug("node", "front", out=False)

    def stop(self) -> None:
        self.world.freeze(self.dice.choice(["node", "guard"]), "front", on=True)

    def go_on(self) -> None:
        for what in ("node", "guard"):
            self.world.freeze(what, "front", on=False)

    def replay(self) -> None:
        """Somebody says again what was said to this node, as it was."""
        if self.world.wire.sent:
            node, purpose, message = self.dice.choice(self.world.wire.sent)
            self.world.wire.to_node(node, purpose, message)

    def other_owner(self) -> None:
        """Somebody who once owned the site grants, to an ask that is open or was."""
        asked = [message for _, purpose, message in self.world.wire.sent if purpose == "answer"]
        if not asked or self.world.keeper is None:
            return
        self.world.keeper.term = 7
        slip = {"code": f"{self.dice.randrange(10**16):016d}", "leaf": base64url.encode(bytes(32)),
                "salt": base64url.encode(bytes(16))}  # fmt: skip
        stale = {**self.dice.choice(asked), "verdict": "grant", "pulse_ms": 30_000, "term": 1, "receipt": slip,
                 "show": {"say": "yes", "learn": ""}}  # fmt: skip
        self.world.wire.to_node(self.world.doors["front"].reader.name, "answer", stale)

    def operate(self) -> None:
        """An operator orders something, and changes his mind."""
        assert self.world.keeper is not None
        for do in self.dice.choice([("release-once",), ("reboot",), ("locate", "release-once", "release-once")]):
            self.world.keeper.order("front", do)

    def lock_down(self) -> None:
        assert self.world.keeper is not None
        self.world.keeper.locked.add("front")
        self.world.keeper.desire()

    def resume(self) -> None:
        assert self.world.keeper is not None
        self.world.keeper.locked.discard("front")
        self.world.keeper.desire()

    def cut_power(self) -> None:
        self.flash.cut_after = self.dice.randrange(0, 400)

    def power_again(self) -> None:
        self.flash.cut_after = None
        self.node.start()

    def fill(self) -> None:
        self.flash.full = True

    def free(self) -> None:
        self.flash.full = False

    def clock(self) -> None:
        unix_ms = self.dice.choice([0, 1_000, 1_790_000_000_000, 4_070_908_799_000, 4_102_444_800_000])
        self.node.offset_ms = unix_ms - self.world.now_ms

    ACTS = (
        *(visit,) * 8, two_at_once, *(pull,) * 5, force, *(close,) * 4, jitter, *(leave,) * 2, *(plug,) * 3,
        *(back,) * 3, kill_guard, kill_both, stop, *(go_on,) * 2, *(replay,) * 2, other_owner, cut_power,
        *(power_again,) * 2, fill, *(free,) * 2, clock, *(operate,) * 2, lock_down, *(resume,) * 2,
    )  # fmt: skip

    def happen(self, times: int) -> None:
        """So many things, one after the other, with moments between them."""
        for _ in range(times):
            act: Callable[[Case], None] = self.dice.choice(self.ACTS)
            self.did.append(f"{self.world.now_ms}: {act.__name__}")
            act(self)
            self.run(self.dice.choice([0, 1, 5, 40, 300, 1_000, 2_500, 6_000]))

    def judged(self, fault: str) -> None:
        """Everything is put back, comes to rest, and is judged; leaving is tried once more."""
        self.go_on()
        self.free()
        self.power_again()
        self.back()
        self.close()
        self.world.set("front", "rex", False)
        self.run(SETTLE_MS)
        left_ms = self.world.now_ms
        self.leave()
        self.world.set("front", "rex", False)
        self.run(20_000)
        told = self.world.told("front")
        found = judge(told, SLACK_MS)
        DOOR_TALLY.count(fault, told, found)
        self.world.close()
        story = "\n".join(
            [
                *self.did,
                *(f"{entry.at_ms}: {entry.seq} {entry.kind} {entry.receipt}" for entry in told.journals[0].noted),
            ]
        )
        assert not [edge for edge in told.edges if edge.by == NEEDLESS], f"{fault}: only the wiring dropped it\n{story}"
        assert not found.findings, f"{fault}: {found.findings}\n{story}\n{told.edges}"
        assert told.exits[-1] in ("exit", "pulse"), fault
        last = [entry.kind for entry in told.journals[0].noted if (entry.at_ms or 0) >= left_ms]
        assert [kind for kind in last if kind in ("exit", "opened", "closed")] == ["exit", "opened", "closed"], story
