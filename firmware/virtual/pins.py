"""The board's pins, with the same faces as those of `firmware/pi/pins_gpio.py`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from ostiary.firmware.virtual.attachment import Attachment
from ostiary.firmware.virtual.board_line import BoardLine

ANSWER_S = 2.0
INSIDE = ("contact", "rex", "fire")
OWN = ("tamper", "power", "config")


class BoardStrike:
    """The strike's output. Raises `BoardGone` when the board does not answer within 2 s."""

    def __init__(self, path: Path) -> None:
        self._line = BoardLine(path, ANSWER_S)
        self._line.ask({"do": "attach", "as": "strike"})

    @property
    def wires(self) -> tuple[int, ...]:
        """The board's line: between two orders it is readable only when the board has left."""
        return (self._line.fileno(),)

    def on(self) -> None:
        """Let the door be opened; returns when the level is set."""
        self._line.ask({"do": "strike", "on": True})

    def off(self) -> None:
        """Lock; returns when the level is set."""
        self._line.ask({"do": "strike", "on": False})

    def close(self) -> None:
        """Let go of the pin. A virtual pin keeps its level then, like a wire."""
        self._line.close()


class BoardInputs:
    """The inputs of the board that `attachment` holds, as far as they hang at a node of its roles: contact, REX and
    fire are wired to the strike's node alone; housing, mains and set-up are every node's own."""

    def __init__(self, attachment: Attachment) -> None:
        self._attachment = attachment

    def watch(self, changed: Callable[[str, bool], None]) -> None:
        """Call `changed(name, level)` with each level now and at every change; see `firmware/pi/hardware.py`."""
        wired = (*INSIDE, *OWN) if "strike" in self._attachment.roles else OWN
        self._attachment.on_levels = lambda levels: _tell(changed, wired, levels)

    def close(self) -> None:
        """Nothing to let go of: the attachment is closed by whoever made it."""


def _tell(changed: Callable[[str, bool], None], wired: Sequence[str], levels: dict[str, object]) -> None:
    for name in wired:
        changed(name, levels.get(name) == "open" if name == "contact" else levels.get(name) is True)
