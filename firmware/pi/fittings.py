"""What hangs at the door: the adapters of one node, chosen by whether it is virtual and by its roles."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from ostiary.firmware.pi import lens
from ostiary.firmware.pi.display_text import TextDisplay
from ostiary.firmware.pi.doorway import Doorway
from ostiary.firmware.pi.hardware import Camera, Display, Inputs
from ostiary.firmware.pi.identity import Identity
from ostiary.hardware import rules
from ostiary.hardware.profile import Profile, of_node


@dataclass(frozen=True, slots=True)
class Chosen:
    """What whoever starts the node chose: a virtual board's socket, the camera (see `lens.open_lens`, or none), and
    the terminal that is the door's display."""

    doorstep: Path | None = None
    camera: str = "pi"
    display: Path | None = None


@dataclass(frozen=True, slots=True)
class Fittings:
    """`pins` names the strike for the guard, None where the node has no strike; `camera` gives visits, None where the
    node is no reader; `looks`: pictures may come of it, so the face models are wanted; `tell` takes a pattern of
    `door.signals` for lamp and buzzer; `want_pin` says whether a card at the reader waits for its PIN; `start` begins,
    `close` ends all.
    """

    pins: str | None
    inputs: Inputs
    camera: Camera | None
    looks: bool
    display: Display
    tell: Callable[[str], None]
    want_pin: Callable[[bool], None]
    start: Callable[[], None]
    close: Callable[[], None]


class NoHardware(RuntimeError):
    """This node's hardware cannot be used from here."""


def fit(who: Identity, chosen: Chosen, log: Callable[[str], None]) -> Fittings:
    """The adapters for this node on its board. Raises `NoHardware`, and `BadProfile` for a board that it cannot be."""
    board = rules.checked(of_node(who.profile, who.directory))
    rules.check_roles(board, who.roles)
    if board.runs != "pi" or (board.virtual and not who.virtual):
        raise NoHardware(
            f"The node cannot run here. Its board is {board.board}, and this program runs on a Raspberry Pi. "
            "Claim the node again with the board that it is: ostiary board list"
        )
    if who.virtual:
        return virtual(chosen.doorstep, who.roles, log)
    if chosen.doorstep is not None:
        raise NoHardware(
            "The node is not virtual. Its certificate is for real hardware, so it takes no virtual doorstep. "
            "Leave --doorstep away, or claim a virtual node."
        )
    return raspberry(who, board, chosen, log)


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
    camera = PostedCamera(attachment, log)

    def close() -> None:
        camera.close()
        attachment.close()

    return Fittings(
        f"board:{doorstep}" if "strike" in roles else None,
        BoardInputs(attachment),
        camera if "reader" in roles else None,
        True,
        BoardDisplay(attachment),
        attachment.tell,
        camera.want_pin,
        attachment.start,
        close,
    )


def raspberry(who: Identity, board: Profile, chosen: Chosen, log: Callable[[str], None]) -> Fittings:
    """The pins and the camera of this Raspberry Pi, as its board's profile wires them. Raises `NoHardware`."""
    open_lens = None
    if "reader" in who.roles and chosen.camera != "none":
        open_lens = partial(lens.open_lens, chosen.camera)
    closers: list[Callable[[], None]] = []
    doorway = Doorway(open_lens, log)
    want_pin: Callable[[bool], None] = no_keys
    try:
        from ostiary.firmware.pi import pins_gpio, reader_gpio, signals_gpio

        inputs = pins_gpio.GpioInputs(board.wires)
        closers.append(inputs.close)
        signals = signals_gpio.GpioSignals(board.wires)
        closers.append(signals.close)
        starters = [doorway.start]
        if "reader" in who.roles and reader_gpio.LINES[0] in board.wires:
            reader = reader_gpio.GpioReader(board.wires, doorway.attempt, log)
            want_pin = reader.want_pin
            starters.append(reader.start)
            closers.append(reader.close)
    except (ImportError, OSError, RuntimeError) as mistake:
        # gpiozero's own errors for a missing chip or pin library derive from these.
        for close in closers:
            close()
        raise NoHardware(
            f"The pins cannot be used. {mistake}. On a Raspberry Pi install the extra: pip install 'ostiary[pi]'"
        ) from mistake
    display = _display(chosen.display, log)
    return Fittings(
        f"gpio:{board.wires['strike'].pin}" if "strike" in who.roles else None,
        inputs,
        doorway if "reader" in who.roles else None,
        open_lens is not None,
        display,
        signals.tell,
        want_pin,
        lambda: _all(starters),
        lambda: _all([doorway.close, *closers]),
    )


def no_keys(wanted: bool) -> None:
    """What a node without a reader's wires does about PINs: nothing, for nobody can type one here."""


def _display(terminal: Path | None, log: Callable[[str], None]) -> Display:
    if terminal is None:
        return DarkDisplay(log)
    try:
        return TextDisplay(terminal.open("w", encoding="utf-8"), log)
    except OSError as mistake:
        raise NoHardware(
            f"The display cannot be used. {mistake}. Name a terminal that this user may write to, or leave --display."
        ) from mistake


def _all(doings: Iterable[Callable[[], None]]) -> None:
    for do in doings:
        do()


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
