"""A wire made quiet: bounces are not told, a level that stands is told once, and one that never stands reads open."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostiary.firmware.door.settle import SETTLE_MS, UNSURE_MS, Settle


def test_a_bouncing_switch_is_told_once() -> None:
    wire = Settle()
    assert wire.edge(True, 0) is None
    assert wire.tick(SETTLE_MS) is True
    for at_ms, closed in [(1_000, False), (1_003, True), (1_009, False), (1_011, True), (1_015, False)]:
        assert wire.edge(closed, at_ms) is None
    assert wire.due_ms() == 1_015 + SETTLE_MS
    assert wire.tick(1_015 + SETTLE_MS - 1) is None
    assert wire.tick(1_015 + SETTLE_MS) is False
    assert wire.due_ms() is None
    assert wire.tick(1_000_000) is None


def test_a_jittering_contact_reads_open_and_says_so_once() -> None:
    wire, told = Settle(), []
    wire.edge(True, 0)
    told.append(wire.tick(SETTLE_MS))
    for at_ms in range(1_000, 60_000, 10):
        told.append(wire.edge(at_ms % 20 != 0, at_ms))
    assert [level for level in told if level is not None] == [True, False]
    wire.edge(True, 60_010)
    assert wire.tick(60_010 + SETTLE_MS) is True


def test_a_bounce_that_ends_where_it_began_is_nothing() -> None:
    wire = Settle()
    wire.edge(True, 0)
    assert wire.tick(100) is True
    wire.edge(False, 200)
    wire.edge(True, 205)
    assert wire.tick(300) is None


@given(
    st.lists(st.tuples(st.integers(0, 200), st.booleans(), st.booleans()), max_size=80),
    st.integers(1, 100),
    st.integers(200, 2_000),
)
def test_what_is_told_is_true_and_an_opening_is_never_late(
    steps: list[tuple[int, bool, bool]], settle_ms: int, unsure_ms: int
) -> None:
    wire, now_ms, reads, since_ms, told = Settle(settle_ms, unsure_ms), 0, None, 0, None
    for after_ms, closed, ticks in steps:
        now_ms += after_ms
        said = wire.tick(now_ms) if ticks else wire.edge(closed, now_ms)
        if not ticks and closed != reads:
            before, before_ms, reads, since_ms = reads, since_ms, closed, now_ms
        else:
            before, before_ms = reads, since_ms
        if said is not None:
            assert said != told, "only changes are told"
            told = said
            if said:
                assert before is True and now_ms - before_ms >= settle_ms, "closed only where it stood closed"
    due_ms = wire.due_ms()
    if due_ms is not None:
        assert due_ms <= now_ms + settle_ms
        wire.tick(due_ms)
        wire.tick(since_ms + settle_ms)
        assert wire.closed == reads


@pytest.mark.parametrize("first", [True, False])
def test_the_first_level_is_told_whatever_it_is(first: bool) -> None:
    wire = Settle()
    wire.edge(first, 5)
    assert wire.tick(5 + SETTLE_MS) is first
    assert UNSURE_MS > SETTLE_MS
