"""MQTT 3.1.1 (OASIS, 29 October 2014) over one asyncio stream: QoS 1 both ways, a will, back-off, bounded memory.

The same file runs on MicroPython and on CPython. Sockets and TLS are the caller's `dial`; time and chance come in too.
Nothing is kept for a later connection: a late ask is worthless, and events stand in the journal until the keeper has
them. Numbers in parentheses are the specification's sections.
"""

import asyncio

TYPE_CHECKING = False  # MicroPython has no `typing` to import it from.
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from typing import Any

KEEPALIVE_S = 5
GREET_S = 10  # for the handshake of TLS and the broker's first words
FIRST_WAIT_S = 1
LONGEST_WAIT_S = 8
LONGEST_PACKET = 12_000  # a sealed message has at most 11,200 bytes
MOST_WAITING_BYTES = (
    26_000  # what may wait to be sent, two of the longest; more is refused, and the journal sends again
)

_CONNECT, _CONNACK, _PUBLISH, _PUBACK, _SUBSCRIBE, _SUBACK = 0x10, 0x20, 0x30, 0x40, 0x82, 0x90
_PINGREQ, _PINGRESP, _DISCONNECT = 0xC0, 0xD0, 0xE0
_BITE = 2048
_REASONS = ("", "protocol version", "client id", "server unavailable", "user name or password", "not authorized")


class Broken(OSError):
    """The broker refused us, or does not speak MQTT 3.1.1; the message says which."""


def packet(kind: int, body: bytes) -> bytes:
    """A control packet: fixed header (2.2) and body. Raises `ValueError` for one that is longer than we take."""
    if len(body) > LONGEST_PACKET:
        raise ValueError("a packet has at most " + str(LONGEST_PACKET) + " bytes")
    length = len(body)
    header = bytearray([kind])
    while True:
        digit, length = length & 0x7F, length >> 7
        header.append(digit | 0x80 if length else digit)
        if not length:
            return bytes(header) + body


def text(words: bytes) -> bytes:
    """A string or binary field with its length before it (1.5.3)."""
    return bytes([len(words) >> 8, len(words) & 0xFF]) + words


def _length(came: bytes) -> "tuple[int, int]":
    """(remaining length, where the body begins) of a packet (2.2.3); (0, 0) while its header is not whole."""
    length = shift = 0
    for at in range(1, min(len(came), 5)):
        length |= (came[at] & 0x7F) << shift
        shift += 7
        if not came[at] & 0x80:
            return length, at + 1
    if len(came) >= 5:
        raise Broken("the broker sent a length that no packet has")
    return 0, 0


class Mqtt:
    """One line to one broker. `run` connects, for ever; everything happens in one event loop.

    `dial()` gives (reader, writer), in its own time; `heard(topic, payload, retained)` is called for each message,
    `connected(online)` on change; `now_ms()` is monotonic, `chance()` a byte for the jitter of waits, `log(line)` takes
    a plain line.
    """

    def __init__(
        self,
        client_id: str,
        subscriptions: "list[str]",
        will: "tuple[str, bytes]",
        dial: "Callable[[], Awaitable[tuple[Any, Any]]]",
        heard: "Callable[[str, bytes, bool], None]",
        connected: "Callable[[bool], None]",
        now_ms: "Callable[[], int]",
        chance: "Callable[[], int]",
        log: "Callable[[str], None]",
    ) -> None:
        self._client_id = client_id
        self._subscriptions = subscriptions
        self._will = will
        self._dial = dial
        self._heard = heard
        self._connected = connected
        self._now_ms = now_ms
        self._chance = chance
        self._log = log
        self.online = False
        self._stopping = False
        self._waiting: "list[bytes]" = []
        self._waiting_bytes = 0
        self._more = asyncio.Event()
        self._number = 0
        self._heard_ms = 0
        self._ended = asyncio.Event()
        self._came = b""
        self._reader: "Any" = None
        self._writer: "Any" = None

    def publish(self, topic: str, payload: bytes, retain: bool = False) -> bool:
        """Send with QoS 1, soon. False when the broker does not hear us, or too much waits already."""
        if not self.online:
            return False
        self._number = self._number % 65535 + 1
        number = bytes([self._number >> 8, self._number & 0xFF])
        kind = _PUBLISH | 0x02 | (1 if retain else 0)
        return self._send(packet(kind, text(topic.encode()) + number + payload))

    async def run(self) -> None:
        """Connect and serve, again and again, until `stop`."""
        wait_s = FIRST_WAIT_S
        while not self._stopping:
            started_ms = self._now_ms()
            try:
                await self._once()
            except asyncio.TimeoutError:
                self._log("the line to the broker: nobody answers there in time")
            except (OSError, EOFError, ValueError) as mistake:
                self._log("the line to the broker: " + (str(mistake) or type(mistake).__name__))
            if self._stopping:
                self.online = False  # no news for whoever stopped us
                return
            self._offline()
            if self._now_ms() - started_ms > 1000 * LONGEST_WAIT_S:
                wait_s = FIRST_WAIT_S  # it held for a while: the next try may be soon
            # Half of it by chance, so that a hundred doors do not come back in the same moment.
            await asyncio.sleep(wait_s / 2 + wait_s / 2 * self._chance() / 255)
            wait_s = min(2 * wait_s, LONGEST_WAIT_S)

    async def stop(self) -> None:
        """Send what waits, take leave of the broker (it then keeps our will to itself), and end `run`."""
        self._stopping = True
        if self.online:
            self._send(packet(_DISCONNECT, b""))
            await self._drain()
        self._ended.set()

    async def _once(self) -> None:
        self._reader, self._writer = await self._dial()
        self._waiting, self._waiting_bytes, self._came = [], 0, b""
        self._ended.clear()
        tasks = []
        try:
            await asyncio.wait_for(self._greet(), GREET_S)
            self._heard_ms = self._now_ms()
            self.online = True
            self._connected(True)
            tasks = [asyncio.create_task(self._guarded(one())) for one in (self._listen, self._speak)]
            await self._watch()
        finally:
            for task in tasks:
                task.cancel()
            self._writer.close()

    async def _greet(self) -> None:
        """CONNECT with the will retained at QoS 1 (3.1), then SUBSCRIBE (3.8), each answered."""
        flags = 0x02 | 0x04 | 0x08 | 0x20
        body = text(b"MQTT") + bytes([4, flags, 0, KEEPALIVE_S]) + text(self._client_id.encode())
        await self._write(packet(_CONNECT, body + text(self._will[0].encode()) + text(self._will[1])))
        kind, answer = await self._packet()
        if kind != _CONNACK or len(answer) != 2:
            raise Broken("no MQTT broker answers there")
        if answer[1]:
            raise Broken("the broker refused us: " + _REASONS[min(answer[1], len(_REASONS) - 1)])
        wanted = b"".join([text(topic.encode()) + b"\x01" for topic in self._subscriptions])
        await self._write(packet(_SUBSCRIBE, b"\x00\x01" + wanted))
        while True:
            kind, answer = await self._packet()
            if kind == _SUBACK:
                break
            self._take(kind, answer)  # what is retained may come before the answer (3.8.4)
        if answer[:2] != b"\x00\x01" or len(answer) != 2 + len(self._subscriptions) or max(answer[2:]) > 2:
            raise Broken("the broker does not let us read our own topics; this node's certificate is for another")
        self._number = 1

    async def _guarded(self, work: "Awaitable[None]") -> None:
        """Whatever ends a task ends the connection; only news is told."""
        try:
            await work
        except (OSError, EOFError, ValueError) as mistake:
            if not self._stopping:
                self._log("the line to the broker ended: " + (str(mistake) or type(mistake).__name__))
        finally:
            self._ended.set()

    async def _watch(self) -> None:
        """PINGREQ when it is quiet (3.1.2.10), and an end to a broker that has gone silent."""
        while not self._ended.is_set():
            try:
                await asyncio.wait_for(self._ended.wait(), KEEPALIVE_S / 2)
            except asyncio.TimeoutError:
                if self._now_ms() - self._heard_ms > 1500 * KEEPALIVE_S:
                    raise Broken("the broker has gone silent") from None
                self._send(packet(_PINGREQ, b""))

    async def _listen(self) -> None:
        while True:
            kind, body = await self._packet()
            self._heard_ms = self._now_ms()
            self._take(kind, body)

    def _take(self, kind: int, body: bytes) -> None:
        if kind & 0xF0 == _PUBLISH:
            length = body[0] << 8 | body[1] if len(body) >= 2 else LONGEST_PACKET
            at = 2 + length + (2 if kind & 0x06 else 0)
            if at > len(body) or kind & 0x06 == 0x06:
                raise Broken("a message of the broker is cut off")
            topic = str(body[2 : 2 + length], "utf-8")
            self._heard(topic, body[at:], kind & 1 == 1)
            if kind & 0x06:
                self._send(packet(_PUBACK, body[at - 2 : at]))
        elif kind not in (_PUBACK, _PINGRESP):
            raise Broken("the broker sent what no client is sent")

    async def _packet(self) -> "tuple[int, bytes]":
        """The next packet. Bytes are taken as they come: on a board each wait for a socket costs a millisecond."""
        while True:
            length, at = _length(self._came)
            if length > LONGEST_PACKET:
                raise Broken("the broker sent a packet of " + str(length) + " bytes, and ours have at most 12000")
            if at and len(self._came) >= at + length:
                kind, body = self._came[0], bytes(self._came[at : at + length])
                self._came = self._came[at + length :]
                return kind, body
            more = await self._reader.read(_BITE)
            if not more:
                raise EOFError("the broker closed it")
            self._came += more

    def _send(self, data: bytes) -> bool:
        if self._waiting_bytes + len(data) > MOST_WAITING_BYTES:
            return False
        self._waiting.append(data)
        self._waiting_bytes += len(data)
        self._more.set()
        return True

    async def _speak(self) -> None:
        while True:
            await self._more.wait()
            self._more.clear()
            while self._waiting:
                data = b"".join(self._waiting) if len(self._waiting) > 1 else self._waiting[0]
                self._waiting, self._waiting_bytes = [], 0
                await self._write(data)

    async def _write(self, data: bytes) -> None:
        self._writer.write(data)
        await self._writer.drain()

    async def _drain(self) -> None:
        for _ in range(50):
            if not self._waiting:
                return
            await asyncio.sleep(0.02)

    def _offline(self) -> None:
        was, self.online = self.online, False
        if was:
            self._connected(False)
