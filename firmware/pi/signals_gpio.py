"""Lamp and buzzer: a pattern of the door as light and sound, through gpiozero. On the checklist (lamp)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from ostiary.hardware.profile import Wire


class Beat(NamedTuple):
    """So long on, so long off, so often; None for ever. All zero is silence or darkness."""

    on_s: float
    off_s: float
    times: int | None


DARK = Beat(0, 0, 0)
STEADY = Beat(1, 0, None)

# Pattern → lamp, buzzer. A held door is heard until it is shut; who is refused hears what everybody hears.
PATTERNS: Mapping[str, tuple[Beat, Beat]] = {
    "idle": (DARK, DARK),
    "ask": (Beat(0.1, 0.1, None), DARK),
    "yes": (STEADY, Beat(0.15, 0.1, 1)),
    "no": (Beat(0.08, 0.08, 6), Beat(0.08, 0.08, 3)),
    "busy": (Beat(0.5, 0.5, 3), Beat(0.4, 0.1, 1)),
    "locate": (Beat(0.2, 0.2, None), Beat(0.05, 0.95, None)),
    "alarm": (Beat(0.1, 0.4, None), Beat(0.5, 0.5, None)),
    "held": (Beat(0.5, 0.5, None), Beat(0.1, 0.9, None)),
}


class GpioSignals:
    """The lamp and the buzzer of a profile, whichever it has. `factory` is gpiozero's, for tests."""

    def __init__(self, wires: Mapping[str, Wire], factory: Any = None) -> None:
        from gpiozero import DigitalOutputDevice

        self._devices = [
            DigitalOutputDevice(wires[name].pin, active_high=wires[name].active == "high", pin_factory=factory)
            if name in wires
            else None
            for name in ("led", "buzzer")
        ]

    def tell(self, pattern: str) -> None:
        """Show a pattern; one that has no beat here is darkness and silence."""
        for device, beat in zip(self._devices, PATTERNS.get(pattern, (DARK, DARK)), strict=True):
            if device is None:
                continue
            if beat.times == 0:
                device.off()
            elif not beat.off_s:
                device.on()
            else:
                device.blink(beat.on_s, beat.off_s, beat.times)  # pyright: ignore[reportArgumentType] - seconds

    def close(self) -> None:
        """Dark, silent, and the pins let go."""
        for device in self._devices:
            if device is not None:
                device.off()
                device.close()
