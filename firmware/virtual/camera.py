"""Persons at the virtual doorstep as visits, and the board's display; the faces are those of the Pi's hardware."""

from __future__ import annotations

import queue
from collections.abc import Iterator
from typing import Any

from ostiary.firmware.pi.hardware import Visit
from ostiary.firmware.virtual.attachment import Attachment
from ostiary.protocol.doorstep import apart
from ostiary.protocol.errors import Refused

READ_AGAIN = "Send them as firmware/virtual/README.md says."


class PostedCamera:
    """Each `present` at the board is one visit: pictures come posted, where a Pi's camera would take them."""

    def __init__(self, attachment: Attachment) -> None:
        self._attachment = attachment
        self._visits: queue.SimpleQueue[Visit | None] = queue.SimpleQueue()
        attachment.on_present = self._present

    def visits(self) -> Iterator[Visit]:
        """Visits as they come, until `close`."""
        while (visit := self._visits.get()) is not None:
            yield visit

    def close(self) -> None:
        """End `visits`."""
        self._visits.put(None)

    def _present(self, header: dict[str, Any], blob: bytes) -> None:
        number = header.get("number")
        card, token, pin = (_text(header.get(name)) for name in ("card", "pass", "pin"))

        def reply(said: dict[str, Any]) -> None:
            self._attachment.send({"do": "presented", "number": number, "reply": said})

        try:
            pictures = apart(header, blob)
        except Refused as refused:
            reply({"error": {"what": "The pictures were not read.", "why": refused.detail, "now": READ_AGAIN}})
            return
        self._visits.put(Visit(reply, card, pictures, token=token, pin=pin))


def _text(brought: object) -> str | None:
    return brought if isinstance(brought, str) else None


class BoardDisplay:
    """What the door shows, shown by the board to whoever asks for `pins`."""

    def __init__(self, attachment: Attachment) -> None:
        self._attachment = attachment

    def show(self, show: dict[str, Any], slip: dict[str, Any] | None) -> None:
        """Show `say`, `learn` and the receipt's slip."""
        self._attachment.send({"do": "display", **show, "receipt": slip})

    def ask_to_turn(self) -> None:
        """Show the word `turn`; the sentence for it is the door page's."""
        self._attachment.send({"do": "display", "say": "turn", "learn": "", "receipt": None})
