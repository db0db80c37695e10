"""Freshness of what moves or orders a node: a message held back, replayed or of an earlier boot is worthless.

Whoever sends a `release` or a `command` names one of the last two nonces that this node's status said, the boot in
which it said them, and a number that rises. No clock but the node's own monotonic one has a say.
"""

from ostiary.protocol import base64url

TYPE_CHECKING = False  # MicroPython has no `typing` to import it from.
if TYPE_CHECKING:
    from typing import Any

EVERY_MS = 5_000
REMEMBERED = 2
# The last two may both be old: no status is said while the line is down.
LIFE_MS = 2 * EVERY_MS

REPEATED = "repeated"


class Orders:
    """The nonces of one boot, and the highest number taken of each purpose."""

    def __init__(self, boot: int) -> None:
        self.boot = boot
        self._nonces: "list[tuple[str, int]]" = []
        self._numbers: "dict[str, int]" = {}

    def made(self, nonce: bytes, now_ms: int) -> str:
        """A new nonce (16 random bytes); returns it as the status says it."""
        said = base64url.encode(nonce)
        self._nonces = self._nonces[1 - REMEMBERED :]
        self._nonces.append((said, now_ms))
        return said

    def counted(self, purpose: str, message: "dict[str, Any]") -> bool:
        """Whether a message with this number, or a higher one, was taken already in this boot."""
        return message["boot"] == self.boot and message["number"] <= self._numbers.get(purpose, 0)

    def judge(self, purpose: str, message: "dict[str, Any]", now_ms: int) -> str:
        """Why this message is not taken, or nothing. `REPEATED`: it is the last one taken, once more (QoS 1)."""
        if message["boot"] != self.boot:
            return f"it is for boot {message['boot']}, this is {self.boot}"
        last = self._numbers.get(purpose, 0)
        if message["number"] == last:
            return REPEATED
        if message["number"] < last:
            return f"its number {message['number']} is below {last}"
        for said, made_ms in self._nonces:
            if said == message["nonce"]:
                if now_ms - made_ms > LIFE_MS:
                    return f"its nonce is {now_ms - made_ms} ms old"
                self._numbers[purpose] = message["number"]
                return ""
        return f"its nonce is none of the last {REMEMBERED}"
