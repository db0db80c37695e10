"""Opening hours: when they are open, when they next open, when that next changes, whatever the clocks do.

Hours have one opening for each day of `days` that is not left out by `except`, and for each date under `also`, whatever
the weekday and the holiday. An opening belongs to the local date on
which it begins: with `from: "22:00", to: "06:00"` the night of Friday ends on Saturday morning, and a Saturday left out
does not cut Friday's night short, but takes its own.

An opening is one unbroken span of time. It begins when the wall clock of `zone` first shows `from` or later, and ends
when it shows no time before `to` any more. So when clocks go back, a time that comes twice opens at its first and
closes at its second coming; when clocks go forward, a time that is skipped counts as the moment of the skip, and an
opening that lies wholly within the skipped hour does not take place. `to: "24:00"` is the midnight that ends the day.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from ostiary.controller.policy import errors
from ostiary.controller.policy.closed_days import ClosedDays
from ostiary.controller.policy.errors import nearest_word
from ostiary.controller.policy.language import local
from ostiary.controller.policy.reading import Value, listed
from ostiary.controller.policy.title import Title, Titles

DAY_WORDS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
REQUIRED = ("days", "from", "to", "zone")
OPTIONAL = ("except", "also")
DAY_MINUTES = 24 * 60
HORIZON_DAYS = 14
HORIZON_MS = HORIZON_DAYS * 86_400_000
_TIME = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])|24:00", re.ASCII)
_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, eq=False)  # two hours of one document are the same only if they are one
class Hours:
    """Named hours. `days` are weekdays (0: Monday); `from_min` is 0–1439, `to_min` 1–1440 minutes after midnight;
    where `to_min` is not after `from_min` the opening runs across midnight."""

    title: Title
    days: frozenset[int]
    from_min: int
    to_min: int
    zone: ZoneInfo
    closed: ClosedDays
    also: frozenset[date] = frozenset()

    @property
    def name(self) -> str:
        return self.title.name

    @classmethod
    def read(cls, name: str, value: Value, titles: Titles) -> "Hours":
        """One item of the section `hours`."""
        fields = value.fields(f'the hours "{name}"', REQUIRED, OPTIONAL)
        attempt = value.findings.attempt
        from_min, to_min = attempt(lambda: _span(fields["from"], fields["to"]), (0, DAY_MINUTES))
        days = attempt(lambda: _days(fields["days"]), frozenset(range(7)))
        zone = attempt(lambda: _zone(fields["zone"]), ZoneInfo("UTC"))
        closed = attempt(lambda: ClosedDays.read(fields.get("except")), ClosedDays())
        also = attempt(lambda: _also(fields.get("also"), closed), frozenset())
        return cls(titles.of(name), days, from_min, to_min, zone, closed, also)

    def as_document(self) -> dict[str, object]:
        """The canonical form."""
        return {
            "days": [DAY_WORDS[day] for day in sorted(self.days)],
            "from": clock(self.from_min),
            "to": clock(self.to_min),
            "zone": self.zone.key,
            "except": self.closed.as_document(),
            "also": [day.isoformat() for day in sorted(self.also)],
        }

    def takes_place(self, day: date) -> bool:
        """Whether an opening begins on this local date."""
        return day in self.also or (day.weekday() in self.days and day not in self.closed)

    @lru_cache(maxsize=4096)  # noqa: B019 - hours are few, and a decision asks for the same two days again and again
    def opening(self, day: date) -> tuple[int, int] | None:
        """The opening that begins on this local date as (from_ms, until before ms); None without one."""
        if not self.takes_place(day):
            return None
        last = day + _ONE_DAY if self.to_min <= self.from_min or self.to_min == DAY_MINUTES else day
        begin = _reached(day, self.from_min, self.zone, first=True)
        end = _reached(last, self.to_min % DAY_MINUTES, self.zone, first=False)
        return (begin, end) if begin < end else None

    @lru_cache(maxsize=4096)  # noqa: B019 - as above
    def _around(self, day: date) -> tuple[tuple[int, int], ...]:
        """The openings that begin the day before, on this day and the day after."""
        openings = [self.opening(near) for near in (day - _ONE_DAY, day, day + _ONE_DAY)]
        return tuple(opening for opening in openings if opening is not None)

    def open_until(self, at_ms: int) -> int | None:
        """The end of the opening that `at_ms` lies in, the latest if several overlap; None if closed."""
        ends = [end for begin, end in self._around(local(at_ms, self.zone).date()) if begin <= at_ms < end]
        return max(ends, default=None)

    def next_opening(self, at_ms: int) -> int | None:
        """When the first opening begins that begins after `at_ms`, within 14 days; else None."""
        today = local(at_ms, self.zone).date()
        for ahead in range(-1, HORIZON_DAYS + 2):  # a later day's opening never begins before an earlier one's
            opening = self.opening(today + ahead * _ONE_DAY)
            if opening is not None and at_ms < opening[0]:
                return opening[0] if opening[0] <= at_ms + HORIZON_MS else None
        return None

    def next_change(self, at_ms: int) -> int | None:
        """When the hours next turn from open to closed or back, within 14 days; else None. Openings that touch are
        one."""
        end = self.open_until(at_ms)
        if end is None:
            return self.next_opening(at_ms)
        while end <= at_ms + HORIZON_MS:
            further = self.open_until(end)
            if further is None:
                return end
            end = further
        return None


def clock(minutes: int) -> str:
    """Minutes after midnight as "06:00"."""
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def _reached(day: date, minutes: int, zone: ZoneInfo, *, first: bool) -> int:
    """When the wall clock of `zone` first shows this time of this date or later; or, not `first`, from when on it shows
    nothing earlier. In Unix ms. A skipped time is reached with the skip."""
    wall = datetime.combine(day, datetime.min.time()) + timedelta(minutes=minutes)
    before, after = sorted(int(wall.replace(tzinfo=zone, fold=fold).timestamp()) for fold in (0, 1))
    if _shown(before, zone) == wall:
        # A time that comes twice: the second coming counts for an end, unless the clock went back to this very time.
        return (before if first or _shown(after - 1, zone) >= wall else after) * 1000
    # The time is skipped: `before` shows an earlier wall clock, `after` a later one, the skip lies between.
    while after - before > 1:
        middle = (before + after) // 2
        if _shown(middle, zone) < wall:
            before = middle
        else:
            after = middle
    return after * 1000


def _shown(at_s: int, zone: ZoneInfo) -> datetime:
    return datetime.fromtimestamp(at_s, zone).replace(tzinfo=None)


def _time(value: Value) -> int:
    expected = 'a time of day from "00:00" to "24:00"'
    match = _TIME.fullmatch(value.text(expected))
    if match is None:
        raise errors.WrongTime(value.at, value.found, expected)
    return DAY_MINUTES if match[1] is None else int(match[1]) * 60 + int(match[2])


def _span(begin: Value, end: Value) -> tuple[int, int]:
    """Beginning and end, in minutes after midnight."""
    from_min, to_min = _time(begin), _time(end)
    if from_min == DAY_MINUTES:
        raise errors.WrongTime(begin.at, begin.found, 'a beginning before "24:00"')
    if from_min == to_min:
        found = f"{end.found}, the beginning itself"
        raise errors.WrongTime(end.at, found, 'another time, or "00:00" to "24:00" for a whole day')
    if to_min == 0:
        raise errors.WrongTime(end.at, end.found, 'a later time, or "24:00" for midnight')
    return from_min, to_min


def _also(value: Value | None, closed: ClosedDays) -> frozenset[date]:
    """A date or a list of dates on which there is an opening too."""
    days: set[date] = set()
    for item in [] if value is None else value.items("a list") if value.is_list else [value]:
        day = item.day("a further day")
        if day in closed.dates:
            raise errors.ContradictoryDay(item.at, f"{item.found}, which `except` leaves out", "each date once")
        days.add(day)
    return frozenset(days)


def _days(value: Value) -> frozenset[int]:
    items = value.items("days") if value.is_list else [value]
    days = frozenset(day for item in items for day in _weekdays(item))
    if not days:
        raise errors.WrongTime(value.at, "no day", "at least one day")
    return days


def _weekdays(value: Value) -> list[int]:
    """ "mon" or "fri-mon", which goes across Sunday."""
    expected = f'{listed(DAY_WORDS)}, or two of them like "mon-fri"'
    ends = value.text(expected).split("-")
    if len(ends) > 2:
        raise errors.WrongTime(value.at, value.found, expected)
    for end in ends:
        if end not in DAY_WORDS:
            raise errors.WrongTime(value.at, value.found, expected, nearest_word(end, DAY_WORDS))
    first, last = DAY_WORDS.index(ends[0]), DAY_WORDS.index(ends[-1])
    return [(first + step) % 7 for step in range((last - first) % 7 + 1)]


def _zone(value: Value) -> ZoneInfo:
    expected = 'a time zone like "Europe/Berlin"'
    key = value.text(expected)
    try:
        return ZoneInfo(key)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        near = nearest_word(key, available_timezones())
        raise errors.WrongTime(value.at, value.found, expected, near) from error
