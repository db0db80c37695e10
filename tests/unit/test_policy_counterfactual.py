"""What a denial says would change it, does: every way is walked to its end, none is longer than it must be."""

from dataclasses import replace
from datetime import datetime
from functools import cache
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from ostiary.controller.policy.change import Earn, Join, Obtain, Wait
from ostiary.controller.policy.counterfactual import ways
from ostiary.controller.policy.document import Policy, load
from ostiary.controller.policy.evaluate import evaluate
from ostiary.controller.policy.explain import explain
from ostiary.controller.policy.facts import Entry, Facts, Holding, Membership, PersonFacts

BERLIN = ZoneInfo("Europe/Berlin")
DAY_MS = 86_400_000
SITE = """
policy: northside
score: {{context: workshop-safety, min: 350, max: 950, start: {start}}}
entries:
  course-passed: {{points: +10, evidence: certificate, expires: 20d}}
  safety-round: {{points: +6, evidence: round-sheet, expires: 365d}}
  machine-left-running: {{points: -8, evidence: incident-report, expires: 180d}}
limits: {{largest_penalty: 10, penalties_in_30d: 20}}
doors:
  door: {{face: verify, or: [card], grant: [{grant}]}}
hours:
  day: {{days: mon-fri, from: "06:00", to: "23:00", zone: Europe/Berlin, except: [2026-12-02, 2026-12-03]}}
  night: {{days: [mon, wed, sat], from: "22:00", to: "06:00", zone: Europe/Berlin}}
words:
  safety-round: {{en: [safety round, safety rounds], de: [Sicherheitsrunde, Sicherheitsrunden]}}
"""


def at(*wall: int) -> int:
    return int(datetime(*wall, tzinfo=BERLIN).timestamp() * 1000)


NOW = at(2026, 11, 23, 14)


@cache
def site(grant: str, start: int = 600) -> Policy:
    return load(SITE.format(grant=grant, start=start))


def entry(name: str, points: int, occurred_ms: int, expires_ms: int | None, **more: int | None) -> Entry:
    kind, context = "machine-left-running", "workshop-safety"
    return Entry(name, kind, context, points, "document-1", occurred_ms, occurred_ms, expires_ms, **more)


CLAUSES = st.lists(
    st.sampled_from(["member: active", "member: trial", "holds: a", "holds: b", "within: day", "within: night"]),
    max_size=3,
    unique=True,
)
SCORES = st.lists(st.sampled_from(["score: {at_least: 600}", "score: {at_least: 625}"]), max_size=1)
OFFSETS = st.integers(-90 * 24, 90 * 24).map(lambda hours: NOW + hours * 3_600_000)
ENDS = st.none() | OFFSETS
AFTER = st.integers(1, 120 * 24).map(lambda hours: hours * 3_600_000)


@st.composite
def requests(draw: st.DrawFn) -> tuple[Policy, Facts]:
    """A door of random clauses, and a person for whom some of them hold, held, or will hold."""
    clauses = draw(CLAUSES) + draw(SCORES)
    policy = site(", ".join(clauses or ["member: active"]), draw(st.sampled_from([340 + 20, 590, 600, 605])))
    member = draw(st.lists(st.builds(Membership, st.sampled_from(["active", "trial"]), OFFSETS, ENDS), max_size=2))
    holds = draw(st.lists(st.builds(Holding, st.sampled_from(["a", "b"]), OFFSETS, ENDS), max_size=2))
    entries: list[Entry] = []
    for number in range(draw(st.integers(0, 5))):
        occurred = draw(OFFSETS)
        points = draw(st.sampled_from([-12, -8, -5, 6, 10, 400]))
        contested = draw(st.none() | OFFSETS)
        entries.append(
            entry(f"e{number}", points, occurred, occurred + draw(AFTER), contested_ms=contested, upheld_ms=draw(ENDS))
        )
    facts = PersonFacts("p", tuple(member), tuple(holds), tuple(entries))
    return policy, Facts(facts, "door", NOW + draw(st.integers(0, 20 * 24)) * 3_600_000)


@given(requests(), st.data())
@settings(max_examples=300, deadline=None)
def test_every_way_leads_to_a_grant_and_no_moment_before_it_does(request, data) -> None:
    policy, facts = request
    verdict = evaluate(policy, facts)
    found = ways(policy, facts)
    if verdict.granted:
        assert found == []
        assert explain(policy, facts, verdict).counterfactual is None
        return
    for way in found:
        assert evaluate(policy, way.apply(facts)).granted
        done = way.apply(facts).at(facts.at_ms)
        if way.at_ms > facts.at_ms:
            earlier = data.draw(st.integers(facts.at_ms, way.at_ms - 1) | st.just(way.at_ms - 1))
            assert not evaluate(policy, done.at(earlier)).granted
        for deed in way.deeds:  # none of the deeds is for nothing
            rest = replace(way, deeds=tuple(other for other in way.deeds if other is not deed))
            assert not evaluate(policy, rest.apply(facts)).granted


@given(requests())
@settings(max_examples=200, deadline=None)
def test_every_change_of_a_clause_makes_that_clause_hold(request) -> None:
    policy, facts = request
    for clause in policy.doors["door"].grant:
        changes = clause.change(facts)
        if clause.check(facts).held:
            assert changes == []
        for change in changes:
            assert clause.check(change.apply(facts)).held
            if isinstance(change, Earn) and change.count > 1:
                assert not clause.check(replace(change, count=change.count - 1).apply(facts)).held
            if isinstance(change, Wait):
                assert change.at_ms > facts.at_ms
                assert not clause.check(facts.at(change.at_ms - 1)).held


@given(requests(), st.data())
@settings(max_examples=200, deadline=None)
def test_the_truth_of_a_clause_stands_until_its_next_change(request, data) -> None:
    policy, facts = request
    for clause in policy.doors["door"].grant:
        held = clause.check(facts).held
        change = clause.next_change(facts)
        last = facts.at_ms + 14 * DAY_MS if change is None else change - 1
        between = data.draw(st.integers(facts.at_ms, last) | st.just(last))
        assert clause.check(facts.at(between)).held == held
        if change is not None:
            assert clause.check(facts.at(change)).held != held


@given(requests())
@settings(max_examples=100, deadline=None)
def test_a_denial_is_never_left_without_a_word_in_either_language(request) -> None:
    policy, facts = request
    verdict = evaluate(policy, facts)
    for language in ("en", "de"):
        said = explain(policy, facts, verdict, language)
        assert said.sentence.endswith(".")
        assert "{" not in said.sentence + (said.counterfactual or "")
        for finding, clause in zip(verdict.findings, said.clauses, strict=True):
            assert (clause["say"] in said.sentence) == (finding.held == verdict.granted)
    if ways(policy, facts):
        assert explain(policy, facts, verdict).counterfactual is not None


def member(*entries: Entry, **more: object) -> PersonFacts:
    return PersonFacts("p", (Membership("active"),), entries=entries, **more)


def said(grant: str, person: PersonFacts, at_ms: int = NOW, language: str = "en") -> str | None:
    policy = site(grant)
    facts = Facts(person, "door", at_ms)
    return explain(policy, facts, evaluate(policy, facts), language).counterfactual


def test_the_sentence_names_entries_and_the_day_on_which_a_penalty_ends() -> None:
    late = entry("a", -8, at(2026, 6, 6, 15), at(2026, 12, 3))
    assert said("score: {at_least: 600}", member(late)) == (
        "592 of 600: “course-passed” once (+10), two safety rounds (+6 each), "
        "or wait until 3 December 2026, when the −8 of 6 June expires."
    )
    assert said("score: {at_least: 600}", member(late), language="de") == (
        "592 von 600: einmal „course-passed“ (+10), 2 Sicherheitsrunden (je +6) "
        "oder bis zum 3. Dezember 2026 warten, wenn die −8 vom 6. Juni verfallen."
    )


def test_waiting_counts_the_awards_that_end_meanwhile() -> None:
    penalty = entry("a", -8, at(2026, 6, 6), at(2026, 12, 3))
    award = entry("b", 6, at(2026, 1, 1), at(2026, 12, 1))
    later = entry("c", -5, at(2026, 10, 1), at(2027, 1, 9))
    # 593 now; 587 from 1 December; 595 from 3 December; 600 from 9 January.
    sentence = said("score: {at_least: 600}", member(penalty, award, later))
    assert sentence is not None
    assert sentence.endswith("or wait until 9 January 2027, when the −5 of 1 October 2026 expires.")


def test_a_score_and_hours_together_wait_for_the_moment_at_which_both_hold() -> None:
    late = entry("a", -8, at(2026, 6, 6), at(2026, 12, 2))
    sentence = said("score: {at_least: 600}, within: day", member(late))
    assert sentence is not None
    assert sentence.endswith(
        "or wait until 4 December 2026 at 06:00, when the −8 of 6 June expires and this door's hours begin."
    )


def test_a_moment_within_a_minute_is_said_as_the_minute_after_it() -> None:
    late = entry("a", -8, at(2026, 6, 6), at(2026, 12, 3, 9, 30) + 1)
    sentence = said("score: {at_least: 600}", member(late))
    assert sentence is not None
    assert "3 December 2026 at 09:31" in sentence


def test_a_score_below_its_range_must_be_earned_from_where_it_really_is() -> None:
    policy = site("score: {at_least: 600}", 360)
    deep = member(entry("a", -10, at(2026, 11, 1), at(2027, 11, 1)), entry("b", -10, at(2026, 11, 2), at(2027, 11, 1)))
    facts = Facts(deep, "door", NOW)
    assert evaluate(policy, facts).findings[0].value == 350
    assert [way.deeds[0].count for way in ways(policy, facts) if isinstance(way.deeds[0], Earn)] == [26, 44]


def test_nothing_is_asked_for_that_waiting_brings_as_soon() -> None:
    begins = PersonFacts("p", (Membership("active", at(2026, 11, 24, 5)),))
    night = Facts(begins, "door", at(2026, 11, 23, 23, 30))
    (way,) = ways(site("member: active, within: day"), night)
    assert (way.deeds, way.at_ms) == ((), at(2026, 11, 24, 6))


def test_what_only_the_office_can_give_is_asked_of_the_office() -> None:
    policy = site("member: active, holds: a")
    lapsed = PersonFacts("p", (Membership("active", 0, at(2026, 11, 1)),))
    facts = Facts(lapsed, "door", NOW)
    (way,) = ways(policy, facts)
    assert [type(deed) for deed in way.deeds] == [Join, Obtain]
    assert explain(policy, facts, evaluate(policy, facts)).counterfactual == (
        "What would open this door for you: a renewed membership (please ask the office) "
        "and “a” (please ask the office how to get it)."
    )


def test_hours_alone_ask_to_come_back_and_say_so_when_they_are_out_of_sight() -> None:
    assert said("within: day", member(), at(2026, 11, 23, 3)) == (
        "Please wait until 23 November 2026 at 06:00, when this door's hours begin."
    )
    days = ", ".join(f"2026-12-{day:02d}" for day in range(1, 32))
    policy = load(SITE.format(grant="within: day", start=600).replace("2026-12-02, 2026-12-03", days))
    facts = Facts(member(), "door", at(2026, 12, 5, 12))
    explanation = explain(policy, facts, evaluate(policy, facts))
    assert explanation.counterfactual == "Not in the next 14 days: this door's hours do not begin before then."


def test_nothing_earned_or_awaited_lifts_a_forbid_but_the_end_that_it_has() -> None:
    for forbid in ("withdrawn", "revoked"):
        assert said("member: active", member(**{forbid: True})) is None
        assert said("score: {at_least: 605}", member(**{forbid: True})) is None
    assert said("member: active", member(suspended_until_ms=at(2026, 11, 24, 9))) == (
        "Please wait until 24 November 2026 at 09:00, when your suspension ends."
    )


def test_a_score_out_of_every_reach_says_so() -> None:
    text = SITE.format(grant="score: {at_least: 605}", start=600)
    bare = load("\n".join(line for line in text.splitlines() if "points: +" not in line and "safety-round" not in line
                          ).replace("words:", ""))  # fmt: skip
    facts = Facts(member(), "door", NOW)
    assert ways(bare, facts) == []
    assert "Nothing in sight" in (explain(bare, facts, evaluate(bare, facts)).counterfactual or "")
