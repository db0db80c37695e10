"""The strike guard's rules, on a pin that gpiozero pretends: off at the start, at the deadline, at anything unknown."""

import os
from collections.abc import Iterator

import pytest
from gpiozero.pins.mock import MockFactory
from hypothesis import given
from hypothesis import strategies as st

from ostiary.firmware.pi.pins_gpio import GpioStrike
from ostiary.firmware.pi.strike_guard import Guard, open_pin, run
from ostiary.hardware.profile import shipped

STRIKE = shipped("pi-4").wires["strike"].pin


@pytest.fixture
def factory() -> Iterator[MockFactory]:
    made = MockFactory()
    yield made
    made.reset()


class Wired:
    """A guard on a pretended pin."""

    def __init__(self) -> None:
        self.factory = MockFactory()
        self.said: list[str] = []
        self.strike = GpioStrike(STRIKE, factory=self.factory)
        self.guard = Guard(self.strike, self.said.append)

    @property
    def level(self) -> bool:
        return bool(self.factory.pin(STRIKE).state)


def test_a_pin_that_was_left_on_is_off_from_the_start(factory: MockFactory) -> None:
    strike = GpioStrike(STRIKE, factory=factory)
    strike.on()
    Guard(strike, print)
    assert not factory.pin(STRIKE).state


orders = st.one_of(
    st.integers(-5, 40_000).map(lambda pulse_ms: b"on %d" % pulse_ms),
    st.sampled_from(
        [
            b"off",
            b"",
            b"on",
            b"on 5e3",
            b"on 5000 x",
            b"on 5000 6000 7000",
            b"ON 5000",
            b"on 0005000",
            b"on " + b"9" * 500,
        ]
    ),
    st.binary(max_size=20),
)


@given(st.lists(st.tuples(orders, st.integers(0, 40_000)), max_size=30))
def test_it_is_on_inside_an_allowed_pulse_only(script: list[tuple[bytes, int]]) -> None:
    wired, now_ms, until_ms = Wired(), 0, 0
    for line, after_ms in script:
        now_ms += after_ms
        wired.guard.tick(now_ms)
        assert not wired.level or now_ms < until_ms
        before = len(wired.said)
        wired.guard.order(line, now_ms)
        if wired.said[before:][-1:] == ["on"]:
            pulse_ms = int(line.split()[1])
            assert 1_000 <= pulse_ms <= 30_000
            until_ms = now_ms + pulse_ms
        assert wired.level == (wired.guard.off_at_ms is not None)
    edges = [said for said in wired.said if said in ("on", "off")]
    assert edges == (["on", "off"] * len(edges))[: len(edges)]
    wired.guard.tick(now_ms + 30_000)
    assert not wired.level


@pytest.mark.parametrize("pulse_ms", [0, 999, 30_001, 999_999_999])
def test_a_pulse_outside_its_bounds_moves_nothing_and_says_so(pulse_ms: int) -> None:
    wired = Wired()
    wired.guard.order(b"on 5000", 0)
    wired.guard.order(b"on %d" % pulse_ms, 100)
    assert wired.guard.off_at_ms == 5_000
    assert str(pulse_ms) in wired.said[-1]


def test_an_order_that_is_read_too_late_moves_nothing() -> None:
    wired = Wired()
    wired.guard.order(b"on 5000 1000", 1_001)
    assert (wired.level, wired.guard.off_at_ms) == (False, None)
    assert wired.said[-1].startswith("refused a pulse that was ordered")
    wired.guard.order(b"on 5000 1001", 1_001)
    assert wired.level
    wired.guard.order(b"on 5000 1001", 9_000)
    assert wired.guard.off_at_ms == 6_001, "what it refuses neither lengthens nor ends a pulse"


def test_an_unknown_order_drops_the_strike() -> None:
    wired = Wired()
    wired.guard.order(b"on 5000", 0)
    wired.guard.order(b"open please", 100)
    assert not wired.level


def test_the_end_of_its_input_drops_the_strike(factory: MockFactory) -> None:
    said: list[str] = []
    reading, writing = os.pipe()
    os.write(writing, b"on 30000\n" + b"x" * 10)
    os.close(writing)
    run(GpioStrike(STRIKE, factory=factory), reading, said.append)
    os.close(reading)
    assert said == ["READY", "on", "off"]
    assert not factory.pin(STRIKE).state


@pytest.mark.parametrize("named", ["gpio:", "gpio:x", "board:", "relay:1", ""])
def test_an_unknown_pin_is_refused(named: str) -> None:
    with pytest.raises(ValueError, match="names no pin"):
        open_pin(named)


def test_closing_leaves_the_strike_off(factory: MockFactory) -> None:
    strike = GpioStrike(STRIKE, factory=factory)
    strike.on()
    strike.close()
    assert not factory.pin(STRIKE).state
