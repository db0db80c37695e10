"""Groups of doors, further opening days, and what a door may say about its times."""

from datetime import date

import pytest

from ostiary.controller.policy.document import load, read

PAGE = """
policy: p
groups:
  wide: {{face: off, or: [card], pulse: 3s, offline: deny, grant: [member: active]}}
  narrow: {{group: wide, pulse: 4s}}
doors:
  a: {{group: narrow{0}}}
  b: {{face: off, grant: [member: guest]}}
"""


def codes(text: str) -> list[str]:
    return [error.code for error in read(text, "p.yaml").findings.sorted()]


def test_the_nearest_word_wins() -> None:
    door = load(PAGE.format("")).doors["a"]
    assert (door.pulse_ms, door.offline, door.alternatives) == (4_000, "deny", ("card",))
    own = load(PAGE.format(", pulse: 9s, grant: [member: trial]")).doors["a"]
    assert (own.pulse_ms, own.offline) == (9_000, "deny")
    assert [clause.as_document() for clause in own.grant] == ["trial"]


def test_a_group_leaves_nothing_in_the_policy_but_its_doors() -> None:
    alone = """
policy: p
doors:
  a: {face: off, or: [card], pulse: 4s, offline: deny, grant: [member: active]}
  b: {face: off, grant: [member: guest]}
"""
    assert load(alone).sha256 == load(PAGE.format("")).sha256
    assert load(PAGE.format(", pulse: 5s")).sha256 != load(alone).sha256


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("wide: {face", "wide: {group: narrow, face", ["cyclic-group"]),
        ("wide: {face", "wide: {group: wide, face", ["cyclic-group"]),
        ("group: narrow", "group: narow", ["unknown-group", "unused-group"]),
        ("pulse: 4s", "puls: 4s", ["unknown-key"]),
        ("  narrow:", "  spare: {face: off}\n  narrow:", ["unused-group"]),
        ("face: off, or: [card], pulse", "or: [card], pulse", ["missing-key"]),
        ("grant: [member: active]}", "grant: [member: aktive]}", ["wrong-word"]),
    ],
)
def test_a_group_that_is_none_is_refused_at_its_place(old: str, new: str, expected: list[str]) -> None:
    text = PAGE.format("")
    assert old in text
    assert sorted(set(codes(text.replace(old, new, 1)))) == expected


def test_a_mistake_in_a_group_is_told_once_however_many_doors_are_in_it() -> None:
    text = (
        PAGE.format("")
        .replace("  b:", "  c: {group: narrow}\n  d: {group: wide}\n  b:")
        .replace("pulse: 3s", "pulse: 99s")
    )
    assert codes(text.replace("pulse: 4s", "offline: pack")) == ["wrong-time"]


def test_the_times_of_a_door() -> None:
    door = load(PAGE.format(", offline: {pack: 12h}, more_time: {pulse: 10s, held: 2m}")).doors["a"]
    assert (door.offline, door.pack_age_ms) == ("pack", 43_200_000)
    assert (door.more_time.pulse_ms, door.more_time.held_ms) == (10_000, 120_000)
    plain = load(PAGE.format("")).doors["b"]
    assert (plain.offline, plain.pack_age_ms) == ("pack", 86_400_000)
    assert (plain.more_time.pulse_ms, plain.more_time.held_ms) == (0, 0)


@pytest.mark.parametrize(
    "words",
    [
        "more_time: {}",
        "more_time: {pulse: 27s}",  # 4s of the group's pulse and 27s are more than any strike is released
        "pulse: 30s, more_time: {pulse: 1s}",
        "more_time: {held: 11m}",
        "more_time: {whom: somebody}",
        "offline: {pack: 59m}",
        "offline: {pack: 31d}",
        "offline: {}",
    ],
)
def test_times_out_of_bounds_are_refused(words: str) -> None:
    assert len(codes(PAGE.format(f", {words}"))) == 1


HOURS = """
policy: p
doors: {{a: {{face: off, grant: [within: h]}}}}
hours: {{h: {{days: mon-fri, from: "08:00", to: "18:00", zone: Europe/Berlin, {0}}}}}
"""


def test_a_day_that_is_added_opens_whatever_the_weekday_and_the_holiday() -> None:
    hours = load(HOURS.format("except: [holidays/DE-BE, 2026-12-23], also: [2026-12-25, 2026-12-27]")).hours["h"]
    takes_place = {day: hours.takes_place(date(2026, 12, day)) for day in range(22, 29)}
    assert takes_place == {22: True, 23: False, 24: True, 25: True, 26: False, 27: True, 28: True}
    opening = hours.opening(date(2026, 12, 27))
    assert opening is not None
    assert hours.next_opening(opening[0] - 1) == opening[0]
    assert hours.open_until(opening[0]) == opening[1]


def test_a_date_is_not_left_out_and_added_at_once() -> None:
    assert codes(HOURS.format("except: 2026-12-23, also: [2026-12-23]")) == ["contradictory-day"]
    assert codes(HOURS.format("also: 2026-02-29")) == ["wrong-time"]
    assert codes(HOURS.format("also: 9999-12-31")) == ["wrong-time"]


def test_a_chain_of_groups_is_followed_as_far_as_a_person_would() -> None:
    def chain(length: int) -> str:
        groups = "".join(f"  g{number}: {{group: g{number - 1}}}\n" for number in range(1, length))
        first = "policy: p\ngroups:\n  g0: {face: off, grant: [member: active]}\n"
        return f"{first}{groups}doors: {{a: {{group: g{length - 1}}}}}\n"

    assert codes(chain(8)) == []
    assert "too-deep" in codes(chain(9))
    assert "too-deep" in codes(chain(1500))
