"""The Pi's pins through gpiozero: strike, contact and REX. Only hardware can confirm polarity and boot levels."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

# BCM numbers. 17, 22 and 27 have no second function and are pulled low while a Pi boots.
STRIKE = 17
CONTACT = 27
REX = 22
BOUNCE_S = 0.02


class GpioStrike:
    """The strike's output: active high, off from the start. `factory` is gpiozero's, for tests."""

    def __init__(self, pin: int = STRIKE, factory: Any = None) -> None:
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
        """Off, then let go of the pin, which floats afterwards: the strike's driver needs its pull-down."""
        self._output.off()
        self._output.close()


class GpioInputs:
    """Contact and REX between their pin and ground, with the Pi's pull-ups: a cut contact wire reads *open*."""

    def __init__(self, contact: int = CONTACT, rex: int = REX, factory: Any = None) -> None:
        from gpiozero import Button

        bounce_s = BOUNCE_S if factory is None else None
        self._contact = Button(contact, pull_up=True, bounce_time=bounce_s, pin_factory=factory)
        self._rex = Button(rex, pull_up=True, bounce_time=bounce_s, pin_factory=factory)

    def watch(self, changed: Callable[[str, bool], None]) -> None:
        """Call `changed("contact", open)` and `changed("rex", pressed)` with the levels now and at every change."""
        self._contact.when_pressed = lambda: changed("contact", False)
        self._contact.when_released = lambda: changed("contact", True)
        self._rex.when_pressed = lambda: changed("rex", True)
        self._rex.when_released = lambda: changed("rex", False)
        changed("contact", not self._contact.is_active)
        changed("rex", bool(self._rex.is_active))

    def close(self) -> None:
        """Let go of the pins."""
        self._contact.close()
        self._rex.close()
