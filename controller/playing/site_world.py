"""A site of real processes as a world for scenarios: virtual boards, nodes, broker and keeper, each its own process."""

import asyncio
import contextlib
import os
import signal
import time
from pathlib import Path
from typing import Any

from ostiary.controller.acts.errors import ActError
from ostiary.controller.appointing import appoint
from ostiary.controller.doorstep import NobodyThere, walk_up
from ostiary.controller.fleet import broker
from ostiary.controller.opening import Opened, publish
from ostiary.controller.people.errors import OperatorAlreadyHere
from ostiary.controller.people.roles import ROLES
from ostiary.controller.playing.people import OPERATOR, policy, settle
from ostiary.controller.playing.processes import child_of
from ostiary.controller.playing.witness import Witness
from ostiary.controller.record.reading import Reading
from ostiary.controller.site import log_place
from ostiary.protocol.doorstep import together
from ostiary.scenarios.play.errors import CannotPlay
from ostiary.scenarios.play.judge import Witnessed
from ostiary.scenarios.play.language import OPERATIONS, PLUGS, Scenario, Show, each
from ostiary.scenarios.play.world import Row

MOMENT_S = 0.02
BACK_S = 30.0
REST = {"rex": False, "fire": False, "tamper": False, "config": False, "power": True}
CAN = frozenset(
    {"apart", "hang", "packs", "passes", "pictures", "pins", *OPERATIONS, *(f"unplug {plug}" for plug in PLUGS)}
)

# A virtual chip has no camera, and no guard beside it; its own watchdog ends one that hangs.
CAN_ON_CHIPS = CAN - {"pictures", "unplug guard", "hang"}


class SiteWorld:
    """Plays one scenario after the other on the same open site; the doors that they name must be among its doors.

    `patient`: scenarios that take minutes are played too. `portraits` gives the bytes of a picture by its name.
    """

    name = "real processes"

    def __init__(self, house: Opened, portraits: dict[str, bytes], can: frozenset[str], patient: bool) -> None:
        self._house, self._portraits = house, portraits
        self.can = can | {"long"} if patient else can
        self._reading = Reading(log_place(house.places))
        self._witness: dict[str, Witness] = {}
        self._passes: dict[str, str] = {}
        self._base = 0
        self._cut = False
        self._excused: set[str] = set()

    @property
    def now_ms(self) -> int:
        return time.monotonic_ns() // 1_000_000

    async def enter(self, scenario: Scenario) -> None:
        keeper, places = self._house.keeper, self._house.places
        shown = {name for step in each(scenario.steps) if isinstance(step, Show) for name in step.pictures}
        if unknown := shown - set(self._portraits):
            raise CannotPlay(
                f"{scenario.name} cannot be played here. It shows {', '.join(sorted(unknown))}, and the portraits are "
                f"{', '.join(sorted(self._portraits))}. Name one of these."
            )
        await asyncio.to_thread(_appointed, places.data)
        self._base = await asyncio.to_thread(self._reading.size)
        self._passes = await settle(places, self._house.site.name, keeper, scenario)
        await publish(keeper, policy(scenario.doors), f"{scenario.name}.yaml", operator=OPERATOR)
        self._witness = {}
        for door in scenario.doors.values():
            await self._attached(door.name)
            await self._online(door.name)
            edges = await walk_up(places.doorstep(door.name), {"do": "edges", "since": 0, "count": 0})
            self._witness[door.name] = Witness(door, keeper, edges["count"], self._base)

    async def leave(self) -> None:
        if self._cut:
            await self.plug("network", "", False)
        for door in self._witness:
            for pin, level in REST.items():
                await self.set_pin(door, pin, level)
            await self.leaf(door, "close")
        for door in self._excused:
            # Its node remembers for a while that somebody was leaving; the next page begins without that.
            await self.plug("node", door, True)
            await self.plug("node", door, False)
        self._excused.clear()

    async def show(self, shown: Show) -> str:
        told, blob = together([self._portraits[name] for name in shown.pictures])
        token = None if shown.pass_of is None else self._passes[shown.pass_of]
        asked = {"do": "present", "card": shown.card, "pass": token, "pin": shown.pin, **(told if blob else {})}
        try:
            reply = await walk_up(self._house.places.doorstep(shown.door), asked, blob)
        except NobodyThere:
            return "nothing"
        if reply.get("receipt"):
            self._witness[shown.door].promised.add(reply["receipt"])
        return reply.get("show", {}).get("say", "nothing")

    async def leaf(self, door: str, do: str) -> str:
        reply = await self._at(door, {"do": "open" if do == "force" else do})
        if do == "pull" and (reply["rex"] or reply["fire"]):
            self._witness[door].exits.append(reply["how"])
        return reply["how"]

    async def set_pin(self, door: str, pin: str, level: bool) -> None:
        if pin in ("rex", "fire") and level:
            self._excused.add(door)
        await self._at(door, {"do": "set", "pin": pin, "level": level})

    async def pins(self, door: str) -> dict[str, Any]:
        pins = await self._at(door, {"do": "pins"})
        await self._see(door)
        return {**pins, "rises": sum(edge.on for edge in self._witness[door].edges)}

    async def plug(self, what: str, door: str, out: bool) -> None:
        house = self._house
        if what == "network":
            # A stopped broker is a cut wire with everything on it still to come.
            os.kill(house.supervisor.pid("broker"), signal.SIGSTOP if out else signal.SIGCONT)
            self._cut = out
        elif what == "guard":
            if out:
                os.kill(self._guard(door), signal.SIGKILL)
            await self._attached(door)
        elif out:
            if what == "board":
                await self._see(door)
                self._witness[door].power_cut(self.now_ms)
            house.supervisor.unplug(self._program(what, door))
        else:
            house.supervisor.plug(self._program(what, door))
            await self._back(what, door)

    async def hang(self, what: str, door: str, on: bool) -> None:
        pid = self._guard(door) if what == "guard" else self._house.supervisor.pid(self._program("node", door))
        os.kill(pid, signal.SIGSTOP if on else signal.SIGCONT)

    async def set_clock(self, door: str, unix_ms: int) -> None:
        raise NotImplementedError("a process of this machine has this machine's clock; `can` does not name it")

    async def operate(self, act: str, door: str) -> None:
        args: dict[str, Any] = {"door": door}
        if act in ("locate", "reboot"):
            args = {"node": self._strike(door), **({"seconds": 10} if act == "locate" else {})}
        await self._house.keeper.act(act, args, operator=OPERATOR, purpose="a scenario")

    async def wait(self, ms: int) -> None:
        await asyncio.sleep(ms / 1000)

    async def moment(self, until_ms: int) -> None:
        await asyncio.sleep(MOMENT_S)

    async def rows(self, since: int) -> list[Row]:
        found = await asyncio.to_thread(self._reading.since, max(since, self._base) - 1)
        rows: list[Row] = []
        for row in found:
            witness = self._witness.get(row.door or "") if row.kind == "decision" else None
            alone = witness is not None and await witness.made_alone(row.position)
            rows.append(Row(row.position, row.kind, row.door, row.verdict, row.code, row.about, alone))
        return rows

    async def testimony(self, door: str) -> Witnessed:
        await self._see(door)
        return await self._witness[door].testimony(await self.rows(0), self.now_ms)

    async def _at(self, door: str, frame: dict[str, Any]) -> dict[str, Any]:
        return await walk_up(self._house.places.doorstep(door), frame)

    async def _see(self, door: str) -> None:
        """Take down the board's edges since the last look."""
        await self._witness[door].look(self._house.places.doorstep(door))

    def _program(self, what: str, door: str) -> str:
        return {"node": f"node {self._strike(door)}", "board": f"board of {door}"}.get(what, what)

    def _strike(self, door: str) -> str:
        return f"{door}-strike" if self._witness[door].apart else f"{door}-1"

    def _guard(self, door: str) -> int:
        return child_of(self._house.supervisor.pid(self._program("node", door)), "ostiary.firmware.pi.strike_guard")

    async def _back(self, what: str, door: str) -> None:
        if what == "broker":
            await broker.ready(self._house.places)
        elif what == "keeper":
            await self._answers()
        else:
            await self._attached(door)

    async def _answers(self) -> None:
        async with asyncio.timeout(BACK_S):
            while True:
                try:
                    await self._house.keeper.act("standing", {}, operator=OPERATOR)
                    return
                except ActError:
                    await asyncio.sleep(MOMENT_S)

    async def _online(self, door: str) -> None:
        """Until the keeper has heard every node of this door in its present life."""
        async with asyncio.timeout(BACK_S):
            while True:
                standing = await self._house.keeper.act("standing", {}, operator=OPERATOR)
                if all(node["state"] == "online" for node in standing["nodes"] if node["door"] == door):
                    return
                await asyncio.sleep(MOMENT_S)

    async def _attached(self, door: str) -> None:
        async with asyncio.timeout(BACK_S):
            while True:
                try:
                    if all((await self._at(door, {"do": "pins"}))["attached"].values()):
                        return
                except NobodyThere:
                    pass
                await asyncio.sleep(MOMENT_S)


def _appointed(data: Path) -> None:
    """See that the operator of scenarios is there; an earlier one may have brought them."""
    with contextlib.suppress(OperatorAlreadyHere):
        appoint(data, OPERATOR, ROLES)
