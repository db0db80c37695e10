"""The wires of a pretended chip: the board process of `firmware/virtual` holds the pins, reached by its socket.

The watchdog is the program that plays the chip (`firmware/virtual/esp32.py`): a byte on standard output feeds it.
"""

import asyncio
import socket
import sys

from ostiary.firmware.esp32.line import Waiting
from ostiary.protocol.doorstep import encode_header, read_frame

TYPE_CHECKING = False  # MicroPython has no `typing` to import it from.
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Reply = Callable[[dict[str, Any]], None]

FED = "\x06"
AGAIN_S = 0.2
_UNIX = 1  # AF_UNIX
_INSIDE = ("contact", "rex", "fire")
_OWN = ("tamper", "power", "config")
NO_CAMERA = {
    "what": "This door does not look at faces.",
    "why": "Its node has no camera that it can use.",
    "now": "Use a card or a pass.",
}


class Board:
    """One node's place at a board. The strike has a line of its own, as a guard would."""

    def __init__(self, path: str, roles: "tuple[str, ...]", log: "Callable[[str], None]") -> None:
        self._path = path
        self._roles = roles
        self._log = log
        self._node: "Any" = None
        self._strike: "Any" = None
        self._pattern = ""
        self._off: "Any" = None
        self._dropped: "Callable[[], None]" = lambda: None

    async def run(
        self,
        level: "Callable[[str, bool], None]",
        brought: "Callable[[dict[str, Any], Reply], None]",
        dropped: "Callable[[], None]",
    ) -> None:
        """Attach, and attach again whenever the board comes back."""
        self._dropped = dropped
        while True:
            try:
                await self._serve(level, brought)
            except (OSError, EOFError, ValueError) as mistake:
                self._log("board: " + (str(mistake) or type(mistake).__name__) + "; trying again")
            self._leave()
            await asyncio.sleep(AGAIN_S)

    def pulse(self, pulse_ms: int) -> bool:
        """See `fittings.py`. A board that has left takes no order: its pins are low when it comes back."""
        off, self._off = self._off, None
        if off is not None:
            off.cancel()
        if not self._set(False):
            return False
        if not pulse_ms:
            return True
        if not self._set(True):
            return False
        self._off = asyncio.create_task(self._drop_after(pulse_ms))
        return True

    def show(self, show: "dict[str, Any]", slip: "dict[str, Any] | None") -> None:
        shown = dict(show)
        shown.update(do="display", receipt=slip)
        self._say(shown)

    def tell(self, pattern: str) -> None:
        self._pattern = pattern
        self._say({"do": "tell", "led": pattern, "buzzer": pattern})

    def want_pin(self, wanted: bool) -> None:
        """A pretended chip is brought card and PIN together: `_present`."""

    def feed(self) -> None:
        sys.stdout.write(FED)

    async def _serve(
        self, level: "Callable[[str, bool], None]", brought: "Callable[[dict[str, Any], Reply], None]"
    ) -> None:
        if "strike" in self._roles:
            self._strike = self._attached({"do": "attach", "as": "strike"})
            self._strike.readline()
            self.pulse(0)  # off is what a start does first
        self._node = self._attached({"do": "attach", "as": "node", "roles": list(self._roles)})
        if self._pattern:
            self.tell(self._pattern)  # said before there was a lamp
        self._node.setblocking(False)
        reader: "Any" = Waiting(self._node)
        wired = _INSIDE + _OWN if "strike" in self._roles else _OWN
        while True:
            header, _ = await read_frame(reader)
            do = header.get("do")
            if do in ("attached", "input"):
                for name in wired:
                    level(name, header.get(name) == "open" if name == "contact" else header.get(name) is True)
            elif do == "present":
                self._present(header, brought)

    def _present(self, header: "dict[str, Any]", brought: "Callable[[dict[str, Any], Reply], None]") -> None:
        number = header.get("number")
        facts: "dict[str, Any]" = {"faces": 0}
        for kind in ("card", "pass"):
            value = header.get(kind)
            if isinstance(value, str) and value:
                facts["credential"] = kind
                facts["claim"] = {"kind": kind, "value": value}
        pin = header.get("pin")
        if isinstance(pin, str) and pin:
            facts["pin"] = pin

        def reply(said: "dict[str, Any]") -> None:
            self._say({"do": "presented", "number": number, "reply": said})

        if "claim" not in facts and (header.get("picture") is True or header.get("pictures")):
            reply({"error": NO_CAMERA})
        else:
            brought(facts, reply)

    async def _drop_after(self, pulse_ms: int) -> None:
        await asyncio.sleep(pulse_ms / 1000)
        self._off = None
        self._set(False)
        self._dropped()

    def _attached(self, frame: "dict[str, Any]") -> "Any":
        line: "Any" = socket.socket(_UNIX, socket.SOCK_STREAM)
        try:
            # MicroPython takes a socket's address as the system's own bytes (sockaddr_un).
            line.connect(_UNIX.to_bytes(2, sys.byteorder) + self._path.encode() + b"\0")
            line.write(encode_header(frame))
        except OSError:
            line.close()
            raise
        return line

    def _set(self, on: bool) -> bool:
        """Set the strike's level, and wait for the board's word that it is set."""
        if self._strike is None:
            return False
        try:
            self._strike.write(encode_header({"do": "strike", "on": on}))
            if not self._strike.readline():
                raise OSError("the board has left")
        except OSError as mistake:
            self._log("board: the strike takes no order (" + str(mistake) + ")")
            self._strike.close()
            self._strike = None
            return False
        return True

    def _say(self, frame: "dict[str, Any]") -> None:
        if self._node is None:
            return
        try:
            self._node.write(encode_header(frame))
        except OSError as mistake:
            self._log("board: " + str(mistake))

    def _leave(self) -> None:
        for line in (self._node, self._strike):
            if line is not None:
                line.close()
        self._node = self._strike = None
        if self._off is not None:
            self._off.cancel()
            self._off = None
            self._dropped()
