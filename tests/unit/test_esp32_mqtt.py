"""The ESP32's line in virtual time, with a played broker: hours in which everything that a network can do happens."""

import asyncio
import random
import selectors
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostiary.firmware.esp32 import mqtt
from ostiary.firmware.esp32.mqtt import Mqtt

HOUR_S = 3_600


class _NoWaiting(selectors.DefaultSelector):
    """Nothing outside is ever waited for: time passes instead."""

    def __init__(self, passes: Callable[[float], None]) -> None:
        super().__init__()
        self._passes = passes

    def select(self, timeout: float | None = None) -> Any:
        if timeout:
            self._passes(timeout)
        return super().select(0)


class VirtualTime(asyncio.SelectorEventLoop):
    """An event loop whose clock jumps to whatever is due next."""

    def __init__(self) -> None:
        self.now_s = 0.0
        super().__init__(_NoWaiting(self._pass))

    def _pass(self, seconds: float) -> None:
        self.now_s += seconds

    def time(self) -> float:
        return self.now_s


class Wire:
    """One connection as the client sees it; the played broker is `answer(packet) -> bytes`."""

    def __init__(self, answer: Callable[[bytes], bytes]) -> None:
        self._answer = answer
        self.reader = asyncio.StreamReader()
        self.closed = False

    def write(self, data: bytes) -> None:
        if self.closed:
            raise ConnectionResetError("reset by the network")
        answered = self._answer(data)
        if answered:
            self.reader.feed_data(answered)

    async def drain(self) -> None:
        await asyncio.sleep(0)

    def close(self) -> None:
        if not self.closed:
            self.closed = True
            self.reader.feed_eof()


CONNACK, SUBACK, PONG = b"\x20\x02\x00\x00", b"\x90\x03\x00\x01\x01", b"\xd0\x00"


def polite(data: bytes) -> bytes:
    """A broker that does what it should, also with packets that came together."""
    answers = b""
    while data:
        length, at = mqtt._length(data)
        kind, whole = data[0], data[: at + length]
        if kind == 0x10:
            answers += CONNACK
        elif kind == 0x82:
            answers += SUBACK
        elif kind == 0xC0:
            answers += PONG
        elif kind & 0xF0 == 0x30 and kind & 6:
            topic_length = whole[at] << 8 | whole[at + 1]
            answers += b"\x40\x02" + whole[at + 2 + topic_length : at + 4 + topic_length]
        data = data[at + length :]
    return answers


class World:
    """A client in virtual time, and what became of it."""

    def __init__(self, dial: Callable[["World"], Awaitable[Wire]]) -> None:
        self.loop = VirtualTime()
        self.heard: list[tuple[str, bytes, bool]] = []
        self.lines: list[str] = []
        self.changes: list[bool] = []
        self.dials: list[float] = []
        self.wire: Wire | None = None
        self._dial = dial
        chance = random.Random(1)
        self.client = Mqtt(
            "a-client",
            ["a/topic"],
            ("a/will", b"gone"),
            self._dialled,
            lambda *message: self.heard.append(message),
            self.changes.append,
            lambda: int(self.loop.now_s * 1000),
            lambda: chance.randrange(256),
            self.lines.append,
        )

    async def _dialled(self) -> tuple[Any, Any]:
        self.dials.append(self.loop.now_s)
        self.wire = await self._dial(self)
        return self.wire.reader, self.wire

    def run(self, seconds: float, *meanwhile: Awaitable[None]) -> None:
        async def main() -> None:
            running = asyncio.create_task(self.client.run())
            others = [asyncio.ensure_future(one) for one in meanwhile]
            await asyncio.sleep(seconds)
            assert not running.done(), running
            for task in (running, *others):
                task.cancel()
            await asyncio.gather(running, *others, return_exceptions=True)

        try:
            self.loop.run_until_complete(main())
        finally:
            self.loop.close()


def served_by(answer: Callable[[bytes], bytes]) -> Callable[[World], Awaitable[Wire]]:
    async def dial(_world: World) -> Wire:
        return Wire(answer)

    return dial


def test_a_quiet_line_is_kept_up_for_hours_by_pings() -> None:
    world = World(served_by(polite))
    world.run(3 * HOUR_S)
    assert (world.changes, len(world.dials), world.lines) == ([True], 1, [])


def test_a_broker_that_accepts_and_goes_silent_is_given_up_and_tried_again() -> None:
    world = World(served_by(lambda data: b""))
    world.run(600)
    assert world.changes == []
    assert set(world.lines) == {"the line to the broker: nobody answers there in time"}
    # Ten seconds of patience, and then at most eight of waiting.
    assert 600 / (mqtt.GREET_S + mqtt.LONGEST_WAIT_S) <= len(world.dials) <= 600 / mqtt.GREET_S


def test_a_broker_that_goes_silent_later_is_noticed_within_its_keep_alive() -> None:
    told: list[float] = []

    def answer(data: bytes) -> bytes:
        return b"" if world.loop.now_s > 100 else polite(data)

    world = World(served_by(answer))
    world.client._connected = lambda online: told.append(world.loop.now_s)
    world.run(115)
    assert told[0] == 0
    assert 100 < told[1] <= 100 + 2 * 2.5 + 1.5 * mqtt.KEEPALIVE_S


def test_nobody_there_is_asked_with_growing_waits_that_chance_spreads() -> None:
    async def dial(_world: World) -> Wire:
        raise OSError("no route to host")

    world = World(dial)
    world.run(HOUR_S)
    waits = [later - earlier for earlier, later in zip(world.dials, world.dials[1:], strict=False)]
    assert 0.5 <= waits[0] <= 1
    assert all(4 <= wait <= 8 for wait in waits[3:])
    assert len(set(waits)) > len(waits) / 2


def test_an_hour_of_a_network_that_goes_every_second_ends_online() -> None:
    world = World(served_by(polite))

    async def flap() -> None:
        while world.loop.now_s < HOUR_S:
            await asyncio.sleep(1)
            if world.wire:
                world.wire.close()

    world.run(HOUR_S + 20, flap())
    assert world.client.online
    assert len(world.dials) > 400
    assert world.changes[-1] is True
    assert all(a != b for a, b in zip(world.changes, world.changes[1:], strict=False)), "told on change only"


def test_what_is_published_arrives_once_in_order_and_too_much_is_refused() -> None:
    arrived: list[bytes] = []

    def answer(data: bytes) -> bytes:
        at = data.find(b"a/topic")
        while at >= 0:
            arrived.append(data[at + 9 : at + 12])
            at = data.find(b"a/topic", at + 1)
        return polite(data)

    world = World(served_by(answer))
    kept: list[bool] = []

    async def publish() -> None:
        assert not world.client.publish("a/topic", b"000"), "nobody hears it yet"
        await asyncio.sleep(1)
        arrived.clear()
        for number in range(300):
            kept.append(world.client.publish("a/topic", b"%03d" % number + bytes(1_000)))
            if number % 20 == 19:
                await asyncio.sleep(1)

    world.run(60, publish())
    assert kept == [True] * 300
    assert arrived == [b"%03d" % number for number in range(300)]

    async def flood() -> None:
        await asyncio.sleep(1)
        kept.extend(world.client.publish("a/topic", bytes(5_000)) for _ in range(50))

    world = World(served_by(polite))
    kept.clear()
    world.run(5, flood())
    assert kept == [True] * 5 + [False] * 45
    with pytest.raises(ValueError, match="12000"):
        mqtt.packet(0x30, bytes(12_001))


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n" + bytes(90), "no MQTT broker answers there"),
        (b"\x20\x02\x00\x05", "refused us: not authorized"),
        (b"\x20\x02\x00\x09", "refused us: not authorized"),
        (CONNACK + b"\x90\x03\x00\x01\x80", "read our own topics"),
        (CONNACK + b"\x90\x03\x00\x02\x01", "read our own topics"),
        (CONNACK + SUBACK + b"\x30\xff\xff\xff\x7f", "268435455 bytes"),
        (CONNACK + SUBACK + b"\x30\xff\xff\xff\xff\x7f", "a length that no packet has"),
        (CONNACK + SUBACK + b"\x30\x03\x00\x09a", "cut off"),
        (CONNACK + SUBACK + b"\x36\x03\x00\x01a", "cut off"),
        (CONNACK + SUBACK + b"\x30\x00", "cut off"),
        (CONNACK + SUBACK + b"\x82\x00", "no client is sent"),
        (CONNACK + SUBACK + b"\x30\x04\x00\x02\xff\xfe", "utf-8"),
    ],
)
def test_a_broker_that_misbehaves_is_left_with_a_sentence(said: bytes, words: str) -> None:
    def answer(data: bytes) -> bytes:
        return said if data[0] == 0x10 else b""

    world = World(served_by(answer))
    world.run(5)
    assert any(words in line for line in world.lines), world.lines
    assert len(world.dials) > 1


@given(st.lists(st.binary(max_size=40), max_size=8))
def test_no_bytes_of_a_broker_stop_the_client(said: list[bytes]) -> None:
    left = list(said)

    def answer(data: bytes) -> bytes:
        return left.pop() if left else polite(data)

    world = World(served_by(answer))
    world.run(400)
    assert world.client.online


@given(st.lists(st.tuples(st.binary(max_size=300), st.integers(0, 1)), max_size=20), st.data())
def test_messages_are_heard_however_they_are_cut(messages: list[tuple[bytes, int]], data: st.DataObject) -> None:
    acknowledged: list[int] = []

    def answer(sent: bytes) -> bytes:
        at = 0
        while at < len(sent):
            length, body = mqtt._length(sent[at:])
            if sent[at] == 0x40:
                acknowledged.append(sent[at + 2] << 8 | sent[at + 3])
            at += body + length
        return polite(sent)

    world = World(served_by(answer))
    stream = b"".join(
        mqtt.packet(0x30 | qos << 1, mqtt.text(b"a/topic") + (bytes([0, number]) if qos else b"") + payload)
        for number, (payload, qos) in enumerate(messages, 1)
    )
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=12)))

    async def feed() -> None:
        await asyncio.sleep(1)
        assert world.wire is not None
        for begin, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
            world.wire.reader.feed_data(stream[begin:end])
            await asyncio.sleep(0.1)

    world.run(20, feed())
    assert world.heard == [("a/topic", payload, False) for payload, _ in messages]
    assert acknowledged == [number for number, (_, qos) in enumerate(messages, 1) if qos]
    assert world.changes == [True]
