"""A Wiegand reader with or without keys on two pins of a Pi.

Its volts and its times are on the checklist (levels, wiegand, wiegand-clock): most readers drive 5 V, and a Pi's pins
take 3.3 V.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ostiary.firmware.pi.reader import Reader
from ostiary.hardware.profile import Wire

LINES = ("wiegand-d0", "wiegand-d1")


class GpioReader:
    """Hands each attempt's facts to `attempt`; see `reader.Reader`. `factory` is gpiozero's, for tests."""

    def __init__(
        self,
        wires: Mapping[str, Wire],
        attempt: Callable[[dict[str, Any]], None],
        log: Callable[[str], None],
        factory: Any = None,
    ) -> None:
        """Take the two pins. Raises what gpiozero raises where they cannot be had."""
        from gpiozero import Device

        if factory is None:
            Device.ensure_pin_factory()
            factory = Device.pin_factory
        self._reader = Reader(attempt, log, lambda: int(factory.ticks() * 1_000_000))
        self.want_pin = self._reader.want_pin
        self._pins = [factory.pin(wires[name].pin) for name in LINES]
        # The factory stamps each edge when it happened; a callback through a Button would lose that. gpiozero keeps
        # these functions by weak reference only.
        self._heard = [self._hear(line) for line in range(len(LINES))]
        for pin, heard in zip(self._pins, self._heard, strict=True):
            pin.input_with_pull("up")
            pin.edges = "falling"
            pin.when_changed = heard

    def start(self) -> None:
        """Begin to listen."""
        self._reader.start()

    def close(self) -> None:
        """Let go of the pins."""
        for pin in self._pins:
            pin.when_changed = None
            pin.close()
        self._reader.close()

    def _hear(self, line: int) -> Callable[[float, int], None]:
        return lambda ticks, state: self._reader.edge(line, int(ticks * 1_000_000))
