"""The node's line to its keeper: sealed messages over `mqtt.py`, to the broker that the identity names."""

from ostiary.firmware.door.envelope import RETAINED, Envelope
from ostiary.firmware.esp32 import line
from ostiary.firmware.esp32.mqtt import Mqtt

TYPE_CHECKING = False  # MicroPython has no `typing` to import it from.
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from typing import Any

    from ostiary.firmware.esp32.identity import Identity


class Link:
    """`heard(purpose, message)` for each authentic message, `connected(online)` on change; all in one event loop."""

    def __init__(
        self,
        who: "Identity",
        last_words: "dict[str, Any]",
        heard: "Callable[[str, dict[str, Any]], None]",
        connected: "Callable[[bool], None]",
        now_ms: "Callable[[], int]",
        random: "Callable[[int], bytes]",
        log: "Callable[[str], None]",
        network: "Callable[[int], Awaitable[None]]",
    ) -> None:
        """Touches no network. `last_words` is the status that is said at the end: *stopped*, or *lost* by the last
        will. Raises ValueError or OSError for certificates that cannot be read."""
        tls = line.context(who.ca, who.certificate, who.key)
        self._envelope = Envelope(who.site, who.node, who.roles, who.secret, random, log)
        self._heard = heard
        self._last_words = last_words

        async def dial() -> "tuple[Any, Any]":
            await network(now_ms())
            return await line.dial(who.host, who.port, tls)

        will = self._envelope.topic("status"), self._envelope.seal("status", self._ending("lost"))
        self._mqtt = Mqtt(
            who.client_id,
            self._envelope.subscriptions,
            will,
            dial,
            self._opened,
            connected,
            now_ms,
            lambda: random(1)[0],
            log,
        )

    def say(self, purpose: str, message: "dict[str, Any]") -> bool:
        """Seal and publish. False when the broker does not hear us, or too much waits: nothing is kept for later then.
        Raises `Refused` for a message outside the contract."""
        sealed = self._envelope.seal(purpose, message)
        return self._mqtt.publish(self._envelope.topic(purpose), sealed, purpose in RETAINED)

    async def run(self) -> None:
        """Be on the line, for ever."""
        await self._mqtt.run()

    async def stop(self) -> None:
        """Say *stopped*, and leave."""
        self.say("status", self._ending("stopped"))
        await self._mqtt.stop()

    def _opened(self, topic: str, sealed: bytes, retained: bool) -> None:
        opened = self._envelope.open(topic, sealed, retained)
        if opened is not None:
            self._heard(opened[0], opened[1])

    def _ending(self, state: str) -> "dict[str, Any]":
        words = dict(self._last_words)
        words["state"] = state
        return words
