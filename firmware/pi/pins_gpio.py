"""The Pi's pins through gpiozero: the strike, and every wire that only reads.

What they do on a real board is on the checklist (polarity, cut-wires, bounce, boot-pins, reset-level, release-pin).
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Mapping
from typing import Any

from ostiary.firmware.door.settle import Settle
from ostiary.firmware.pi import clock
from ostiary.hardware.profile import Wire

# Function → the level to tell where its switch is closed. A cut wire reads as an open switch.
TOLD = {"contact": False, "rex": True, "fire": False, "tamper": False, "power": True}


class GpioStrike:
    """The strike's output: active high, off from the start. `factory` is gpiozero's, for tests."""

    def __init__(self, pin: int, factory: Any = None) -> None:
        from gpiozero import OutputDevice

        self._output = OutputDevice(pin, active_high=True, initial_value=False, pin_factory=factory)

    @property
    def wires(self) -> tuple[int, ...]:
        """None: a pin does not go away."""
        return ()

    def on(self) -> None:
        """Let the door be opened."""
        self._output.on()

    def off(self) -> None:
        """Lock."""
        self._output.off()

    def close(self) -> None:
        """Off, then let go of the pin, which floats afterwards; that the strike's driver is then held off by a resistor
        is on the checklist (pull-down)."""
        self._output.off()
        self._output.close()


class GpioInputs:
    """The wires of a profile that only read: contact, REX, fire, tamper and power, each quiet before it is told."""

    def __init__(self, wires: Mapping[str, Wire], factory: Any = None) -> None:
        """Take the pins. Raises what gpiozero raises where they cannot be had."""
        from gpiozero import DigitalInputDevice

        self._devices = {
            name: DigitalInputDevice(wires[name].pin, pin_factory=factory, **_pull(wires[name]))
            for name in TOLD
            if name in wires
        }
        self._quiet = {name: Settle() for name in self._devices}
        self._edges: queue.SimpleQueue[tuple[str, bool] | None] = queue.SimpleQueue()
        self._changed: Callable[[str, bool], None] = lambda name, level: None
        self._thread = threading.Thread(target=self._run, name="inputs", daemon=True)

    def watch(self, changed: Callable[[str, bool], None]) -> None:
        """Call `changed(name, level)` with each level now and at every change, from a thread: contact (open), rex
        (pressed), fire (alarm), tamper (opened), power (there)."""
        self._changed = changed
        for name, device in self._devices.items():
            device.when_activated = lambda name=name: self._edges.put((name, True))
            device.when_deactivated = lambda name=name: self._edges.put((name, False))
            self._edges.put((name, bool(device.is_active)))
        self._thread.start()

    def close(self) -> None:
        """Let go of the pins."""
        for device in self._devices.values():
            device.close()
        self._edges.put(None)
        if self._thread.ident is not None:
            self._thread.join()

    def _run(self) -> None:
        while True:
            dues = [due for quiet in self._quiet.values() if (due := quiet.due_ms()) is not None]
            wait_s = max(0, min(dues) - clock.now_ms()) / 1000 if dues else None
            try:
                edge = self._edges.get(timeout=wait_s)
            except queue.Empty:
                edge = ("", False)
            if edge is None:
                return
            now_ms = clock.now_ms()
            for name, quiet in self._quiet.items():
                told = quiet.edge(edge[1], now_ms) if name == edge[0] else quiet.tick(now_ms)
                if told is not None:
                    self._changed(name, told == TOLD[name])


def _pull(wire: Wire) -> dict[str, Any]:
    """What gpiozero is told: the chip's own resistor against the active level, or none where the wiring has one."""
    if wire.pull_up_ohm or wire.pull_down_ohm:
        return {"pull_up": None, "active_state": wire.active == "high"}
    return {"pull_up": wire.active == "low"}
