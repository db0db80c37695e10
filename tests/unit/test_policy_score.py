"""The score: bounded, capped, independent of order and of what came later, and the same in one look or step by step."""

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ostiary.controller.policy.facts import Entry, EntryWithoutEnd, EntryWithoutEvidence
from ostiary.controller.policy.score import WINDOW_MS, Ledger, ScoreRules, ledger_head, score, steps

DAY_MS = 86_400_000
RULES = ScoreRules("workshop-safety", 350, 950, 600, largest_penalty=10, penalties_in_30d=20)


def entry(name: str, points: int, day: float = 0, life: float | None = 180, **more: object) -> Entry:
    at_ms = int(day * DAY_MS)
    expires_ms = None if life is None else at_ms + int(life * DAY_MS)
    made = Entry(name, "kind", "workshop-safety", points, "document-1", at_ms, at_ms, expires_ms)
    return replace(made, **more)


def value(*entries: Entry, day: float = 100, rules: ScoreRules = RULES) -> int:
    return score(entries, rules, int(day * DAY_MS)).value


DAYS = st.integers(0, 400)
MAYBE_DAY = st.none() | DAYS


@st.composite
def ledgers(draw: st.DrawFn, most: int = 12) -> tuple[Entry, ...]:
    """Ledgers with everything in them: ties, late records, contests, foreign contexts, short and long lives."""
    entries: list[Entry] = []
    for number in range(draw(st.integers(0, most))):
        occurred = draw(st.integers(0, 120)) * DAY_MS
        points = draw(st.integers(-15, 12))
        life = draw(st.sampled_from([5, 20, 45, 90, 180]))
        times = {
            name: None if day is None else day * DAY_MS
            for name, day in zip(
                ("contested_ms", "upheld_ms", "cancelled_ms"),
                draw(st.tuples(MAYBE_DAY, MAYBE_DAY, MAYBE_DAY)),
                strict=True,
            )
            if draw(st.booleans())
        }
        entries.append(
            Entry(
                f"e{number}",
                "kind",
                draw(st.sampled_from(["workshop-safety"] * 4 + ["punctuality"])),
                points,
                "document-1",
                occurred,
                occurred + draw(st.sampled_from([0, 0, 0, 1, 40])) * DAY_MS,
                occurred + life * DAY_MS,
                **times,
            )
        )
    return tuple(entries)


def test_start_without_entries_and_every_kind_of_entry_counts() -> None:
    assert value() == 600
    assert value(entry("a", 10), entry("b", -8)) == 602


def test_value_stays_within_the_range_and_the_total_goes_beyond() -> None:
    many = tuple(entry(f"e{number}", 12, life=None) for number in range(40))
    now = score(many, RULES, 100 * DAY_MS)
    assert (now.value, now.total) == (950, 600 + 480)


def test_expired_cancelled_future_late_and_foreign_entries_do_not_count() -> None:
    assert value(entry("a", -8, day=0, life=100), day=99.999) == 592
    assert value(entry("a", -8, day=0, life=100), day=100) == 600
    assert value(entry("a", -8, cancelled_ms=50 * DAY_MS), day=49) == 592
    assert value(entry("a", -8, cancelled_ms=50 * DAY_MS), day=50) == 600
    assert value(entry("a", 10, day=101), day=100) == 600
    assert value(entry("a", 10, recorded_ms=101 * DAY_MS), day=100) == 600
    assert value(entry("a", 10, context="punctuality")) == 600


def test_a_contested_penalty_waits_for_a_decision_and_a_contested_award_does_not() -> None:
    contested = entry("a", -8, contested_ms=10 * DAY_MS, upheld_ms=20 * DAY_MS)
    assert [value(contested, day=day) for day in (9, 10, 19, 20)] == [592, 600, 600, 592]
    assert value(entry("a", 10, contested_ms=1)) == 610


def test_one_penalty_weighs_at_most_the_largest() -> None:
    assert value(entry("a", -40)) == 590


def test_the_later_penalty_of_a_window_loses_the_excess() -> None:
    a, b, c = entry("a", -10, day=0), entry("b", -8, day=10), entry("c", -8, day=20)
    assert value(a, b, c) == 580
    assert [item.points for item in score((c, b, a), RULES, 100 * DAY_MS).counted] == [-10, -8, -2]


def test_a_window_is_thirty_days_and_not_a_moment_more() -> None:
    full = (entry("a", -10, day=0), entry("b", -10, day=0))
    assert value(*full, entry("c", -10, day=29.999)) == 580
    assert value(*full, entry("c", -10, day=30)) == 570


def test_penalties_of_one_instant_yield_by_their_id() -> None:
    entries = [entry(name, -points, day=5) for name, points in (("b", 9), ("a", 8), ("c", 7))]
    counted = score(tuple(entries), RULES, 100 * DAY_MS).counted
    assert [(item.entry.id, item.points) for item in counted] == [("a", -8), ("b", -9), ("c", -3)]


def test_an_expired_penalty_gives_nothing_back_to_a_later_one() -> None:
    early = (entry("a", -10, day=0, life=20), entry("b", -10, day=0, life=20))
    assert value(*early, entry("c", -10, day=10), day=15) == 580
    assert value(*early, entry("c", -10, day=10), day=25) == 600


def test_without_limits_no_penalty_weighs_anything() -> None:
    bare = ScoreRules("workshop-safety", 350, 950, 600)
    assert value(entry("a", -8), entry("b", 6), rules=bare) == 606


def test_a_ledger_entry_refuses_what_the_policy_would_refuse() -> None:
    with pytest.raises(EntryWithoutEnd):
        entry("a", -8, life=None)
    with pytest.raises(EntryWithoutEvidence):
        entry("a", 8, evidence="")


@given(ledgers(), DAYS, st.randoms())
def test_neither_order_nor_later_records_change_a_score_or_its_head(ledger, day, random) -> None:
    at_ms = day * DAY_MS
    now = score(ledger, RULES, at_ms)
    shuffled = list(ledger)
    random.shuffle(shuffled)
    # What the past could not know: later records left out, later turns of a contest not yet there.
    known = [e for e in shuffled if e.recorded_ms <= at_ms]
    turns = ("contested_ms", "upheld_ms", "cancelled_ms")
    then = tuple(replace(e, **{name: None for name in turns if (getattr(e, name) or 0) > at_ms}) for e in known)
    for other in (tuple(shuffled), then):
        assert score(other, RULES, at_ms).value == now.value
        assert score(other, RULES, at_ms).head == now.head


@given(ledgers(), DAYS, st.sampled_from(["points", "evidence", "contested_ms"]))
def test_the_head_changes_with_every_known_entry(ledger, day, field) -> None:
    at_ms = day * DAY_MS
    for number, item in enumerate(ledger):
        if item.recorded_ms > at_ms or item.context != RULES.context:
            continue
        changed = {"points": item.points + 1, "evidence": "document-2", "contested_ms": at_ms - 1}[field]
        if changed == getattr(item, field):
            continue
        other = (*ledger[:number], replace(item, **{field: changed}), *ledger[number + 1 :])
        assert score(other, RULES, at_ms).head != score(ledger, RULES, at_ms).head


@given(ledgers(), DAYS)
def test_no_thirty_days_of_penalties_weigh_more_than_the_cap(ledger, day) -> None:
    # At the last moment of each life nothing is hidden by expiry, so the whole window is seen.
    undying = tuple(replace(e, expires_ms=1000 * DAY_MS) for e in ledger)
    counted = score(undying, RULES, day * DAY_MS).counted
    for end in counted:
        last_ms = end.entry.occurred_ms
        weights = [
            -item.points
            for item in counted
            if item.points < 0 and last_ms - WINDOW_MS < item.entry.occurred_ms <= last_ms
        ]
        assert sum(weights) <= 20
        assert all(weight <= 10 for weight in weights)


@given(ledgers(), DAYS)
def test_an_entry_out_of_the_ledger_is_the_same_as_one_contested_or_cancelled(ledger, day) -> None:
    at_ms = day * DAY_MS
    for number, item in enumerate(ledger):
        rest = (*ledger[:number], *ledger[number + 1 :])
        for event in ("contested_ms", "cancelled_ms"):
            if item.points >= 0 and event == "contested_ms":
                continue
            gone = replace(item, upheld_ms=None, **{event: 0})
            assert score((*rest, gone), RULES, at_ms).value == score(rest, RULES, at_ms).value


@given(ledgers(), st.integers(0, 400 * 24))
@settings(max_examples=60)
def test_expiry_of_penalties_never_lowers_a_score(ledger, hour) -> None:
    only = tuple(replace(e, points=-abs(e.points), contested_ms=None, cancelled_ms=None) for e in ledger)
    since = max((max(e.recorded_ms, e.occurred_ms) for e in only), default=0)
    at_ms = since + hour * 3_600_000
    assert score(only, RULES, at_ms + DAY_MS).value >= score(only, RULES, at_ms).value


@given(ledgers(), DAYS)
def test_steps_tell_the_same_story_as_score(ledger, day) -> None:
    told = list(steps(ledger, RULES, day * DAY_MS))
    assert told[0].at_ms == day * DAY_MS
    assert [step.at_ms for step in told] == sorted({step.at_ms for step in told})
    times = {day * DAY_MS} | {
        at for e in ledger for at in (e.recorded_ms, e.occurred_ms, e.expires_ms, e.contested_ms, e.upheld_ms,
                                      e.cancelled_ms) if at is not None and at > day * DAY_MS
    }  # fmt: skip
    for at_ms in sorted(times | {at - 1 for at in times if at > day * DAY_MS}):
        current = [step.value for step in told if step.at_ms <= at_ms][-1]
        assert current == score(ledger, RULES, at_ms).value
    for before, after in pairwise(told):
        assert before.value != after.value


# --- prepared once, or read each time -----------------------------------------------------------------------------


def same(ledger: Ledger, plain: tuple[Entry, ...], at_ms: int) -> None:
    """Everything that a decision takes from a ledger, prepared and plain."""
    prepared, expected = score(ledger, RULES, at_ms), score(plain, RULES, at_ms)
    assert prepared == expected
    assert prepared.head == expected.head == ledger_head(ledger, RULES.context, at_ms)
    assert list(steps(ledger, RULES, at_ms)) == list(steps(plain, RULES, at_ms))


@given(ledgers(), st.lists(st.integers(0, 400 * 24), min_size=1, max_size=8))
@settings(max_examples=300)
def test_a_prepared_ledger_says_what_a_plain_one_says_at_any_time_in_any_order(entries, hours) -> None:
    ledger = Ledger(entries, RULES)
    assert ledger == entries
    for hour in hours:  # as drawn: a clock may go backwards
        at_ms = hour * 3_600_000
        same(ledger, entries, at_ms)
        from_ms, until_ms = ledger.span(at_ms)
        assert from_ms <= at_ms < until_ms
        for edge in (from_ms, until_ms - 1, at_ms):
            assert score(ledger, RULES, edge) == score(entries, RULES, at_ms)
            same(ledger, entries, edge)


@given(ledgers(), DAYS)
def test_a_ledger_that_was_prepared_for_other_rules_is_read_as_a_plain_one(entries, day) -> None:
    other = replace(RULES, largest_penalty=3, penalties_in_30d=7, start=500)
    foreign = replace(RULES, context="punctuality")
    for rules in (other, foreign):
        assert score(Ledger(entries, RULES), rules, day * DAY_MS) == score(entries, rules, day * DAY_MS)
        assert ledger_head(Ledger(entries, RULES), rules.context, 0) == ledger_head(entries, rules.context, 0)


@given(ledgers(), ledgers(most=2), DAYS)
def test_what_is_earned_on_top_of_a_prepared_ledger_counts(entries, more, day) -> None:
    assert score(Ledger(entries, RULES) + more, RULES, day * DAY_MS) == score(entries + more, RULES, day * DAY_MS)


def test_a_million_entries_at_once_are_one_ledger_like_any_other() -> None:
    some = tuple(entry(f"e{number:03}", (number % 17) - 8, day=number, life=90 + number) for number in range(500))
    many = some * 2000
    ledger = Ledger(many, RULES)
    prepared = score(ledger, RULES, 700 * DAY_MS)
    assert prepared == score(many, RULES, 700 * DAY_MS)
    assert score(ledger, RULES, 700 * DAY_MS + 1) is prepared
