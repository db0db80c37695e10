"""Memberships and holdings in time: how they stand now, since when they ended, when they begin, when that changes."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from ostiary.controller.policy.facts import Holding, Membership
from ostiary.controller.policy.language import local, say_date

MISSING, ENDED, BEGINS = "missing", "ended", "begins"

Spans = Sequence[Membership] | Sequence[Holding]


def standing(spans: Spans, at_ms: int, zone: ZoneInfo) -> str:
    """Of spans of which none holds at `at_ms`: "begins 2027-01-01", else "ended 2026-12-03", else "missing". Dates are
    local to `zone`."""
    begin = begins_ms(spans, at_ms)
    if begin is not None:
        return f"{BEGINS} {local(begin, zone).date().isoformat()}"
    ends = [span.until_ms for span in spans if span.until_ms is not None and span.until_ms <= at_ms]
    return f"{ENDED} {local(max(ends), zone).date().isoformat()}" if ends else MISSING


def begins_ms(spans: Spans, at_ms: int) -> int | None:
    """When the first span begins that begins after `at_ms` and does not end before it began; None without one."""
    begins = [span.from_ms for span in spans if span.from_ms > at_ms and span.at(span.from_ms)]
    return min(begins, default=None)


def next_change(spans: Spans, at_ms: int) -> int | None:
    """When "one of these spans holds" next becomes true or false; None: never."""
    now = any(span.at(at_ms) for span in spans)
    bounds = {bound for span in spans for bound in (span.from_ms, span.until_ms) if bound is not None and bound > at_ms}
    return next((bound for bound in sorted(bounds) if any(span.at(bound) for span in spans) != now), None)


def split(value: str, language: str) -> tuple[str, str]:
    """A standing as its word and its date in a sentence: ("ended", "3 December 2026"); ("missing", "")."""
    word, _, day = value.partition(" ")
    return word, say_date(datetime.fromisoformat(day), language) if day else ""
