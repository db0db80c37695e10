"""Decisions in numbers, from the register's tallies: by hour and door, by reason, and signs of false rejection."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ostiary.controller.web.charts import Chart
from ostiary.controller.web.index import in_words
from ostiary.controller.web.register import HOUR_MS, Count

MOST_DOORS = 4  # colours that can be told apart
REST = "other doors"


@dataclass(frozen=True, slots=True)
class Reason:
    """A reason with how often it was given, and its part of all in percent."""

    says: str
    verdict: str
    count: int
    percent: float


def by_hour(counts: Iterable[Count], since_ms: int, until_ms: int, step_hours: int) -> Chart | None:
    """Decisions by the hour, or by so many hours, a line a door; None without any."""
    decisions = [one for one in counts if one.kind == "decision"]
    if not decisions:
        return None
    total: Counter[str] = Counter()
    for one in decisions:
        total[one.door] += one.count
    shown = [door for door, _ in total.most_common(MOST_DOORS if len(total) <= MOST_DOORS else MOST_DOORS - 1)]
    labels = [*shown, *([REST] if len(total) > len(shown) else [])]
    step_ms = step_hours * HOUR_MS
    slots = range(since_ms // step_ms, until_ms // step_ms + 1)
    held = {label: dict.fromkeys(slots, 0) for label in labels}
    for one in decisions:
        slot = one.hour_ms // step_ms
        if slot in held[labels[0]]:
            held[one.door if one.door in shown else REST][slot] += one.count
    return Chart(
        "line",
        tuple(slot * step_ms / 1000 for slot in slots),
        tuple(tuple(float(count) for count in held[label].values()) for label in labels),
        tuple(labels),
        lowest=0.0,
    )


def reasons(counts: Iterable[Count]) -> tuple[Reason, ...]:
    """Why, the most frequent first."""
    found: Counter[tuple[str, str]] = Counter()
    for one in counts:
        if one.kind == "decision":
            found[one.code, one.verdict] += one.count
    total = sum(found.values())
    return tuple(
        Reason(in_words(code or None), verdict, count, 100 * count / total)
        for (code, verdict), count in found.most_common()
    )


def daily(
    counts: Iterable[Count], door: str, kinds: Sequence[tuple[str, str, str]], since_ms: int, until_ms: int
) -> Chart:
    """So many of each `(kind, code or "", label)` a day at a door."""
    day_ms = 24 * HOUR_MS
    slots = range(since_ms // day_ms, until_ms // day_ms + 1)
    held = [dict.fromkeys(slots, 0) for _ in kinds]
    for one in counts:
        slot = one.hour_ms // day_ms
        for at, (kind, code, _) in enumerate(kinds):
            if one.door == door and one.kind == kind and code in ("", one.code) and slot in held[at]:
                held[at][slot] += one.count
    return Chart(
        "line",
        tuple(slot * day_ms / 1000 for slot in slots),
        tuple(tuple(float(count) for count in one.values()) for one in held),
        tuple(label for _, _, label in kinds),
        lowest=0.0,
    )
