"""Wires one door node together: identity, journal, guard, link, sight and hardware around the door's mind."""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from ostiary.firmware.door.door import Door
from ostiary.firmware.door.host import Host, Outside
from ostiary.firmware.pi import bad_boots, boot_count, clock, fittings, identity, notify
from ostiary.firmware.pi.guard import Guard
from ostiary.firmware.pi.hardware import Camera, Visit
from ostiary.firmware.pi.journal_file import JournalFile
from ostiary.firmware.pi.link import Link
from ostiary.firmware.pi.looking import Looking
from ostiary.firmware.pi.pack_file import PackFile, match_of
from ostiary.firmware.pi.sight import NotAsked, Seen, Sight
from ostiary.firmware.pi.visiting import attend

FIRMWARE = "ostiary-pi 0.1.0"
LONGEST_WAIT_S = 1.0
REPLY_WAIT_S = 10.0
READY_WAIT_S = 5.0

NO_FACES = {
    "what": "This door does not look at faces now.",
    "why": "They are switched off here, or the door runs in safe mode.",
    "now": "Use a card.",
}


class Blind(RuntimeError):
    """The thread that takes visits ended by itself; a node that hears nobody must not look alive."""


def run(directory: Path, chosen: fittings.Chosen) -> bool:
    """Be the node of `directory` until SIGTERM, or until its keeper orders a reboot: True then, and whoever started it
    starts it again.

    Raises `BadIdentity`, `BadProfile`, `BootCountLost`, `NoHardware`, `Blind`, and OSError for its own files.
    """
    who = identity.read(directory)
    bad = bad_boots.begin(who.bad_boots)
    journal = JournalFile(who.journal)
    boot = boot_count.next_boot(who.boot, journal.kept.last_boot)
    hardware = fittings.fit(who, chosen, log)
    safe_mode = bad >= bad_boots.MOST
    about = {"firmware": FIRMWARE, "roles": list(who.roles), "virtual": who.virtual}
    last_words = {"v": 1, "boot": boot, "clock": clock.wall()[1], "safe_mode": safe_mode, **about}
    node = Node()
    guard = None if hardware.pins is None else Guard(hardware.pins, node.guard_said, log)
    link = Link(who, last_words, node.heard, node.connected, log, os.urandom)
    outside = Outside(
        say=link.say,
        pulse=no_strike if guard is None else guard.pulse,
        show=hardware.display.show,
        tell=hardware.tell,
        want_pin=hardware.want_pin,
        good=lambda: bad_boots.settle(who.bad_boots, 0),
        reboot=node.reboot,
    )
    door = Door(who.door, boot, journal.kept, who.roles, safe_mode)
    packs = PackFile(who, match_of(who), log)
    node.host = Host(door, journal, outside, packs, about, os.urandom, clock.stopwatch, log)
    node.guard = guard
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: node.stop())
    node.turn(node.host.start)
    sight = Sight(Looking(log))
    try:
        hardware.inputs.watch(node.level)
        if guard is not None:
            guard.start()
        # Loading the models may be what goes wrong again and again.
        if hardware.camera is not None and hardware.looks and not safe_mode:
            sight.start()
        link.start()
        hardware.start()
        if hardware.camera is not None:
            looking = (hardware.camera, sight, hardware.display.ask_to_turn)
            threading.Thread(target=node.watch, args=looking, name="visits", daemon=True).start()
        node.wait_ready()
        print("READY", flush=True)
        notify.tell(notify.READY)
        node.loop()
        if not node.host.good:
            bad_boots.settle(who.bad_boots, bad)
    finally:
        notify.tell(notify.STOPPING)
        # The strike first: everything after this may take its time.
        if guard is not None:
            guard.close()
        hardware.close()
        sight.close()
        link.stop()
        journal.close()
    return node.rebooting


class Node:
    """One queue and one thread for the door's mind; every other thread only puts into the queue."""

    host: Host
    guard: Guard | None

    def __init__(self) -> None:
        self._turns: queue.SimpleQueue[Callable[[int], None] | None] = queue.SimpleQueue()
        self._online = threading.Event()
        self._stopping = threading.Event()
        self.rebooting = False

    def heard(self, purpose: str, message: dict[str, Any]) -> None:
        """From the link."""
        self._turns.put(lambda now_ms: self.host.heard(purpose, message, now_ms))

    def connected(self, online: bool) -> None:
        """From the link. Losing the network moves nothing."""
        if online:
            self._online.set()
        self._turns.put(lambda now_ms: self.host.line(online, now_ms))

    def reboot(self) -> None:
        """End `loop`, to be started again."""
        self.rebooting = True
        self.stop()

    def level(self, name: str, value: bool) -> None:
        """From the door's inputs."""
        self._turns.put(lambda now_ms: self.host.handle((name, value), now_ms))

    def guard_said(self, order: int, said: str) -> None:
        """From the guard, about its order of that number."""

        def dropped(now_ms: int) -> None:
            # What the guard says of an earlier pulse is no news about this one.
            if self.guard is not None and order == self.guard.orders:
                self.host.handle(("strike-dropped",), now_ms)

        if said.startswith("refused"):
            log(f"strike guard: {said}")
        if said != "on":
            self._turns.put(dropped)

    def watch(self, camera: Camera, sight: Sight, ask_to_turn: Callable[[], None]) -> None:
        """Take visits one after the other; in a thread of its own, because looking takes its time."""
        try:
            for visit in camera.visits():
                door = self.host.door
                if not door.looks_at_faces and (visit := _without_pictures(visit)) is None:
                    continue
                try:
                    seen = sight.see(visit, door.standing.liveness, ask_to_turn)
                except NotAsked as not_asked:
                    visit.reply({"error": not_asked.error})
                    continue
                if not visit.unasked or seen.worth_asking:
                    self._attend(visit, seen)
        finally:
            self._turns.put(None)

    def _attend(self, visit: Visit, seen: Seen) -> None:
        replied = threading.Event()

        def reply(said: dict[str, Any]) -> None:
            visit.reply(said)
            replied.set()

        attended = replace(visit, reply=reply)
        self._turns.put(lambda now_ms: attend(self.host, attended, seen, now_ms))
        replied.wait(REPLY_WAIT_S)

    def wait_ready(self) -> None:
        """Until the strike is known to be off and the broker hears us; a missing broker is no reason not to run."""
        if self.guard is not None:
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
            # A mind that hangs in a turn says this no more, and systemd ends it; the guard drops the strike then.
            notify.tell(notify.ALIVE)

    def turn(self, step: Callable[[int], None]) -> None:
        """One step of the door's mind. The wall clock is told afresh each time: it may be set at any moment."""
        now_ms = clock.now_ms()
        self.host.handle(("clock", *clock.wall()), now_ms)
        step(now_ms)


def no_strike(pulse_ms: int) -> bool:
    """What a node without a strike does with an order for one: nothing, and off is what it is."""
    return not pulse_ms


def _without_pictures(visit: Visit) -> Visit | None:
    """The same visit without what a camera saw; None where there was nothing else, which its person is told."""
    if visit.card is None and visit.token is None and (visit.pictures or visit.pixels is not None):
        if not visit.unasked:
            visit.reply({"error": NO_FACES})
        return None
    return replace(visit, pictures=(), pixels=None)


def _pass(now_ms: int) -> None:
    """Nothing but time has come."""


def log(line: str) -> None:
    """One plain line on standard error; callers name no person, card, probe or secret."""
    with contextlib.suppress(OSError):  # a full disk under the log must not end the door
        print(f"node: {line}", file=sys.stderr, flush=True)
