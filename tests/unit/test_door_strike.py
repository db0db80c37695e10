"""The strike: off at the start, on only inside a pulse that was asked for, never longer than that pulse."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostiary.firmware.door.strike import PulseRefused, Strike

pulses = st.integers(1_000, 30_000)
steps = st.lists(
    st.tuples(st.sampled_from(["pulse", "drop", "tick"]), pulses, st.integers(0, 40_000)), min_size=1, max_size=40
)


@given(st.integers(max_value=999) | st.integers(min_value=30_001))
def test_a_pulse_outside_its_bounds_moves_nothing(pulse_ms: int) -> None:
    strike = Strike()
    with pytest.raises(PulseRefused, match=str(pulse_ms)):
        strike.pulse(pulse_ms, 0)
    assert not strike.on
    assert not strike.lets(0)


@given(steps)
def test_it_is_never_on_beyond_its_own_pulse_and_every_edge_is_reported(
    steps: list[tuple[str, int, int]],
) -> None:
    strike, now_ms, level, until_ms = Strike(), 0, False, 0
    for do, pulse_ms, after_ms in steps:
        now_ms += after_ms
        kinds = strike.tick(now_ms)
        if do == "pulse":
            kinds += strike.pulse(pulse_ms, now_ms)
            until_ms = now_ms + pulse_ms
        elif do == "drop":
            kinds += strike.drop(now_ms)
        for kind in kinds:
            assert level == (kind == "strike-off"), "edges alternate"
            level = not level
        assert level == strike.on
        assert not strike.on or now_ms < until_ms


def test_a_refused_pulse_leaves_a_running_one_alone() -> None:
    strike = Strike()
    strike.pulse(5_000, 0)
    with pytest.raises(PulseRefused):
        strike.pulse(31_000, 1_000)
    assert strike.off_at_ms == 5_000


@given(pulses, st.integers(0, 100_000))
def test_an_opening_is_explained_during_the_pulse_and_shortly_after(pulse_ms: int, late_ms: int) -> None:
    strike = Strike(grace_ms=1_000)
    strike.pulse(pulse_ms, 10)
    assert strike.lets(10 + pulse_ms - 1)
    # However late the tick comes, the pulse ended when it was due.
    strike.tick(10 + pulse_ms + late_ms)
    assert strike.lets(10 + pulse_ms + late_ms) == (late_ms <= 1_000)
