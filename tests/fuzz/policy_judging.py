"""What every page must show, whatever it is: findings with a place, never a traceback, never a grant by error.

`plainly_granted` is a second opinion on the grant: it reads the page with another reader and applies the words of
docs/policy.md as plainly as they stand. It shares no code with the policy room.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import holidays
import yaml

from ostiary.controller.policy.around import Around
from ostiary.controller.policy.document import load, read
from ostiary.controller.policy.errors import PolicyError
from ostiary.controller.policy.evaluate import evaluate
from ostiary.controller.policy.explain import explain
from ostiary.controller.policy.facts import Entry, Facts, Holding, Membership, PersonFacts
from ostiary.controller.policy.lint import lint

AROUND = Around(date(2026, 3, 2), lambda fpir: 30, frozenset({"card"}))
DAY_MS = 86_400_000
WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def _ms(*wall: int) -> int:
    return int(datetime(*wall, tzinfo=UTC).timestamp()) * 1000


# Times in ordinary weeks, in holidays, on a leap day, around each change of the clocks, and at both ends of time.
TIMES = (
    *(0, 1, _ms(2026, 3, 2, 12), _ms(2026, 3, 28, 23, 30), _ms(2026, 3, 29, 0, 59), _ms(2026, 3, 29, 1), 59_999),
    *(_ms(2026, 10, 24, 23), _ms(2026, 10, 25, 0, 30), _ms(2026, 10, 25, 1, 30), _ms(2026, 11, 1, 5, 30)),
    *(_ms(2028, 2, 29, 12), _ms(2028, 2, 29, 23, 59), _ms(2026, 12, 25, 10), _ms(2026, 12, 31, 23), _ms(2027, 1, 1)),
    *(_ms(2026, 4, 4, 15), _ms(2026, 5, 9, 21, 59), _ms(8999, 12, 31, 12), 221_845_392_000_000),
)


def _people() -> Iterator[PersonFacts]:
    """Nobody's friend, everybody's, and those at the edge of a score."""
    everything = (Membership("active"), Membership("guest"), Membership("trial"))
    holds = tuple(Holding(name) for name in ("a", "b", "c", "first-aid", "night", "laser-induction", "office-key"))
    yield PersonFacts("p-0")
    yield PersonFacts("p-1", everything[:1])
    yield PersonFacts("p-2", everything, holds)
    for points in (-10, -1, 1, 10):
        for context in ("workshop-safety", "another-context"):
            entry = Entry("e", "a", context, points, "evidence", _ms(2026, 3, 1), _ms(2026, 3, 1), _ms(2026, 12, 1))
            yield PersonFacts("p-3", everything, holds, (entry,))


PEOPLE = tuple(_people())


def judge(data: bytes) -> None:
    """Raises where a page was not well received."""
    reading = lint(data, "page.yaml", AROUND)
    _told(reading.findings.sorted())
    strict = read(data, "page.yaml")
    try:
        text = data.decode()
        policy = load(text, "page.yaml")
    except (PolicyError, UnicodeDecodeError) as error:
        assert strict.findings.sorted(), f"load refuses, reading does not: {error}"
        return
    assert not strict.findings.sorted(), "reading refuses, load does not"
    assert reading.policy is not None
    plain = yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506 - text alone, no types
    assert policy.sha256 == load(text + "\n# a comment\n").sha256
    for door in [*policy.doors, "no-such-door"]:
        for at_ms in TIMES:
            assert not evaluate(policy, Facts(None, door, at_ms)).granted, "nobody was let in"
            for person in PEOPLE:
                facts = Facts(person, door, at_ms)
                verdict = evaluate(policy, facts)
                expected = plainly_granted(plain, door, person, at_ms)
                assert expected is None or verdict.granted == expected, f"{door} at {at_ms} for {person}: {verdict}"
            _explained(policy, Facts(PEOPLE[1], door, at_ms))
        revoked = PersonFacts("p-9", PEOPLE[2].member, PEOPLE[2].holds, revoked=True)
        assert not evaluate(policy, Facts(revoked, door, TIMES[2])).granted, "a revoked person was let in"


def _told(findings: tuple[PolicyError, ...]) -> None:
    for error in findings:
        assert error.line >= 1
        assert error.column >= 1
        assert error.found and error.expected and error.cure and error.why
        assert "Traceback" not in str(error)
        str(error).encode()  # whatever stood on the page, a terminal can show it


def _explained(policy: Any, facts: Facts) -> None:
    verdict = evaluate(policy, facts)
    for language in ("en", "de"):
        assert explain(policy, facts, verdict, language).sentence


# --- the second opinion -----------------------------------------------------------------------------------------


def plainly_granted(page: Any, door: str, person: PersonFacts, at_ms: int) -> bool | None:
    """Whether this person, of whom no live state is known, may pass; None where the clocks change nearby."""
    rule = page["doors"].get(door)
    if rule is None:
        return False
    grant, group = rule.get("grant"), rule.get("group")
    while grant is None:
        wider = page["groups"][group]
        grant, group = wider.get("grant"), wider.get("group")
    return _all([_holds(page, item, person, at_ms) for item in grant])


def _all(found: list[bool | None]) -> bool | None:
    return False if False in found else None if None in found else True


def _holds(page: Any, item: Any, person: PersonFacts, at_ms: int) -> bool | None:
    return _all([_clause(page, word, bound, person, at_ms) for word, bound in item.items()])


def _clause(page: Any, word: str, bound: Any, person: PersonFacts, at_ms: int) -> bool | None:
    match word:
        case "member":
            return bound in [one.state for one in person.member]
        case "holds":
            return bound in [one.name for one in person.holds]
        case "score":
            return _score(page, person, at_ms) >= int(bound["at_least"])
        case "tier":
            return _score(page, person, at_ms) >= int(page["tiers"][bound])
        case "within":
            return _open(page["hours"][bound], at_ms)
        case "all_of":
            return _all([_holds(page, part, person, at_ms) for part in bound])
        case "any_of":
            found = [_holds(page, part, person, at_ms) for part in bound]
            return True if True in found else None if None in found else False
        case "not_inside" | "occupancy" | "escorted":
            return False  # what is not known is no reason to open
        case _:
            raise AssertionError(f"a clause of which nobody has heard: {word}")


def _score(page: Any, person: PersonFacts, at_ms: int) -> int:
    rules, limits = page["score"], page.get("limits", {})
    largest = int(limits.get("largest_penalty", 0))
    total = int(rules["start"])
    for entry in person.entries:
        if entry.context == rules["context"] and entry.recorded_ms <= at_ms < (entry.expires_ms or 10**18):
            total += max(entry.points, -largest)
    return min(max(total, int(rules["min"])), int(rules["max"]))


def _open(hours: Any, at_ms: int) -> bool | None:
    zone = ZoneInfo(hours["zone"])
    if _clocks_change(hours["zone"], at_ms // DAY_MS):
        return None
    now = datetime.fromtimestamp(at_ms / 1000, zone).replace(tzinfo=None)
    begin, end = _minutes(hours["from"]), _minutes(hours["to"])
    for day in (now.date() - timedelta(days=1), now.date()):
        midnight = datetime.combine(day, datetime.min.time())
        last = end if end > begin else end + 1440
        if _takes_place(hours, day) and midnight + timedelta(minutes=begin) <= now < midnight + timedelta(minutes=last):
            return True
    return False


@lru_cache(maxsize=4096)
def _clocks_change(zone: str, day: int) -> bool:
    """Whether the clocks of a zone change within a day and a half; at the very ends of time nobody knows."""
    if not 3 < day < 2_567_000:
        return True
    offsets = {datetime.fromtimestamp((day * 24 + hour) * 3600, ZoneInfo(zone)).utcoffset() for hour in range(-36, 61)}
    return len(offsets) > 1


def _minutes(clock: str) -> int:
    return int(clock[:2]) * 60 + int(clock[3:])


def _takes_place(hours: Any, day: date) -> bool:
    if day.isoformat() in _listed(hours.get("also")):
        return True
    for left_out in _listed(hours.get("except")):
        if left_out == day.isoformat() or (
            left_out.startswith("holidays/") and day in _holidays(left_out[9:], day.year)
        ):
            return False
    return any(WEEK[day.weekday()] in _weekdays(item) for item in _listed(hours["days"]))


def _weekdays(item: str) -> list[str]:
    first, _, last = item.partition("-")
    days = [*WEEK, *WEEK][WEEK.index(first) :]
    return days[: days.index(last or first) + 1]


@lru_cache(maxsize=256)
def _holidays(region: str, year: int) -> Any:
    country, _, part = region.partition("-")
    return holidays.country_holidays(country, subdiv=part or None, years=year)


def _listed(value: Any) -> list[str]:
    return [] if value is None else value if isinstance(value, list) else [value]
