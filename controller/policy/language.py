"""How each language writes dates, times, numbers and lists; the sentences themselves stand beside their clauses."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from ostiary.controller.policy.facts import LATEST_MS

LANGUAGES = ("en", "de")

MONTHS: Mapping[str, Sequence[str]] = {
    "en": (
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ),
    "de": (
        "Januar",
        "Februar",
        "März",
        "April",
        "Mai",
        "Juni",
        "Juli",
        "August",
        "September",
        "Oktober",
        "November",
        "Dezember",
    ),
}
DAYS: Mapping[str, Sequence[str]] = {
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "de": ("Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag"),
}
DATE: Mapping[str, str] = {"en": "{day} {month}", "de": "{day}. {month}"}
MOMENT: Mapping[str, str] = {"en": "{date} at {time}", "de": "{date} um {time} Uhr"}
ONCE: Mapping[str, Sequence[str]] = {
    "en": ("never", "once", "twice"),
    "de": (
        "nie",
        "einmal",
        "zweimal",
        "dreimal",
        "viermal",
        "fünfmal",
        "sechsmal",
        "siebenmal",
        "achtmal",
        "neunmal",
        "zehnmal",
        "elfmal",
        "zwölfmal",
    ),
}
TIMES: Mapping[str, str] = {"en": "{count} times", "de": "{count}-mal"}
NUMBERS: Mapping[str, Sequence[str]] = {
    "en": ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
    "de": (),  # a numeral word would have to know the gender: digits do not
}
QUOTES: Mapping[str, str] = {"en": "“{}”", "de": "„{}“"}
AND: Mapping[str, str] = {"en": " and ", "de": " und "}
OR: Mapping[str, Sequence[str]] = {"en": (", ", ", or "), "de": (", ", " oder ")}


class UnknownLanguage(ValueError):
    """A language that no sentence exists in yet."""


def pick(words: Mapping[str, Any], language: str) -> Any:
    """The part of a table of words that is in this language. Raises `UnknownLanguage`."""
    try:
        return words[language]
    except KeyError:
        raise UnknownLanguage(f"There is no {language!r} here. Choose one of {', '.join(LANGUAGES)}.") from None


def local(at_ms: int, zone: ZoneInfo) -> datetime:
    """A time as the wall clock of `zone` shows it, to the second; one beyond every calendar, as a broken import may
    hold it, is said as the nearest that there is."""
    return datetime.fromtimestamp(min(max(at_ms, 0), LATEST_MS) // 1000, zone)


def say_date(when: datetime, language: str, near_year: int | None = None) -> str:
    """ "3 December 2026"; without the year where it is `near_year`."""
    text = pick(DATE, language).format(day=when.day, month=MONTHS[language][when.month - 1])
    return text if when.year == near_year else f"{text} {when.year}"


def say_moment(at_ms: int, zone: ZoneInfo, language: str) -> str:
    """The first full minute that is not before `at_ms`, as a date with its time, or as the date alone at midnight."""
    when = local(-(-at_ms // 60_000) * 60_000, zone)
    if when.second:  # zones of the 19th century were off by seconds
        when += timedelta(seconds=60 - when.second)
    if when.hour == when.minute == 0:
        return say_date(when, language)
    return say_wall(when, language)


def say_wall(when: datetime, language: str) -> str:
    """ "3 December 2026 at 14:05": what a wall clock showed, to the minute."""
    return pick(MOMENT, language).format(date=say_date(when, language), time=f"{when:%H:%M}")


def say_points(points: int) -> str:
    """ "+6" or "−8", with the true minus sign."""
    return f"+{points}" if points > 0 else f"−{-points}"


def say_or(parts: Sequence[str], language: str) -> str:
    """ "a", "a, or b", "a, b, or c"; with semicolons where a part has commas of its own."""
    comma, last = pick(OR, language)
    if any("," in part for part in parts[:-1]):
        comma, last = "; ", f"; {last.strip(', ')} "
    return parts[0] if len(parts) == 1 else comma.join(parts[:-1]) + last + parts[-1]


def say_and(parts: Sequence[str], language: str) -> str:
    """ "a", "a and b", "a and b and c"."""
    return pick(AND, language).join(parts)
