"""The Pi's wires on pins that gpiozero pretends: what each level means, and what a cut wire does."""

import queue
from collections.abc import Iterator
from typing import Any

import gpiozero.pins.mock
import pytest
from gpiozero.pins.mock import MockFactory

from ostiary.firmware.door.signals import PATTERNS as SAID
from ostiary.firmware.door.wiegand import END_US, encode
from ostiary.firmware.pi.pins_gpio import TOLD, GpioInputs
from ostiary.firmware.pi.reader_gpio import GpioReader
from ostiary.firmware.pi.signals_gpio import PATTERNS, GpioSignals
from ostiary.hardware.profile import Wire, shipped

WIRES = shipped("pi-4").wires
PATIENCE_S = 20


@pytest.fixture
def factory() -> Iterator[MockFactory]:
    made = MockFactory()
    yield made
    made.reset()


class Told:
    """Levels as they are told, waited for."""

    def __init__(self) -> None:
        self._queue: queue.SimpleQueue[tuple[str, bool]] = queue.SimpleQueue()

    def __call__(self, name: str, level: bool) -> None:
        self._queue.put((name, level))

    def next(self, count: int = 1) -> dict[str, bool]:
        return dict(self._queue.get(timeout=PATIENCE_S) for _ in range(count))

    @property
    def silent(self) -> bool:
        return self._queue.empty()


def test_with_every_wire_cut_the_door_reads_open_and_alarmed_and_nobody_presses(factory: MockFactory) -> None:
    told = Told()
    inputs = GpioInputs(WIRES, factory)
    inputs.watch(told)
    assert told.next(5) == {"contact": True, "rex": False, "fire": True, "tamper": True, "power": False}
    inputs.close()


def test_each_wire_tells_its_own_changes(factory: MockFactory) -> None:
    told = Told()
    inputs = GpioInputs(WIRES, factory)
    inputs.watch(told)
    told.next(5)
    for name, closed in TOLD.items():
        pin = factory.pin(WIRES[name].pin)
        pin.drive_low()
        assert told.next() == {name: closed}
        pin.drive_high()
        assert told.next() == {name: not closed}
    assert told.silent
    inputs.close()


def test_a_bouncing_contact_is_told_once(factory: MockFactory) -> None:
    told = Told()
    inputs = GpioInputs(WIRES, factory)
    inputs.watch(told)
    told.next(5)
    contact, rex = factory.pin(WIRES["contact"].pin), factory.pin(WIRES["rex"].pin)
    for _ in range(50):
        contact.drive_low()
        contact.drive_high()
    contact.drive_low()
    assert told.next() == {"contact": False}
    rex.drive_low()
    assert told.next() == {"rex": True}, "and nothing between"
    inputs.close()


def test_a_stuck_rex_is_one_press(factory: MockFactory) -> None:
    told = Told()
    inputs = GpioInputs(WIRES, factory)
    inputs.watch(told)
    told.next(5)
    factory.pin(WIRES["rex"].pin).drive_low()
    assert told.next() == {"rex": True}
    factory.pin(WIRES["contact"].pin).drive_low()
    assert told.next() == {"contact": False}, "the other wires are heard as ever"
    assert told.silent
    inputs.close()


def test_wiring_of_ones_own_may_turn_a_level_round(factory: MockFactory) -> None:
    told = Told()
    wires = {
        "contact": Wire(5, "high", None, None, False),
        "rex": Wire(6, "high", 10_000, None, False),
        "fire": Wire(12, "low", None, 10_000, False),
    }
    inputs = GpioInputs(wires, factory)
    factory.pin(6).drive_low()
    factory.pin(12).drive_high()
    inputs.watch(told)
    assert told.next(3) == {"contact": True, "rex": False, "fire": True}
    factory.pin(5).drive_high()
    assert told.next() == {"contact": False}
    factory.pin(6).drive_high()
    assert told.next() == {"rex": True}
    inputs.close()


def test_every_pattern_that_a_door_tells_can_be_seen_or_heard(factory: MockFactory) -> None:
    assert set(PATTERNS) == set(SAID)
    signals = GpioSignals(WIRES, factory)
    led, buzzer = (factory.pin(WIRES[name].pin) for name in ("led", "buzzer"))
    signals.tell("yes")
    assert led.state
    signals.tell("idle")
    assert (led.state, buzzer.state) == (False, False)
    for pattern in SAID:
        signals.tell(pattern)
    signals.close()
    assert (led.state, buzzer.state) == (False, False)


def test_a_board_without_lamp_or_buzzer_is_told_all_the_same(factory: MockFactory) -> None:
    signals = GpioSignals({}, factory)
    signals.tell("no")
    signals.close()


class Ticking(MockFactory):
    """A factory whose time the test moves, so that pulses are as far apart as the test says."""

    now_s = 0.0

    def ticks(self) -> float:
        return Ticking.now_s


@pytest.fixture
def reader(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Ticking, queue.SimpleQueue[Any], list[str]]]:
    monkeypatch.setattr(gpiozero.pins.mock, "monotonic", lambda: Ticking.now_s)
    factory, came, logged = Ticking(), queue.SimpleQueue(), []
    made = GpioReader(WIRES, came.put, logged.append, factory=factory)
    made.start()
    yield factory, came, logged
    made.close()
    factory.reset()


def pulses(factory: Ticking, bits: list[int], apart_us: int = 2_000) -> None:
    for bit in bits:
        Ticking.now_s += apart_us / 1_000_000
        pin = factory.pin(WIRES[f"wiegand-d{bit}"].pin)
        pin.drive_low()
        pin.drive_high()


def silence(us: int = END_US) -> None:
    Ticking.now_s += us / 1_000_000


def test_a_card_on_the_wires_is_an_attempt(reader: tuple[Ticking, queue.SimpleQueue[Any], list[str]]) -> None:
    factory, came, _ = reader
    pulses(factory, encode("26-123-4567"))
    silence()
    assert came.get(timeout=PATIENCE_S) == {
        "credential": "card", "claim": {"kind": "card", "value": "26-123-4567"}, "faces": 0,
    }  # fmt: skip


def test_keys_before_a_card_go_along_and_noise_is_told_without_what_was_typed(
    reader: tuple[Ticking, queue.SimpleQueue[Any], list[str]],
) -> None:
    factory, came, logged = reader
    pulses(factory, [1] * 25)
    silence()
    for key in "2468":
        pulses(factory, [int(bit) for bit in f"{int(key):04b}"])
        silence(100_000)
    pulses(factory, [1, 0, 1, 1])
    silence(100_000)
    pulses(factory, encode("34-7-99"))
    silence()
    assert came.get(timeout=PATIENCE_S)["pin"] == "2468"
    assert logged == ["the reader's entry was refused (1 times): length"]


def test_a_card_waits_for_its_digits_as_long_as_the_door_wants_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(gpiozero.pins.mock, "monotonic", lambda: Ticking.now_s)
    factory, came = Ticking(), queue.SimpleQueue()
    made = GpioReader(WIRES, came.put, lambda line: None, factory=factory)
    made.want_pin(True)
    made.start()
    pulses(factory, encode("26-123-4567"))
    silence()
    for key in ([0, 0, 1, 0], [0, 1, 0, 0], [0, 1, 1, 0], [1, 0, 0, 0], [1, 0, 1, 1]):
        pulses(factory, key)
        silence(100_000)
    assert came.get(timeout=PATIENCE_S)["pin"] == "2468", "it was asked about once, with them"
    made.want_pin(False)
    pulses(factory, encode("34-7-99"))
    silence()
    assert "pin" not in came.get(timeout=PATIENCE_S)
    made.close()
    factory.reset()
