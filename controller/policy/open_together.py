"""Which hours are open at the same time: what they do together, looked up day by day, with a moment for each case."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta

from ostiary.controller.policy.hours import Hours

HORIZON_DAYS = 400
_ONE_DAY = timedelta(days=1)


def open_together(hours: Sequence[Hours], today: date) -> Mapping[tuple[bool, ...], int]:
    """Each combination of open and closed that occurs, in the order of `hours`, with the first moment at which it does,
    in Unix ms. Looked at are 400 days from today and the days around every later date that the hours name."""
    found: dict[tuple[bool, ...], int] = {}
    for at_ms in sorted(_moments(hours, today)):
        found.setdefault(tuple(item.open_until(at_ms) is not None for item in hours), at_ms)
    return found


def _moments(hours: Sequence[Hours], today: date) -> Iterator[int]:
    """Midnight of every day, and every moment from today on at which one of the hours may turn."""
    yield _midnight_ms(today)
    days = {today + offset * _ONE_DAY for offset in range(HORIZON_DAYS)} if hours else set[date]()
    for item in hours:
        for written in (*item.closed.dates, *item.also):
            days.update(day for offset in (-1, 0, 1) if (day := written + offset * _ONE_DAY) >= today)
    for day in days:
        yield _midnight_ms(day)
        for item in hours:
            yield from item.opening(day) or ()


def _midnight_ms(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) * 1000
