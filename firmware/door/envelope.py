"""A node's messages sealed and opened: its topics, its keys, what its roles hear, and what is never believed."""

from ostiary.protocol import codes, keys, messages, seal, topics
from ostiary.protocol.errors import Refused

TYPE_CHECKING = False  # MicroPython has no `typing` to import it from.
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

HEARD = {"reader": ("answer", "command", "desired", "pack"), "strike": ("release", "command", "desired", "pack")}
# What stands at the broker for whoever comes later; anything else that was left lying there is refused.
RETAINED = ("status", "reported", "desired")


class Envelope:
    """One node's. `secret` is its 32 bytes, `random(n)` gives unforeseeable bytes, `log(line)` takes a plain line."""

    def __init__(
        self,
        site: str,
        node: str,
        roles: "tuple[str, ...]",
        secret: bytes,
        random: "Callable[[int], bytes]",
        log: "Callable[[str], None]",
    ) -> None:
        self._node = node
        self._random = random
        self._log = log
        self._refusals: "dict[str, int]" = {}
        self._keys = {purpose: keys.message_key(secret, site, node, purpose) for purpose in topics.PURPOSES}
        self._topics = {purpose: topics.topic(site, node, purpose) for purpose in topics.PURPOSES}
        self._hears = [purpose for purpose in topics.PURPOSES if any(purpose in HEARD[role] for role in roles)]

    @property
    def subscriptions(self) -> "list[str]":
        """The topics to listen to."""
        return [self._topics[purpose] for purpose in self._hears]

    def topic(self, purpose: str) -> str:
        """Where a message of this purpose goes."""
        return self._topics[purpose]

    def seal(self, purpose: str, message: "dict[str, Any]") -> bytes:
        """The bytes that travel. Raises `Refused` for a message outside the contract."""
        plain = messages.encode(purpose, message)
        return seal.seal(self._keys[purpose], self._node, purpose, plain, self._random(seal.BLOCK_BYTES))

    def open(self, topic: str, sealed: bytes, retained: bool) -> "tuple[str, dict[str, Any]] | None":
        """(purpose, message) of an authentic message for this node; None, and a line in the log, for any other."""
        try:
            _, _, purpose = topics.parse(topic)
            if purpose not in self._hears or topic != self._topics[purpose]:
                return None
            # Nobody may leave what moves or orders a door lying at the broker for later.
            if retained and purpose not in RETAINED:
                raise Refused(codes.STALE, purpose + " was retained")
            return purpose, messages.decode(purpose, seal.unseal(self._keys[purpose], self._node, purpose, sealed))
        except Refused as refused:
            count = self._refusals[refused.code] = self._refusals.get(refused.code, 0) + 1
            # A flood of bad messages must not fill the disk: told at 1, 2, 4, 8, …
            if count & (count - 1) == 0:
                self._log("a message was refused (" + str(count) + " times): " + str(refused))
            return None
