"""The wires of a real chip, by `machine`: the strike with a timer of its own, inputs made quiet, a Wiegand reader whose
edges an interrupt puts into a ring, and the watchdog.

`wires` is the board profile's: function → {"pin", "active" ("high"|"low"), "pull" ("up"|"down"|None), "open-drain"}, as
flashing wrote it. Polarity is `hardware/profile.py`'s: an input is active where its switch is closed, and a cut wire
reads as an open door, a fire, an opened case or a power failure, and never as a REX.
"""

import asyncio
import time
from array import array

import machine

from ostiary.firmware.door.keypad import Entry
from ostiary.firmware.door.settle import Settle
from ostiary.firmware.door.wiegand import Wiegand

TYPE_CHECKING = False  # MicroPython has no `typing` to import it from.
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Reply = Callable[[dict[str, Any]], None]

WATCHDOG_MS = 8_000  # shorter than the longest pulse, longer than the longest slice of work
LOOK_MS = 10
RING = 256  # edges: four of the longest frames; a power of two
# Function → the level that is told where its switch is closed.
TOLD = {"contact": False, "rex": True, "fire": False, "tamper": False, "power": True}
INSIDE = ("contact", "rex", "fire")
# Pattern → milliseconds on and off of the lamp, in turns; none: dark. The buzzer follows in the ones of BUZZES.
LAMP = {
    "idle": (),
    "ask": (100, 100),
    "yes": (3_000, 1),
    "no": (150, 150),
    "busy": (500, 500),
    "locate": (50, 450),
    "alarm": (200, 200),
    "held": (1_000, 1_000),
}
BUZZES = ("no", "alarm", "held")


class Ring:
    """Edges from the interrupt to the loop. The interrupt may not allocate, so all of it is here from the start. When
    it is full the newest are dropped, and the frame that lacks them fails its parity or its length."""

    def __init__(self) -> None:
        self._times: "Any" = array("i", [0] * RING)
        self._lines = bytearray(RING)
        self._head = 0
        self._tail = 0

    def put(self, line: int) -> None:
        """From the interrupt."""
        following = (self._head + 1) & (RING - 1)
        if following != self._tail:
            self._times[self._head] = time.ticks_us()
            self._lines[self._head] = line
            self._head = following

    def take(self) -> "tuple[int, int] | None":
        """(line, ticks_us) of the oldest edge, from the loop."""
        if self._tail == self._head:
            return None
        edge = self._lines[self._tail], self._times[self._tail]
        self._tail = (self._tail + 1) & (RING - 1)
        return edge


class Strike:
    """The strike's output. Off before anything else; a pulse ends by a timer, whatever the loop is doing."""

    def __init__(self, wire: "dict[str, Any]", ended: "Callable[[], None]") -> None:
        self._on = 1 if wire["active"] == "high" else 0
        self._pin = machine.Pin(wire["pin"], machine.Pin.OUT, value=1 - self._on)
        self._timer = machine.Timer(0)
        self._ended = ended
        self.released = False

    def pulse(self, pulse_ms: int) -> None:
        """Off, and then on for so long; 0 is off."""
        self._timer.deinit()
        self._off()
        if pulse_ms:
            # Before the pin moves: should anything fail between, it is off all the same.
            self._timer.init(period=pulse_ms, mode=machine.Timer.ONE_SHOT, callback=self._over)
            self._pin.value(self._on)
            self.released = True

    def _over(self, timer: "Any") -> None:
        if self.released:
            self._off()
            self._ended()

    def _off(self) -> None:
        self._pin.value(1 - self._on)
        self.released = False


class Chip:
    """The fittings of one node on a chip; see `fittings.py`."""

    def __init__(
        self,
        wires: "dict[str, dict[str, Any]]",
        roles: "tuple[str, ...]",
        now_ms: "Callable[[], int]",
        log: "Callable[[str], None]",
    ) -> None:
        """Takes the pins; the strike is off when this returns. Raises ValueError for a pin that the chip has not."""
        self._ended = asyncio.ThreadSafeFlag()
        # First of all: it may have been left on by whatever ended before.
        self._strike = Strike(wires["strike"], self._ended.set) if "strike" in roles else None
        self._watchdog = machine.WDT(timeout=WATCHDOG_MS)
        self._now_ms = now_ms
        self._log = log
        self._inputs = {
            name: (_input(wires[name]), 1 if wires[name]["active"] == "high" else 0, Settle())
            for name in TOLD
            if name in wires and ("strike" in roles or name not in INSIDE)
        }
        self._lamps = [
            (machine.Pin(wires[name]["pin"], machine.Pin.OUT, value=0 if high else 1), high, name)
            for name in ("led", "buzzer")
            if name in wires
            for high in (wires[name]["active"] == "high",)
        ]
        self._pattern = "idle"
        self._since_ms = 0
        self._ring = Ring()
        self._wiegand = Wiegand()
        self._entry = Entry()
        self._last_us = 0
        self._now_us = 0
        self._reader = "reader" in roles and "wiegand-d0" in wires
        if self._reader:
            for number, name in enumerate(("wiegand-d0", "wiegand-d1")):
                pin = _input(wires[name])
                pin.irq(handler=self._edge_of(number), trigger=machine.Pin.IRQ_FALLING)

    async def run(
        self,
        level: "Callable[[str, bool], None]",
        brought: "Callable[[dict[str, Any], Reply], None]",
        dropped: "Callable[[], None]",
    ) -> None:
        """Look at the wires every ten milliseconds."""
        over = asyncio.create_task(self._tell_ends(dropped))
        try:
            while True:
                now_ms = self._now_ms()
                for name, (pin, active, quiet) in self._inputs.items():
                    closed = quiet.edge(pin.value() == active, now_ms)
                    if closed is not None:
                        level(name, closed == TOLD[name])
                if self._reader:
                    self._read(brought, now_ms)
                self._light(now_ms)
                await asyncio.sleep(LOOK_MS / 1000)
        finally:
            over.cancel()

    def pulse(self, pulse_ms: int) -> bool:
        if self._strike is None:
            return not pulse_ms
        self._strike.pulse(pulse_ms)
        return True

    def show(self, show: "dict[str, Any]", slip: "dict[str, Any] | None") -> None:
        """A door without a display: lamp and strike tell, and a decision is looked up by door and minute."""

    def tell(self, pattern: str) -> None:
        self._pattern = pattern
        self._since_ms = self._now_ms()

    def want_pin(self, wanted: bool) -> None:
        self._entry.wants_pin = wanted

    def feed(self) -> None:
        self._watchdog.feed()

    async def _tell_ends(self, dropped: "Callable[[], None]") -> None:
        while True:
            await self._ended.wait()
            dropped()

    def _edge_of(self, line: int) -> "Callable[[Any], None]":
        ring = self._ring

        def edge(pin: "Any") -> None:
            ring.put(line)

        return edge

    def _read(self, brought: "Callable[[dict[str, Any], Reply], None]", now_ms: int) -> None:
        found: "list[tuple[str, str]]" = []
        while True:
            edge = self._ring.take()
            if edge is None:
                break
            # The chip's microseconds turn over every few minutes; the decoder's do not.
            self._now_us += time.ticks_diff(edge[1], self._last_us)
            self._last_us = edge[1]
            found += self._wiegand.edge(edge[0], self._now_us)
        ticks = time.ticks_us()
        self._now_us += time.ticks_diff(ticks, self._last_us)
        self._last_us = ticks
        found += self._wiegand.tick(self._now_us)
        said = self._entry.tick(now_ms)
        for what, value in found:
            if what == "card":
                said += self._entry.claim("card", value, now_ms)
            elif what == "key":
                said += self._entry.key(value, now_ms)
            else:
                self._log("the reader: " + value)
        for what, facts in said:
            if what == "attempt":
                brought(facts, _told_by_lamp)
            else:
                self._log("the keypad: " + facts)

    def _light(self, now_ms: int) -> None:
        turns = LAMP.get(self._pattern, ())
        lit = bool(turns) and (now_ms - self._since_ms) % (turns[0] + turns[1]) < turns[0]
        for pin, high, name in self._lamps:
            on = lit and (name == "led" or self._pattern in BUZZES)
            pin.value(1 if on == high else 0)


def _told_by_lamp(said: "dict[str, Any]") -> None:
    """Whoever stands at a real door is told by lamp, buzzer and strike."""


def _input(wire: "dict[str, Any]") -> "Any":
    pulls = {"up": machine.Pin.PULL_UP, "down": machine.Pin.PULL_DOWN}
    pull = wire.get("pull")
    if pull is None:
        return machine.Pin(wire["pin"], machine.Pin.IN)
    return machine.Pin(wire["pin"], machine.Pin.IN, pulls[pull])
