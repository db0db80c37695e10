"""A door's display on a text terminal: yes, no, busy or turn, where to learn more, and the receipt to take along.

It can say nothing else: whatever a message holds beside that, a name or a score or a reason, has no way onto it. What a
real one shows is on the checklist (display).
"""

from __future__ import annotations

import io
import threading
from collections.abc import Callable
from typing import Any, TextIO

CLEAR = "\x1b[2J\x1b[H\x1b[?25l"
SHOWN_S = 12.0
WORDS = {
    "yes": "\x1b[1;32m  YES  \x1b[0m  Please come in.",
    "no": "\x1b[1;31m  NO  \x1b[0m  Not this time.",
    "busy": "\x1b[1;33m  ONE MOMENT  \x1b[0m  Please try again soon.",
    "turn": "Please turn your head slowly to one side and back.",
}
IDLE = "Look at the camera, or hold your card to the reader."


class TextDisplay:
    """Writes to a terminal such as /dev/tty1. What is shown goes after SHOWN_S; the next person sees nothing of it."""

    def __init__(self, terminal: TextIO, log: Callable[[str], None], shown_s: float = SHOWN_S) -> None:
        self._terminal = terminal
        self._log = log
        self._shown_s = shown_s
        self._timer: threading.Timer | None = None
        self._writing = threading.Lock()
        self._write(IDLE)

    def show(self, show: dict[str, Any], slip: dict[str, Any] | None) -> None:
        """Show `say`, `learn` and the receipt."""
        lines = [WORDS.get(show["say"], WORDS["busy"])]
        if show.get("learn"):
            lines += ["", "Why, and what you can do:", _plain(show["learn"])]
        if slip is not None:
            lines += ["", f"Receipt {_plain(slip['code'])}", _qr(slip)]
        self._write("\n".join(lines))
        self._later()

    def ask_to_turn(self) -> None:
        """Ask; may come from another thread."""
        self._write(WORDS["turn"])
        self._later()

    def close(self) -> None:
        """Blank."""
        if self._timer is not None:
            self._timer.cancel()
        self._write("")

    def _later(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = threading.Timer(self._shown_s, self._write, [IDLE])
        self._timer.daemon = True
        self._timer.start()

    def _write(self, text: str) -> None:
        with self._writing:
            try:
                self._terminal.write(CLEAR + text.replace("\n", "\r\n") + "\r\n")
                self._terminal.flush()
            except (OSError, ValueError) as mistake:  # ValueError: closed
                self._log(f"the display takes nothing: {mistake}")


def _plain(text: str) -> str:
    """Without anything that a terminal would obey."""
    return "".join(letter for letter in text if letter.isprintable())


def _qr(slip: dict[str, Any]) -> str:
    """The receipt's slip as a QR code, as the panel draws it."""
    import segno

    drawn = io.StringIO()
    text = ":".join(["OSTIARY", *(_plain(slip[part]) for part in ("code", "leaf", "salt"))])
    segno.make(text, error="l", micro=False).terminal(drawn, border=1, compact=True)
    return drawn.getvalue()
