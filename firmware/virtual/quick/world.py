"""Virtual time as a world for scenarios: a thousand hours at a door in seconds, and every fault in reach of a hand."""

from __future__ import annotations

import random
import shutil
import tempfile
from pathlib import Path
from typing import Any

from ostiary.firmware.virtual.quick.alone import QuickAlone
from ostiary.firmware.virtual.quick.brought import pass_text, probe
from ostiary.firmware.virtual.quick.clockwork import Clockwork
from ostiary.firmware.virtual.quick.door import QuickDoor
from ostiary.firmware.virtual.quick.flash import Flash
from ostiary.firmware.virtual.quick.keeper import QuickKeeper
from ostiary.firmware.virtual.quick.node import REPLY_WAIT_MS, QuickNode
from ostiary.firmware.virtual.quick.wire import Wire
from ostiary.firmware.virtual.quick.wiring import WiredLeaf
from ostiary.scenarios.play.judge import Journal, Told, Witnessed
from ostiary.scenarios.play.language import OPERATIONS, PLUGS, Scenario, Show
from ostiary.scenarios.play.world import Row

MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of our own in it; where a sync costs nothing
BACK_MS = 1_000  # what was plugged in again has begun
CAN = frozenset(
    {
        "apart",
        "clock",
        "faces",
        "hang",
        "long",
        "packs",
        "passes",
        "pictures",
        "pins",
        *OPERATIONS,
        *(f"unplug {plug}" for plug in PLUGS),
    }
)


class QuickWorld:
    """`seed` decides everything that chance decides; `odd` is how often a message comes a second time, late;
    `one_shot_ms` is that of the strike lines' wiring."""

    name = "virtual time"
    can = CAN

    def __init__(self, seed: str = "0", odd: float = 0.0, one_shot_ms: int | None = None) -> None:
        self._one_shot_ms = one_shot_ms
        self.dice = random.Random(seed)  # noqa: S311 - a simulation is to be the same again
        self.clockwork = Clockwork()
        self.wire = Wire(self.clockwork, self.dice, odd)
        self.doors: dict[str, QuickDoor] = {}
        self.keeper: QuickKeeper | None = None
        self._folder: Path | None = None

    @property
    def now_ms(self) -> int:
        return self.clockwork.now_ms

    async def enter(self, scenario: Scenario) -> None:
        self.build(scenario)
        self.clockwork.run(self.now_ms + 2_000)

    def build(self, scenario: Scenario) -> None:
        """Put up the doors; nothing has happened yet."""
        self._folder = Path(tempfile.mkdtemp(prefix="ostiary-quick-", dir=MEMORY if MEMORY.is_dir() else None))
        nodes: dict[str, tuple[str, tuple[str, ...]]] = {}
        for door in scenario.doors.values():
            parts = {"-reader": ("reader",), "-strike": ("strike",)} if door.apart else {"-1": ("reader", "strike")}
            nodes |= {f"{door.name}{part}": (door.name, roles) for part, roles in parts.items()}
        self.keeper = QuickKeeper(self.clockwork, self.wire, self.dice, scenario.doors, scenario.people, nodes)
        self.wire.keeper = self.keeper.heard
        for name in scenario.doors:
            leaf = WiredLeaf(self.clockwork, self._one_shot_ms)
            here = self.doors[name] = QuickDoor(leaf, [])
            for node, (_, roles) in ((node, its) for node, its in nodes.items() if its[0] == name):
                (self._folder / node).mkdir()
                flash = Flash(self._folder / node)
                here.nodes.append(QuickNode(node, name, roles, self.clockwork, leaf, flash, self.wire, self.dice))
            leaf.able = lambda here=here: here.strike.able
            for node in here.nodes:
                node.start()
        self._pack(scenario)
        self.keeper.desire()

    def _pack(self, scenario: Scenario) -> None:
        members = frozenset(person.card for person in scenario.people.values() if person.card and person.member)
        for name, door in scenario.doors.items():
            node = self.doors[name].strike
            if door.alone and "card" in door.takes:
                node.pack(QuickAlone(1, node.offset_ms + self.now_ms, members, door.pulse_ms))

    async def leave(self) -> None:
        self.close()

    def close(self) -> None:
        """Take the doors down."""
        for door in self.doors.values():
            for node in door.nodes:
                node.kill()
        if self._folder is not None:
            shutil.rmtree(self._folder)
            self._folder = None

    async def show(self, shown: Show) -> str:
        replies = self.present(shown)
        until_ms = self.now_ms + REPLY_WAIT_MS
        while not replies and self.now_ms < until_ms:
            self.step(until_ms)
        return replies[0]["show"]["say"] if replies else "nothing"

    def present(self, shown: Show) -> list[dict[str, Any]]:
        """Hold something to the reader; the list gets its one reply, in its time."""
        door, replies = self.doors[shown.door], list[dict[str, Any]]()

        def reply(said: dict[str, Any]) -> None:
            replies.append(said)
            if said.get("receipt"):
                door.promised.add(said["receipt"])

        facts: dict[str, Any] = {"credential": "card", "claim": {"kind": "card", "value": shown.card}, "faces": 0}
        if shown.pass_of:
            facts |= {"credential": "pass", "claim": {"kind": "pass", "value": pass_text(shown.pass_of)}}
        if shown.pin:
            facts["pin"] = shown.pin
        if shown.pictures:
            facts |= {"credential": "face", "faces": 1, "probe": probe(shown.pictures[0])}
            if shown.card is None and shown.pass_of is None:
                del facts["claim"]
        door.reader.visit(facts, reply)
        return replies

    async def leaf(self, door: str, do: str) -> str:
        return self.move(door, do)

    def move(self, door: str, do: str) -> str:
        """Pull, force or close the leaf."""
        here = self.doors[door]
        how = here.leaf.why_it_opens() if do != "close" else "closed"
        how = "locked" if do == "pull" and how == "forced" else how
        if do == "pull" and (here.leaf.on("rex") or here.leaf.on("fire")):
            here.exits.append(how)
        if how != "locked":
            self.set(door, "contact", do != "close")
        return how

    async def set_pin(self, door: str, pin: str, level: bool) -> None:
        self.set(door, pin, level)

    def set(self, door: str, pin: str, level: bool) -> None:
        """Move an input, and let the nodes see it."""
        here = self.doors[door]
        if here.leaf.set(pin, level, self.now_ms, "person") is not None:
            for node in here.nodes:
                node.levels()

    async def pins(self, door: str) -> dict[str, Any]:
        here = self.doors[door]
        here.look()
        return {**here.leaf.levels(), "display": here.reader.display, "rises": sum(edge.on for edge in here.edges)}

    async def plug(self, what: str, door: str, out: bool) -> None:
        self.pull_plug(what, door, out)
        if not out:
            self.clockwork.run(self.now_ms + BACK_MS)

    def pull_plug(self, what: str, door: str, out: bool) -> None:
        """Pull a plug, or put it back."""
        here = self.doors[door]
        if what == "broker":
            self.wire.cut(not out)
        elif what == "network":
            self.wire.hold(out)
        elif what == "keeper" and self.keeper is not None:
            if out:
                self.keeper.up = False
            else:
                self.keeper.restart()
        elif what == "guard":
            if out and here.strike.guard is not None:
                here.strike.guard.kill()
        elif what == "node":
            for node in here.nodes:
                if out:
                    node.kill()
                else:
                    node.start()
        elif what == "board":
            self._power(here, out)

    async def hang(self, what: str, door: str, on: bool) -> None:
        self.freeze(what, door, on)

    def freeze(self, what: str, door: str, on: bool) -> None:
        """Stop a process, or let it go on."""
        strike = self.doors[door].strike
        if what == "node":
            strike.hang(on)
        else:
            strike.hang_guard(on)

    async def set_clock(self, door: str, unix_ms: int) -> None:
        for node in self.doors[door].nodes:
            node.offset_ms = unix_ms - self.now_ms

    async def operate(self, act: str, door: str) -> None:
        assert self.keeper is not None  # noqa: S101 - nobody operates an empty world
        if act == "lockdown":
            self.keeper.locked.add(door)
        elif act == "resume":
            self.keeper.locked.discard(door)
        else:
            self.keeper.order(door, "release-once" if act == "release" else act)
            return
        self.keeper.desire()

    async def wait(self, ms: int) -> None:
        self.clockwork.run(self.now_ms + ms)

    async def moment(self, until_ms: int) -> None:
        self.step(until_ms)

    def step(self, until_ms: int) -> None:
        """To the next thing that happens, at most until then."""
        due_ms = self.clockwork.next_ms()
        self.clockwork.run(until_ms if due_ms is None else min(due_ms, until_ms))

    async def rows(self, since: int) -> list[Row]:
        return [] if self.keeper is None else [record.row for record in self.keeper.records[since:]]

    async def testimony(self, door: str) -> Witnessed:
        return self.told(door)

    def told(self, door: str) -> Witnessed:
        """Everything that is known of a door."""
        assert self.keeper is not None  # noqa: S101 - nobody judges an empty world
        here = self.doors[door]
        here.look()
        journals = tuple(
            Journal(
                tuple(
                    Told(entry["seq"], entry["kind"], entry.get("receipt"), at_ms)
                    for entry, at_ms in zip(node.noted, node.noted_ms, strict=True)
                ),
                self.keeper.told(node.name),
            )
            for node in sorted(here.nodes, key=lambda node: "strike" not in node.roles)
        )
        return Witnessed(
            tuple(here.edges),
            journals,
            self.keeper.decided(door),
            self.now_ms,
            frozenset(here.promised),
            tuple(here.exits),
        )

    def _power(self, here: QuickDoor, out: bool) -> None:
        """The board's power: its pins fall to their rest, and whoever drove the strike has nothing to drive."""
        if not out:
            return
        here.look()
        for pin, rest in {"strike": False, "contact": False, "rex": False, "fire": False, "tamper": False}.items():
            here.leaf.set(pin, rest, self.now_ms, "start")
        if here.strike.guard is not None:
            here.strike.guard.kill()
        for node in here.nodes:
            node.levels()
