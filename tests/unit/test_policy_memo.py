"""A memo says what `evaluate` and `explain` say: of anybody, at any time, in any order, however little it may keep."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ostiary.controller import samples
from ostiary.controller.policy.canonical import canonical
from ostiary.controller.policy.document import Policy, load
from ostiary.controller.policy.evaluate import evaluate
from ostiary.controller.policy.explain import explain
from ostiary.controller.policy.facts import Facts, Holding, Live, Membership, PersonFacts
from ostiary.controller.policy.language import UnknownLanguage
from ostiary.controller.policy.memo import Memo
from tests.unit.policy_world import DAY_MS, HOUR_MS, NOW, SITE, persons, policies, requests, site

WORKSHOP = load(samples.policy_text("workshop"))
MINUTE_MS = 60_000


def same(memo: Memo, policy: Policy, facts: Facts, language: str = "en") -> None:
    """Equal, and equal in every byte that a record would keep."""
    answer = memo.answer(facts)
    verdict = evaluate(policy, facts)
    why = explain(policy, facts, verdict, language)
    assert answer.verdict == memo.verdict(facts) == verdict
    assert answer.why == why
    told = [[why.sentence, why.counterfactual, list(why.clauses), list(why.factors)] for why in (answer.why, why)]
    assert canonical(told[0]) == canonical(told[1])
    if verdict.score is not None:
        assert answer.verdict.score is not None
        assert answer.verdict.score.head == verdict.score.head


@given(st.data())
@settings(max_examples=80, deadline=None)
def test_a_memo_says_what_is_said_without_one(data: st.DataObject) -> None:
    policy = data.draw(policies())
    language = data.draw(st.sampled_from(["en", "de"]))
    people = data.draw(st.lists(persons(), min_size=1, max_size=3))
    # Of each a twin that is equal and yet another value, as after a change that changed nothing.
    people += [replace(person) for person in people]
    memo = Memo(policy, language, most_kept=data.draw(st.sampled_from([1, 3, 1000])))
    for facts in data.draw(st.lists(requests(people), min_size=2, max_size=12)):
        same(memo, policy, facts, language)


@given(st.data())
@settings(max_examples=20, deadline=None)
def test_nothing_is_kept_beyond_its_time(data: st.DataObject) -> None:
    """One person hour by hour and around every date of theirs, forwards and then backwards."""
    policy = data.draw(policies())
    person = data.draw(persons())
    memo = Memo(policy)
    spans = [at_ms for span in (*person.member, *person.holds) for at_ms in (span.from_ms, span.until_ms)]
    events = [at_ms for entry in person.entries for at_ms in (entry.occurred_ms, entry.expires_ms, entry.contested_ms)]
    dates = [at_ms + by for at_ms in (*spans, *events) if at_ms is not None for by in (-1, 0)]
    near = [at_ms for at_ms in dates if abs(at_ms - NOW) < 20 * DAY_MS]
    begin = NOW + data.draw(st.integers(-3, 16)) * DAY_MS
    live = data.draw(st.sampled_from([None, Live()]))
    times = sorted({*near[:16], *range(begin, begin + DAY_MS, 3 * HOUR_MS)})
    for at_ms in (*times, *reversed(times)):
        same(memo, policy, Facts(person, "door", at_ms, live))


def test_a_minute_is_said_as_each_zone_shows_it_also_while_clocks_are_changed() -> None:
    """Until January 1972 Monrovia was 44 minutes and 30 seconds behind, so its minutes began at half past ours."""
    policy = load(
        SITE.format(grant="within: day", start=600, offline="pack").replace("Europe/Berlin", "Africa/Monrovia")
    )
    memo = Memo(policy)
    change_ms = int(datetime(1972, 1, 7, 0, 44, 30, tzinfo=UTC).timestamp() * 1000)
    for at_ms in range(change_ms - 3 * MINUTE_MS, change_ms + 3 * MINUTE_MS, 9_999):
        same(memo, policy, Facts(PersonFacts("p"), "door", at_ms))


def test_what_is_kept_is_used_and_counted() -> None:
    memo = Memo(WORKSHOP)
    member = PersonFacts("p", (Membership("active"),), (Holding("laser-induction"),))
    for minute in range(60):
        same(memo, WORKSHOP, Facts(member, "laser-room", NOW + minute * MINUTE_MS))
    assert (memo.learned, memo.composed, memo.asked, memo.searched) == (1, 119, 0, 0)  # each twice


def test_closed_hours_are_said_once_for_everybody_whom_only_they_keep_out() -> None:
    memo = Memo(WORKSHOP)
    for number in range(20):
        member = PersonFacts(f"p-{number}", (Membership("active"),), (Holding("laser-induction"),))
        same(memo, WORKSHOP, Facts(member, "laser-room", NOW + 8 * HOUR_MS + number * MINUTE_MS))
    assert memo.searched == 1


def test_a_memo_is_bounded_and_whoever_came_first_leaves_first() -> None:
    memo = Memo(WORKSHOP, most_kept=10)
    people = [PersonFacts(f"p-{number}", (Membership("active"),)) for number in range(30)]
    for person in people:
        same(memo, WORKSHOP, Facts(person, "front", NOW))
    assert memo.size <= 10
    before = memo.learned
    same(memo, WORKSHOP, Facts(people[-1], "front", NOW))
    assert memo.learned == before
    same(memo, WORKSHOP, Facts(people[0], "front", NOW))
    assert memo.learned == before + 1
    for person in people:
        memo.forget(person.id)
    assert memo.size == 0


def test_a_person_who_changed_is_asked_about_again() -> None:
    policy = site(("member: active",), 600)
    memo = Memo(policy)
    for member in ((), (Membership("active"),), ()):
        same(memo, policy, Facts(PersonFacts("p", member), "door", NOW))
    assert memo.learned == 3


def test_a_language_that_is_not_there_is_refused_by_name() -> None:
    with pytest.raises(UnknownLanguage):
        Memo(WORKSHOP, "xx")
