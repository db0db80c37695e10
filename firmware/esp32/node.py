"""Wires one ESP32 door node together: identity, journal, line and fittings around the mind, in one event loop."""

import asyncio
import os

from ostiary.firmware.door.door import Door
from ostiary.firmware.door.host import Host, Outside
from ostiary.firmware.esp32 import clock, counts, identity
from ostiary.firmware.esp32.journal_file import JournalFile
from ostiary.firmware.esp32.link import Link
from ostiary.firmware.esp32.packs import Packs
from ostiary.protocol.parts import LONGEST_CARD, LONGEST_PASS

TYPE_CHECKING = False  # MicroPython has no `typing` to import it from.
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from typing import Any

    from ostiary.firmware.door.host import Reply
    from ostiary.firmware.esp32.fittings import Fittings

FIRMWARE = "ostiary-esp32 0.1.0"
LONGEST_WAIT_MS = 1_000
READY_WAIT_MS = 5_000
NOTHING_MEASURED = ("decode", "detect", "align", "quality", "embed")
NOTHING_PRESENTED = {
    "what": "Nothing was presented.",
    "why": "There was neither card nor pass.",
    "now": "Present one of them.",
}
NOT_READ = {
    "what": "It was not read.",
    "why": "A card has 1 to 64 characters, and a pass 1 to 400.",
    "now": "Hold it to the reader again.",
}
OCCUPIED = {
    "what": "The door was busy.",
    "why": "Somebody else was being answered.",
    "now": "Wait a moment, and try again.",
}


async def _always_there(now_ms: int) -> None:
    """A network that needs nothing of us."""


class Node:
    """One node in one boot. `files` is the folder of journal and counters; `reboot()` does not come back on a chip;
    `network(now_ms)` comes back when the broker may be dialled."""

    def __init__(
        self,
        who: identity.Identity,
        files: str,
        fittings: "Fittings",
        reboot: "Callable[[], None]",
        log: "Callable[[str], None]",
        network: "Callable[[int], Awaitable[None]]" = _always_there,
    ) -> None:
        self._files = files
        self._fittings = fittings
        self._clock = clock.Monotonic()
        self._turned = asyncio.Event()
        self._online = asyncio.Event()
        self._wired = asyncio.Event()
        self._levels: "dict[str, bool]" = {}
        self._tasks: "list[Any]" = []
        self.bad = counts.begin(files + "/bad-boots")
        self.journal = JournalFile(files + "/journal")
        boot = counts.next_boot(files + "/boot", self.journal.kept.last_boot)
        safe_mode = self.bad >= counts.MOST_BAD
        about = {"firmware": FIRMWARE, "roles": list(who.roles), "virtual": who.virtual}
        last_words = {"v": 1, "boot": boot, "clock": clock.wall(0)[1], "safe_mode": safe_mode}
        last_words.update(about)
        self._link = Link(who, last_words, self._heard, self._connected, self._clock.now_ms, os.urandom, log, network)
        outside = Outside(
            self._link.say,
            fittings.pulse if "strike" in who.roles else _no_strike,
            fittings.show,
            fittings.tell,
            fittings.want_pin,
            lambda: counts.settle(files + "/bad-boots", 0),
            reboot,
        )
        door = Door(who.door, boot, self.journal.kept, who.roles, safe_mode)
        self.host = Host(
            door, self.journal, outside, Packs(who, files, log), about, os.urandom, self._clock.now_ms, log
        )

    async def run(self, ready: "Callable[[], None]") -> None:
        """Be the node, for ever. `ready` is called when its wires are there and the broker hears it, or after five
        seconds: a missing broker is no reason not to run."""
        self.turn(self.host.start)
        self._tasks = [
            asyncio.create_task(self._fittings.run(self._level, self._brought, self._dropped)),
            asyncio.create_task(self._link.run()),
        ]
        try:
            await asyncio.wait_for(self._whole(), READY_WAIT_MS / 1000)
        except asyncio.TimeoutError:
            pass
        ready()
        while True:
            self._fittings.feed()
            now_ms, due_ms = self._clock.now_ms(), self.host.due_ms()
            wait_ms = LONGEST_WAIT_MS if due_ms is None else max(0, min(due_ms - now_ms, LONGEST_WAIT_MS))
            self._turned.clear()
            try:
                await asyncio.wait_for(self._turned.wait(), wait_ms / 1000)
            except asyncio.TimeoutError:
                self.turn(_pass)

    async def _whole(self) -> None:
        await self._wired.wait()
        await self._online.wait()

    async def stop(self) -> None:
        """End in good order: this start was not a bad one."""
        self._fittings.pulse(0)
        await self._link.stop()
        if not self.host.good:
            counts.settle(self._files + "/bad-boots", self.bad)
        self.journal.close()

    def turn(self, step: "Callable[[int], None]") -> None:
        """One step of the door's mind. The wall clock is told afresh each time: it may be set at any moment."""
        now_ms = self._clock.now_ms()
        offset_ms, confidence = clock.wall(now_ms)
        self.host.handle(("clock", offset_ms, confidence), now_ms)
        step(now_ms)
        self._turned.set()

    def _heard(self, purpose: str, message: "dict[str, Any]") -> None:
        self.turn(lambda now_ms: self.host.heard(purpose, message, now_ms))

    def _connected(self, online: bool) -> None:
        if online:
            self._online.set()
        self.turn(lambda now_ms: self.host.line(online, now_ms))

    def _level(self, name: str, on: bool) -> None:
        self._wired.set()
        if self._levels.get(name) != on:
            self._levels[name] = on
            self.turn(lambda now_ms: self.host.handle((name, on), now_ms))

    def _dropped(self) -> None:
        self.turn(lambda now_ms: self.host.handle(("strike-dropped",), now_ms))

    def _brought(self, facts: "dict[str, Any]", reply: "Callable[[dict[str, Any]], None]") -> None:
        claim = facts.get("claim")
        if claim is None:
            reply({"error": NOTHING_PRESENTED})
        elif len(claim["value"]) > (LONGEST_CARD if claim["kind"] == "card" else LONGEST_PASS):
            reply({"error": NOT_READ})
        elif self.host.busy:
            reply({"error": OCCUPIED})
        else:
            came_ms = self._clock.now_ms()
            told = lambda answered: reply(_told(answered, self._clock.now_ms() - came_ms))  # noqa: E731
            self.turn(lambda now_ms: self.host.attend(facts, told, now_ms))


def _told(answered: "Reply", total_ms: int) -> "dict[str, Any]":
    """What whoever stands at a virtual door is told, as `pi/node.py` tells it."""
    show = dict(answered.show)
    show["receipt"] = answered.slip
    ms: "dict[str, Any]" = dict.fromkeys(NOTHING_MEASURED)
    ms.update(ask_to_answer=answered.answer_ms, total=total_ms)
    return {
        "show": show,
        "receipt": answered.slip["code"] if answered.slip else None,
        "ms": ms,
        "outcome": answered.outcome,
        "faces": 0,
        "no_probe": None,
        "asked_to_turn": False,
        "nonce": answered.nonce or None,
    }


def _no_strike(pulse_ms: int) -> bool:
    """What a node without a strike does with an order for one: nothing, and off is what it is."""
    return not pulse_ms


def _pass(now_ms: int) -> None:
    """Nothing but time has come."""
