"""Wires one door node together: identity, journal, guard, link, sight and hardware around the door's mind."""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ostiary.firmware.door.door import Door
from ostiary.firmware.pi import boot_count, clock, identity
from ostiary.firmware.pi.guard import Guard
from ostiary.firmware.pi.hardware import Camera, Display, Inputs, Visit
from ostiary.firmware.pi.host import Host
from ostiary.firmware.pi.journal_file import JournalFile
from ostiary.firmware.pi.link import Link
from ostiary.firmware.pi.sight import NotAsked, Seen, Sight, load_pipeline

FIRMWARE = "ostiary-pi 0.1.0"
LONGEST_WAIT_S = 1.0
REPLY_WAIT_S = 10.0
READY_WAIT_S = 5.0


@dataclass(frozen=True, slots=True)
class Hardware:
    """The adapters of one node; `pins` names the strike for the guard, `start` begins, `close` ends them all."""

    pins: str
    inputs: Inputs
    camera: Camera
    display: Display
    start: Callable[[], None]
    close: Callable[[], None]


class NoHardware(RuntimeError):
    """This node's hardware cannot be used from here."""


class Blind(RuntimeError):
    """The thread that takes visits ended by itself; a node that hears nobody must not look alive."""


def run(directory: Path, doorstep: Path | None) -> None:
    """Be the node of `directory` until SIGTERM. `doorstep`: the socket of a virtual board.

    Raises `BadIdentity`, `BootCountLost`, `NoHardware`, `CameraMissing`, `Blind`, and OSError for its own files.
    """
    who = identity.read(directory)
    if set(who.roles) != {"reader", "strike"}:
        raise NoHardware(
            f"The node {who.node} cannot run alone. It has the role {' and '.join(who.roles)} only, and this program "
            "reads and drives the strike. Claim the node again with both roles, for a place inside."
        )
    journal = JournalFile(who.journal)
    boot = boot_count.next_boot(who.boot, journal.kept.last_boot)
    hardware = _virtual(doorstep) if who.virtual else _raspberry(doorstep)
    status = {"v": 1, "state": "online", "boot": boot, "firmware": FIRMWARE}
    status.update(roles=list(who.roles), virtual=who.virtual, clock=clock.wall()[1], safe_mode=False)
    node = Node()
    guard = Guard(hardware.pins, node.guard_said, log)
    link = Link(who, status, node.heard, node.connected, log, os.urandom)
    door = Door(who.door, boot, journal.kept)
    node.host = Host(door, journal, hardware.display, link.say, guard.pulse, os.urandom, log)
    node.guard = guard
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: node.stop())
    node.turn(lambda now_ms: node.host.handle(("start",), now_ms))
    sight = Sight(load_pipeline, log)
    try:
        hardware.inputs.watch(node.level)
        guard.start()
        sight.start()
        link.start()
        hardware.start()
        looking = (hardware.camera, sight, hardware.display.ask_to_turn)
        threading.Thread(target=node.watch, args=looking, name="visits", daemon=True).start()
        node.wait_ready()
        print("READY", flush=True)
        node.loop()
    finally:
        # The strike first: everything after this may take its time.
        guard.close()
        hardware.close()
        link.stop()
        journal.close()


class Node:
    """One queue and one thread for the door's mind; every other thread only puts into the queue."""

    host: Host
    guard: Guard

    def __init__(self) -> None:
        self._turns: queue.SimpleQueue[Callable[[int], None] | None] = queue.SimpleQueue()
        self._online = threading.Event()
        self._stopping = threading.Event()
        self.liveness = "none"  # what the door asks for, as far as the keeper has said

    def heard(self, purpose: str, message: dict[str, Any]) -> None:
        """From the link."""
        if purpose == "answer":
            self._turns.put(lambda now_ms: self.host.handle(("answer", message), now_ms))
        else:
            self.liveness = message.get("liveness", "none")
            self._turns.put(lambda now_ms: self.host.acknowledged(message["journal_upto"], now_ms))

    def connected(self, online: bool) -> None:
        """From the link. Losing the network moves nothing."""
        if online:
            self._online.set()
            self._turns.put(lambda now_ms: self.host.reconnected())

    def level(self, name: str, value: bool) -> None:
        """From contact and REX."""
        self._turns.put(lambda now_ms: self.host.handle((name, value), now_ms))

    def guard_said(self, order: int, said: str) -> None:
        """From the guard, about its order of that number."""

        def dropped(now_ms: int) -> None:
            # What the guard says of an earlier pulse is no news about this one.
            if order == self.guard.orders:
                self.host.handle(("strike-dropped",), now_ms)

        if said.startswith("refused"):
            log(f"strike guard: {said}")
        if said != "on":
            self._turns.put(dropped)

    def watch(self, camera: Camera, sight: Sight, ask_to_turn: Callable[[], None]) -> None:
        """Take visits one after the other; in a thread of its own, because looking takes its time."""
        try:
            for visit in camera.visits():
                try:
                    seen = sight.see(visit, self.liveness, ask_to_turn)
                except NotAsked as not_asked:
                    visit.reply({"error": not_asked.error})
                    continue
                if not visit.unasked or "probe" in seen.facts:
                    self._attend(visit, seen)
        finally:
            self._turns.put(None)

    def _attend(self, visit: Visit, seen: Seen) -> None:
        replied = threading.Event()

        def reply(said: dict[str, Any]) -> None:
            visit.reply(said)
            replied.set()

        attended = replace(visit, reply=reply)
        self._turns.put(lambda now_ms: self.host.visit(attended, seen, now_ms))
        replied.wait(REPLY_WAIT_S)

    def wait_ready(self) -> None:
        """Until the strike is known to be off and the broker hears us; a missing broker is no reason not to run."""
        self.guard.ready.wait(READY_WAIT_S)
        self._online.wait(READY_WAIT_S)

    def stop(self) -> None:
        """End `loop`; safe in a signal handler."""
        self._stopping.set()
        self._online.set()
        self._turns.put(lambda now_ms: None)

    def loop(self) -> None:
        """Turn after turn, until `stop`. Raises `Blind`."""
        while not self._stopping.is_set():
            due_ms = self.host.due_ms()
            wait_s = LONGEST_WAIT_S if due_ms is None else (due_ms - clock.now_ms()) / 1000
            try:
                step = self._turns.get(timeout=min(max(wait_s, 0.0), LONGEST_WAIT_S))
            except queue.Empty:
                step = _pass
            if step is None:
                if self._stopping.is_set():
                    return
                raise Blind("The node no longer sees visits; the lines above say why. Start it again.")
            self.turn(step)

    def turn(self, step: Callable[[int], None]) -> None:
        """One step of the door's mind. The wall clock is told afresh each time: it may be set at any moment."""
        now_ms = clock.now_ms()
        self.host.handle(("clock", *clock.wall()), now_ms)
        step(now_ms)


def _pass(now_ms: int) -> None:
    """Nothing but time has come."""


def _virtual(doorstep: Path | None) -> Hardware:
    if doorstep is None:
        raise NoHardware(
            "The node has no hardware. It is a virtual node, and no board was named. Add --doorstep SOCKET."
        )
    from ostiary.firmware.virtual.attachment import Attachment
    from ostiary.firmware.virtual.camera import BoardDisplay, PostedCamera
    from ostiary.firmware.virtual.pins import BoardInputs

    attachment = Attachment(doorstep, log)
    camera = PostedCamera(attachment)

    def close() -> None:
        camera.close()
        attachment.close()

    return Hardware(
        f"board:{doorstep}", BoardInputs(attachment), camera, BoardDisplay(attachment), attachment.start, close
    )


def _raspberry(doorstep: Path | None) -> Hardware:
    if doorstep is not None:
        raise NoHardware(
            "The node is not virtual. Its certificate is for real hardware, so it takes no virtual doorstep. "
            "Leave --doorstep away, or claim a virtual node."
        )
    try:
        from ostiary.firmware.pi import pins_gpio
        from ostiary.firmware.pi.camera_pi import PiCamera

        inputs = pins_gpio.GpioInputs()
    except (ImportError, OSError, RuntimeError) as mistake:
        # gpiozero's own errors for a missing chip or pin library derive from these.
        raise NoHardware(
            f"The pins cannot be used. {mistake}. On a Raspberry Pi install the extra: pip install 'ostiary[pi]'"
        ) from mistake
    camera = PiCamera()

    def close() -> None:
        camera.close()
        inputs.close()

    return Hardware(f"gpio:{pins_gpio.STRIKE}", inputs, camera, DarkDisplay(), lambda: None, close)


class DarkDisplay:
    """A door without a display: a person learns from the strike, and looks decisions up by door and minute."""

    def show(self, show: dict[str, Any], slip: dict[str, Any] | None) -> None:
        """Leave a line for whoever commissions the door."""
        log(f"shows {show['say']}")

    def ask_to_turn(self) -> None:
        """Leave a line; a notice beside such a door has to say it."""
        log("asks to turn the head slowly to one side and back")


def log(line: str) -> None:
    """One plain line on standard error; callers name no person, card, probe or secret."""
    with contextlib.suppress(OSError):  # a full disk under the log must not end the door
        print(f"node: {line}", file=sys.stderr, flush=True)
