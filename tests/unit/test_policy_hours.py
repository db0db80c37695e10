"""Opening hours against a second opinion that walks the wall clock minute by minute, also where clocks change."""

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ostiary.controller.policy.closed_days import ClosedDays
from ostiary.controller.policy.hours import HORIZON_MS, Hours
from ostiary.controller.policy.title import Title

MINUTE_MS = 60_000
# Zones and the days around which their clocks moved: by an hour, by half an hour, at midnight, and by a whole day.
MOVES = [
    ("Europe/Berlin", date(2026, 3, 29)),
    ("Europe/Berlin", date(2026, 10, 25)),
    ("Europe/Berlin", date(2028, 2, 29)),
    ("America/New_York", date(2026, 11, 1)),
    ("America/Havana", date(2026, 3, 8)),
    ("America/Havana", date(2026, 11, 1)),
    ("Australia/Lord_Howe", date(2026, 4, 5)),
    ("Pacific/Apia", date(2011, 12, 30)),
    ("Asia/Kathmandu", date(2026, 6, 15)),
]


def hours(zone: str, start: int, end: int, days: frozenset[int] = frozenset(range(7)), **more: object) -> Hours:
    closed = ClosedDays(**more)
    return Hours(Title("opening-hours"), days, start, end, ZoneInfo(zone), closed)


def at(zone: str, *wall: int, fold: int = 0) -> int:
    return int(datetime(*wall, tzinfo=ZoneInfo(zone), fold=fold).timestamp()) * 1000


@lru_cache(maxsize=16)
def walk(zone: str, around: date) -> list[tuple[int, datetime]]:
    """Every minute of the days around a date, as (Unix ms, wall clock)."""
    noon = int(datetime(around.year, around.month, around.day, 12, tzinfo=UTC).timestamp()) * 1000
    minutes = range(noon - 4 * 1440 * MINUTE_MS, noon + 4 * 1440 * MINUTE_MS, MINUTE_MS)
    return [(ms, datetime.fromtimestamp(ms // 1000, ZoneInfo(zone)).replace(tzinfo=None)) for ms in minutes]


def spans(opening: Hours, zone: str, around: date) -> list[tuple[int, int]]:
    """By the words of the definition: from the first minute that shows `from` or later, to the first minute after the
    last that shows a time before `to`."""
    clock = walk(zone, around)
    found: list[tuple[int, int]] = []
    for offset in range(-3, 3):
        day = datetime.combine(around, datetime.min.time()) + timedelta(days=offset)
        if not opening.takes_place(day.date()):
            continue
        start = day + timedelta(minutes=opening.from_min)
        across = opening.to_min <= opening.from_min
        end = day + timedelta(minutes=opening.to_min, days=1 if across else 0)
        begin = next(ms for ms, wall in clock if wall >= start)
        stop = max(ms for ms, wall in clock if wall < end) + MINUTE_MS
        if begin < stop:
            found.append((begin, stop))
    return found


TIMES = st.integers(0, 1439) | st.sampled_from([0, 60, 90, 119, 120, 135, 150, 179, 180, 1410, 1439])


@given(
    st.sampled_from(MOVES),
    TIMES,
    TIMES.filter(bool) | st.just(1440),
    st.integers(-2 * 1440, 2 * 1440),
    st.frozensets(st.integers(0, 6), min_size=1),
    st.booleans(),
)
@example(("Europe/Berlin", date(2026, 3, 29)), 150, 240, 0, frozenset(range(7)), False)
@example(("Europe/Berlin", date(2026, 10, 25)), 135, 165, -600, frozenset(range(7)), False)
@settings(max_examples=300, deadline=None)
def test_open_and_opening_agree_with_the_walk(move, start, end, offset, days, leave_out) -> None:
    zone, around = move
    if start == end:
        return
    opening = hours(zone, start, end, days, dates=frozenset({around} if leave_out else ()))
    truth = spans(opening, zone, around)
    noon = walk(zone, around)[0][0] + 4 * 1440 * MINUTE_MS
    for ms in (noon + offset * MINUTE_MS, *(ms + d for span in truth for ms in span for d in (-MINUTE_MS, 0, 1))):
        if abs(ms - noon) > 36 * 60 * MINUTE_MS:
            continue  # the walk's own edge: a neighbouring day that it did not look at may be open
        assert (opening.open_until(ms) is not None) == any(begin <= ms < stop for begin, stop in truth)
        following = opening.next_opening(ms)
        known = [begin for begin, _ in truth if begin > ms]
        if known:
            assert following == min(known)


@given(
    st.sampled_from(MOVES),
    TIMES,
    TIMES.filter(bool) | st.just(1440),
    st.integers(-20 * 1440, 20 * 1440),
    st.frozensets(st.integers(0, 6), min_size=1),
    st.data(),
)
@settings(max_examples=150, deadline=None)
def test_nothing_changes_before_the_next_change(move, start, end, offset, days, data) -> None:
    zone, around = move
    if start == end:
        return
    opening = hours(zone, start, end, days, dates=frozenset({around}))
    now = at(zone, around.year, around.month, around.day, 12) + offset * MINUTE_MS
    is_open = opening.open_until(now) is not None
    change = opening.next_change(now)
    last = now + HORIZON_MS - 1 if change is None else change - 1
    between = data.draw(st.integers(now, last))
    assert (opening.open_until(between) is not None) == is_open
    assert (opening.open_until(last) is not None) == is_open
    if change is not None:
        assert (opening.open_until(change) is not None) != is_open


def test_a_night_belongs_to_the_day_it_begins_on() -> None:
    friday_night = hours("Europe/Berlin", 22 * 60, 6 * 60, frozenset({4}))
    assert friday_night.open_until(at("Europe/Berlin", 2026, 11, 28, 5, 59)) == at("Europe/Berlin", 2026, 11, 28, 6)
    assert friday_night.open_until(at("Europe/Berlin", 2026, 11, 28, 22)) is None
    without_saturday = hours("Europe/Berlin", 22 * 60, 6 * 60, dates=frozenset({date(2026, 11, 28)}))
    assert without_saturday.open_until(at("Europe/Berlin", 2026, 11, 28, 5)) is not None
    assert without_saturday.open_until(at("Europe/Berlin", 2026, 11, 29, 5)) is None


def test_midnight_at_the_end_of_the_day() -> None:
    whole = hours("Europe/Berlin", 0, 1440, frozenset({0}))
    monday = at("Europe/Berlin", 2026, 11, 23)
    assert [
        whole.open_until(ms) is not None for ms in (monday - 1, monday, monday + 86_399_999, monday + 86_400_000)
    ] == [
        False,
        True,
        True,
        False,
    ]


def test_hours_that_never_close_never_change() -> None:
    always = hours("Europe/Berlin", 0, 1440)
    assert always.next_change(at("Europe/Berlin", 2026, 10, 20)) is None


def test_a_skipped_hour_opens_with_the_skip_and_one_wholly_within_it_not_at_all() -> None:
    day = date(2026, 3, 29)
    assert hours("Europe/Berlin", 150, 240).opening(day) == (
        at("Europe/Berlin", 2026, 3, 29, 3),
        at("Europe/Berlin", 2026, 3, 29, 4),
    )
    assert hours("Europe/Berlin", 130, 170).opening(day) is None


def test_an_hour_that_comes_twice_is_open_throughout() -> None:
    assert hours("Europe/Berlin", 135, 165).opening(date(2026, 10, 25)) == (
        at("Europe/Berlin", 2026, 10, 25, 2, 15, fold=0),
        at("Europe/Berlin", 2026, 10, 25, 2, 45, fold=1),
    )


def test_no_opening_in_sight_is_none_and_not_a_search_without_end() -> None:
    fortnight = frozenset(date(2026, 12, 1) + timedelta(days=offset) for offset in range(40))
    opening = hours("Europe/Berlin", 360, 1380, dates=fortnight)
    assert opening.next_opening(at("Europe/Berlin", 2026, 12, 2)) is None
    assert opening.next_change(at("Europe/Berlin", 2026, 12, 2)) is None


@pytest.mark.parametrize(
    ("region", "day", "closed"),
    [
        ("DE-BE", date(2026, 3, 8), True),  # International Women's Day is a holiday in Berlin alone
        ("DE-BY", date(2026, 3, 8), False),
        ("DE", date(2026, 12, 25), True),
        ("DE-BE", date(2028, 2, 29), False),
    ],
)
def test_public_holidays_are_left_out(region: str, day: date, closed: bool) -> None:
    opening = hours("Europe/Berlin", 360, 1380, regions=(region,))
    assert (opening.opening(day) is None) == closed


@given(st.sampled_from([zone for zone, _ in MOVES]), st.sampled_from([0, 221_845_392_000_000]))
def test_the_first_and_the_last_time_are_no_trap(zone: str, ms: int) -> None:
    opening = hours(zone, 360, 1380, dates=frozenset())
    opening.open_until(ms)
    opening.next_change(ms)
