"""What hangs at the door: the adapters of one node, chosen by whether it is virtual and by its roles."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ostiary.firmware.pi.hardware import Camera, Display, Inputs


@dataclass(frozen=True, slots=True)
class Fittings:
    """`pins` names the strike for the guard, None where the node has no strike; `camera` gives visits, None where the
    node is no reader; `tell` takes a pattern of `door.signals` for lamp and buzzer; `start` begins, `close` ends all.
    """

    pins: str | None
    inputs: Inputs
    camera: Camera | None
    display: Display
    tell: Callable[[str], None]
    start: Callable[[], None]
    close: Callable[[], None]


class NoHardware(RuntimeError):
    """This node's hardware cannot be used from here."""


def virtual(doorstep: Path | None, roles: Sequence[str], log: Callable[[str], None]) -> Fittings:
    """The pretended hardware behind the socket of a board. Raises `NoHardware` without one."""
    if doorstep is None:
        raise NoHardware(
            "The node has no hardware. It is a virtual node, and no board was named. Add --doorstep SOCKET."
        )
    from ostiary.firmware.virtual.attachment import Attachment
    from ostiary.firmware.virtual.camera import BoardDisplay, PostedCamera
    from ostiary.firmware.virtual.pins import BoardInputs

    attachment = Attachment(doorstep, log, roles)
    camera = PostedCamera(attachment)

    def tell(pattern: str) -> None:
        attachment.send({"do": "tell", "led": pattern, "buzzer": pattern})

    def close() -> None:
        camera.close()
        attachment.close()

    return Fittings(
        f"board:{doorstep}" if "strike" in roles else None,
        BoardInputs(attachment),
        camera if "reader" in roles else None,
        BoardDisplay(attachment),
        tell,
        attachment.start,
        close,
    )


def raspberry(doorstep: Path | None, roles: Sequence[str], log: Callable[[str], None]) -> Fittings:
    """The pins and the camera of this Raspberry Pi. Raises `NoHardware` where they cannot be had."""
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
    camera = PiCamera() if "reader" in roles else None

    def close() -> None:
        if camera is not None:
            camera.close()
        inputs.close()

    return Fittings(
        f"gpio:{pins_gpio.STRIKE}" if "strike" in roles else None,
        inputs,
        camera,
        DarkDisplay(log),
        lambda pattern: log(f"tells {pattern}"),
        lambda: None,
        close,
    )


class DarkDisplay:
    """A door without a display: a person learns from the strike, and looks decisions up by door and minute."""

    def __init__(self, log: Callable[[str], None]) -> None:
        self._log = log

    def show(self, show: dict[str, Any], slip: dict[str, Any] | None) -> None:
        """Leave a line for whoever commissions the door."""
        self._log(f"shows {show['say']}")

    def ask_to_turn(self) -> None:
        """Leave a line; a notice beside such a door has to say it."""
        self._log("asks to turn the head slowly to one side and back")
