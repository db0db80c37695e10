"""A node in virtual time: the product's own mind, host, journal and guard on simulated pins, flash and wire."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from ostiary.firmware.door.door import Door
from ostiary.firmware.door.host import Host, Outside
from ostiary.firmware.pi import bad_boots, boot_count
from ostiary.firmware.pi.clock import NOT_AFTER_MS, NOT_BEFORE_MS
from ostiary.firmware.pi.guard import HUNG_MS
from ostiary.firmware.pi.hardware import Visit
from ostiary.firmware.pi.sight import Seen
from ostiary.firmware.pi.visiting import attend
from ostiary.firmware.virtual.leaf import Leaf
from ostiary.firmware.virtual.pins import INSIDE, OWN
from ostiary.firmware.virtual.quick.alone import QuickAlone, QuickPacks
from ostiary.firmware.virtual.quick.clockwork import Clockwork
from ostiary.firmware.virtual.quick.flash import Flash, FlashJournal, PowerCut
from ostiary.firmware.virtual.quick.guard import QuickGuard
from ostiary.firmware.virtual.quick.wire import Wire

START_MS = 400
REPLY_WAIT_MS = 10_000
SEES_TO_IT_MS = START_MS + HUNG_MS + 500  # until a node that is well has ended a guard that hangs, and started another
NOTHING_MEASURED = {"decode": None, "detect": None, "align": None, "quality": None, "embed": None}
Reply = Callable[["dict[str, Any]"], None]


class QuickNode:
    """One node of one door. `noted` is every entry that its journal ever held durably, through all its lives."""

    def __init__(
        self,
        name: str,
        door: str,
        roles: tuple[str, ...],
        clockwork: Clockwork,
        leaf: Leaf,
        flash: Flash,
        wire: Wire,
        dice: random.Random,
    ) -> None:
        self.name, self.door_name, self.roles = name, door, roles
        self._clockwork, self._leaf, self.flash, self._wire, self._dice = clockwork, leaf, flash, wire, dice
        self.noted: list[dict[str, Any]] = []
        self.noted_ms: list[int] = []
        self.told: list[str] = []
        self.packs = QuickPacks()
        self.display: dict[str, Any] | None = None
        self.guard: QuickGuard | None = None
        self.host: Host | None = None
        self.offset_ms = 1_790_000_000_000
        self.hung = False
        self._waiting: list[Callable[[int], None]] = []
        self._visits: list[tuple[dict[str, Any], Reply]] = []
        self._life = 0
        self._tick_at_ms = self._well_since_ms = 0
        self._orphan: QuickGuard | None = None
        self._journal: FlashJournal | None = None

    # --- its lives -----------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin a life, unless the flash refuses; then try again as a supervisor would."""
        if self.host is not None:
            return
        self._life += 1
        self._tick_at_ms, life, self._well_since_ms = 0, self._life, self._clockwork.now_ms
        try:
            self._journal = FlashJournal(self.flash, self.noted)
            boot = boot_count.next_boot(self.flash.boot, self._journal.kept.last_boot)
            safe_mode = bad_boots.begin(self.flash.bad_boots) >= bad_boots.MOST
        except (OSError, PowerCut):
            self._clockwork.after(START_MS, lambda: self.start() if self._life == life else None)
            return
        self.guard = self._guard_of(life) if "strike" in self.roles else None
        outside = Outside(
            say=self._say,
            pulse=self._pulse,
            show=self._show,
            tell=lambda pattern: self.told.append(pattern),
            want_pin=lambda wanted: None,
            good=lambda: bad_boots.settle(self.flash.bad_boots, 0),
            reboot=lambda: self._clockwork.after(0, self._reboot),
        )
        about = {"firmware": "ostiary-pi 0.1.0", "roles": list(self.roles), "virtual": True}
        door = Door(self.door_name, boot, self._journal.kept, self.roles, safe_mode)
        watch = lambda: float(self._clockwork.now_ms)  # noqa: E731 - a name for the reader
        self.host = Host(
            door, self._journal, outside, self.packs, about, self._dice.randbytes, watch, lambda line: None
        )
        self._turn(lambda now_ms: self._host().start(now_ms))
        self.levels()
        if self.guard is not None:
            self._clockwork.after(START_MS, self.guard.start)
        self._wire.join(self)

    def kill(self) -> None:
        """The process or its power is gone; its guard sees that, and the flash keeps what was synced."""
        if self.host is None:
            return
        self.host, self.hung, self._waiting, self._visits = None, False, [], []
        self._life += 1
        if self._journal is not None:
            self._journal.close()
        self._wire.part(self)
        if self.guard is not None:
            self.guard.end()
            self._orphan, self.guard = self.guard, None

    def _reboot(self) -> None:
        self.kill()
        self._clockwork.after(START_MS, self.start)

    def hang_guard(self, on: bool) -> None:
        """Its guard's process is stopped, or goes on: the one that a dead node left behind, too."""
        guard = self.guard or self._orphan
        if guard is not None:
            guard.hang(on)

    def hang(self, on: bool) -> None:
        """The process is stopped, or goes on with everything that waited for it."""
        self.hung = on
        if not on:
            self._well_since_ms = self._clockwork.now_ms
            if self.guard is not None:
                self.guard.wake()
            waiting, self._waiting = self._waiting, []
            for step in [*waiting, lambda now_ms: self._host().handle(("tick",), now_ms)]:
                self._turn(step)

    # --- what happens to it --------------------------------------------------------------------------------------

    def levels(self) -> None:
        """Tell the mind every input as it is now."""
        for pin in (*INSIDE, *OWN) if "strike" in self.roles else OWN:
            event = (pin, self._leaf.on(pin))
            self._turn(lambda now_ms, event=event: self._host().handle(event, now_ms))

    def visit(self, facts: dict[str, Any], reply: Reply) -> None:
        """Somebody stands there with what an ask may hold; one after the other, as the node takes them."""
        if self.host is None:
            return
        self._visits.append((facts, reply))
        if len(self._visits) == 1:
            self._attend()

    def _attend(self) -> None:
        facts, reply = self._visits[0]
        life, visit = self._life, self._visits[0]

        def replied(said: dict[str, Any]) -> None:
            reply(said)
            self._clockwork.after(0, lambda: self._attended(life, visit))

        seen = Seen(dict(facts), NOTHING_MEASURED, facts.get("faces", 0), None, lambda: None)
        self._turn(lambda now_ms: attend(self._host(), Visit(replied), seen, now_ms))
        self._clockwork.after(REPLY_WAIT_MS, lambda: self._attended(life, visit))

    def _attended(self, life: int, visit: tuple[dict[str, Any], Reply]) -> None:
        if life == self._life and self._visits and self._visits[0] is visit:
            del self._visits[0]
            if self._visits:
                self._attend()

    def heard(self, purpose: str, message: dict[str, Any]) -> None:
        """From the wire."""
        self._turn(lambda now_ms: self._host().heard(purpose, message, now_ms))

    def line(self, up: bool) -> None:
        """From the wire."""
        self._turn(lambda now_ms: self._host().line(up, now_ms))

    def pack(self, alone: QuickAlone) -> None:
        """A pack came."""
        self.packs.held = alone
        self._turn(lambda now_ms: self._host().handle(("pack", alone), now_ms))

    # --- its parts -----------------------------------------------------------------------------------------------

    def _show(self, show: dict[str, Any], slip: dict[str, Any] | None) -> None:
        self.display = {**show, "receipt": slip}

    def _host(self) -> Host:
        assert self.host is not None  # noqa: S101 - steps run only in a life
        return self.host

    def _turn(self, step: Callable[[int], None]) -> None:
        if self.host is None:
            return
        if self.hung:
            self._waiting.append(step)
            return
        now_ms = self._clockwork.now_ms
        try:
            self.host.handle(("clock", *self._wall()), now_ms)
            step(now_ms)
        except PowerCut:
            self.kill()
        while len(self.noted_ms) < len(self.noted):
            self.noted_ms.append(now_ms)
        self._schedule()

    def _wall(self) -> tuple[int, str]:
        unix_ms = self.offset_ms + self._clockwork.now_ms
        return self.offset_ms, "set" if NOT_BEFORE_MS <= unix_ms < NOT_AFTER_MS else "unset"

    def _schedule(self) -> None:
        if self.host is None or (due_ms := self.host.due_ms()) is None:
            return
        now_ms = self._clockwork.now_ms
        due_ms = max(due_ms, now_ms + 1)
        if now_ms < self._tick_at_ms <= due_ms:
            return
        self._tick_at_ms = due_ms
        life = self._life
        self._clockwork.after(due_ms - now_ms, lambda: self._tick(life, due_ms))

    def _tick(self, life: int, at_ms: int) -> None:
        # A later wish for a tick has replaced this one, or the life that wished it is over.
        if life == self._life and at_ms == self._tick_at_ms and not self.hung:
            self._turn(lambda now_ms: self._host().handle(("tick",), now_ms))

    def _say(self, purpose: str, message: dict[str, Any]) -> bool:
        return self._wire.to_keeper(self, purpose, message)

    def _pulse(self, pulse_ms: int) -> bool:
        return self.guard.pulse(pulse_ms) if self.guard is not None else not pulse_ms

    def _guard_of(self, life: int) -> QuickGuard:
        hangs = lambda: self.hung  # noqa: E731 - asked at each moment
        return QuickGuard(self._leaf, self._clockwork, self._guard_said(life), hangs)

    @property
    def able(self) -> bool:
        """Whether anything here could have dropped the strike: the guard, or the node, if it was well for a while."""
        well = self.host is not None and not self.hung and self._clockwork.now_ms - self._well_since_ms > SEES_TO_IT_MS
        return well or (self.guard is not None and self.guard.able)

    def _guard_said(self, life: int) -> Callable[[int, str], None]:
        def reported(order: int, said: str) -> None:
            if life == self._life and said != "on":
                self._turn(lambda now_ms: self._dropped(order, now_ms))

        return reported

    def _dropped(self, order: int, now_ms: int) -> None:
        # What the guard says of an earlier pulse is no news about this one.
        if self.guard is not None and order == self.guard.orders:
            self._host().handle(("strike-dropped",), now_ms)
