"""Persons at the virtual doorstep as visits, and the board's display; the faces are those of the Pi's hardware."""

from __future__ import annotations

import queue
import time
from collections.abc import Callable, Iterator
from typing import Any

from ostiary.firmware.door.wiegand import END_US
from ostiary.firmware.pi.hardware import Visit
from ostiary.firmware.pi.reader import Reader
from ostiary.firmware.virtual.attachment import Attachment
from ostiary.protocol.doorstep import apart
from ostiary.protocol.errors import Refused

USUAL_US = 2_000
MOST_APART_US = 100_000
MOST_BITS = 256
READ_AGAIN = "Send them as firmware/virtual/README.md says."


class PostedCamera:
    """Each `present` at the board is one visit: pictures come posted, where a Pi's camera would take them. What is done
    to the reader's wires and keys goes the way that it goes on a Pi."""

    def __init__(self, attachment: Attachment, log: Callable[[str], None]) -> None:
        self._attachment = attachment
        self._visits: queue.SimpleQueue[Visit | None] = queue.SimpleQueue()
        self._stamped_us = 0
        self._reader = Reader(self._read, log, _now_us)
        self.want_pin = self._reader.want_pin
        self._reader.start()
        attachment.on_present = self._present
        attachment.on_reader = self._wires

    def visits(self) -> Iterator[Visit]:
        """Visits as they come, until `close`."""
        while (visit := self._visits.get()) is not None:
            yield visit

    def close(self) -> None:
        """End `visits`."""
        self._reader.close()
        self._visits.put(None)

    def _read(self, facts: dict[str, Any]) -> None:
        self._visits.put(Visit(lambda said: None, facts["claim"]["value"], pin=facts.get("pin")))

    def _wires(self, header: dict[str, Any]) -> None:
        # The pulses of one frame are told at once and stamped ahead; what comes after them must not lie over them.
        self._stamped_us = max(_now_us(), self._stamped_us + END_US)
        for key in _text(header.get("keys")) or "":
            self._reader.key(key, self._stamped_us)
        bits, apart_us = _text(header.get("bits")) or "", header.get("apart_us", USUAL_US)
        if len(bits) > MOST_BITS or set(bits) - {"0", "1"} or type(apart_us) is not int:
            return  # as on a wire: what is no signal is nothing
        for bit in bits:
            self._stamped_us += max(0, min(apart_us, MOST_APART_US))
            self._reader.edge(int(bit), self._stamped_us)

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


def _now_us() -> int:
    return time.monotonic_ns() // 1000


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
