"""What every clause type promises about itself, held against random policies, people and times of all of them."""

from dataclasses import replace
from functools import partial
from random import Random

from ostiary.controller.policy.clause import Clause, parts_of
from ostiary.controller.policy.clauses import clause_types
from ostiary.controller.policy.counterfactual import ways
from ostiary.controller.policy.evaluate import as_formula, evaluate
from ostiary.controller.policy.explain import explain
from ostiary.controller.policy.facts import (
    LATEST_MS,
    Entry,
    Escort,
    Facts,
    Holding,
    Inside,
    Live,
    Membership,
    PersonFacts,
)
from ostiary.controller.policy.forbids import FORBIDS
from ostiary.controller.policy.formula import satisfied
from tests.unit.random_requests import NOW, policies, requests

DAY_MS = 86_400_000


def clauses_of(grant: tuple[Clause, ...]) -> list[Clause]:
    """Every clause, those within clauses too."""
    return [one for clause in grant for one in (clause, *clauses_of(parts_of(clause)))]


def test_the_random_policies_use_every_clause_type() -> None:
    used = {one.name for asked in requests(1, 400) for one in clauses_of(asked.policy.doors["door"].grant)}
    assert used == set(clause_types())


def test_applying_what_is_said_to_change_a_denial_changes_it() -> None:
    random = Random(3)
    applied = 0
    for asked in requests(2, 9_000):
        policy, facts = asked.policy, asked.facts
        found = ways(policy, facts)
        if evaluate(policy, facts).granted:
            assert found == []
        for way in found:
            applied += 1
            after = way.apply(facts)
            assert evaluate(policy, after).granted
            if way.at_ms > facts.at_ms:  # and no moment before it does
                earlier = random.choice((facts.at_ms, way.at_ms - 1, random.randint(facts.at_ms, way.at_ms - 1)))
                assert not evaluate(policy, replace(way, at_ms=earlier).apply(facts)).granted
            for deed in way.deeds:  # and none of it is for nothing
                rest = replace(way, deeds=tuple(other for other in way.deeds if other is not deed))
                assert not evaluate(policy, rest.apply(facts)).granted
    assert applied >= 10_000


def test_the_formula_of_a_rule_is_true_exactly_where_it_grants() -> None:
    for asked in requests(4, 4_000):
        policy, facts = asked.policy, asked.facts
        if asked.facts.at_ms % 7 == 0:
            facts = facts.of(None)
        for condition in (*FORBIDS, *clauses_of(policy.doors["door"].grant)):
            assert satisfied(condition.formula("door"), facts) == condition.check(facts).held, condition
        assert satisfied(as_formula(policy, "door"), facts) == evaluate(policy, facts).granted
        assert not satisfied(as_formula(policy, "nowhere"), facts)


def test_each_change_of_a_clause_alone_makes_that_clause_hold() -> None:
    for asked in requests(5, 1_500):
        facts = asked.facts
        for condition in (*FORBIDS, *clauses_of(asked.policy.doors["door"].grant)):
            changes = condition.change(facts)
            if condition.check(facts).held:
                assert changes == []
            for change in changes:
                assert condition.check(change.apply(facts)).held, (condition, change)


def test_the_truth_of_a_clause_stands_until_its_next_change() -> None:
    random = Random(6)
    for asked in requests(7, 2_500):
        facts = asked.facts
        for condition in (*FORBIDS, *clauses_of(asked.policy.doors["door"].grant)):
            held = condition.check(facts).held
            change = condition.next_change(facts)
            last = facts.at_ms + 14 * DAY_MS if change is None else change - 1
            for at_ms in (random.randint(facts.at_ms, last), last):
                assert condition.check(facts.at(at_ms)).held == held, condition
            if change is not None:
                assert condition.check(facts.at(change)).held != held, condition


def test_every_denial_speaks_in_both_languages_and_every_line_can_be_recorded() -> None:
    for asked in requests(8, 400):
        policy, facts = asked.policy, asked.facts
        verdict = evaluate(policy, facts)
        for language in ("en", "de"):
            said = explain(policy, facts, verdict, language)
            assert said.sentence.endswith(".")
            assert "{" not in said.sentence + (said.counterfactual or "")
            for line in said.clauses:
                assert (line["say"] in said.sentence) == (line["held"] == verdict.granted)
                assert len(line.get("parts", ())) != 1
            assert (said.counterfactual is not None) >= bool(ways(policy, facts))


def test_the_live_state_reads_back_from_what_a_record_keeps() -> None:
    for asked in requests(9, 500):
        if asked.facts.live is not None:
            assert Live.from_document(asked.facts.live.as_document()) == asked.facts.live


# --- facts that nobody should ever have handed over --------------------------------------------------------------

FAR = (-(2**70), -1, 0, 1, NOW - 1, NOW, NOW + 1, LATEST_MS - 1, LATEST_MS, LATEST_MS + 1, 2**70)


def hostile(random: Random) -> Facts:
    """Facts of wrong order, wrong size and wrong time, as a broken import or a clock gone wild would make them."""
    far = partial(random.choice, FAR)
    member = tuple(Membership("active", far(), random.choice((None, far()))) for _ in range(2))
    holds = tuple(Holding(random.choice(("a", "keyholder", "")), far(), far()) for _ in range(2))
    entries = tuple(
        Entry("twice", "no-such-kind", "workshop-safety", random.choice((10**9, -(10**9))), "e", far(), far(), far())
        for _ in range(3)
    )
    inside = tuple(Inside(random.randint(-1, 2), random.choice(("door", "", "nowhere")), far()) for _ in range(4))
    escorts = tuple(Escort(random.choice(("a", "keyholder")), far()) for _ in range(2))
    live = random.choice((None, Live(inside, escorts, random.choice((None, far())))))
    person = PersonFacts("p", member, holds, entries, random.choice((None, far())), random.random() < 0.1)
    return Facts(random.choice((person, person, None)), "door", random.choice((0, NOW, LATEST_MS)), live)


def test_nothing_is_granted_by_error_whatever_the_facts() -> None:
    random = Random(10)
    granted = 0
    for policy in policies():
        rule = as_formula(policy, "door")
        for _ in range(10):
            facts = hostile(random)
            verdict = evaluate(policy, facts)
            # The formula is another way to the same verdict; both would have to be wrong together.
            assert verdict.granted == satisfied(rule, facts)
            held = all(finding.held for finding in verdict.findings)
            assert verdict.granted == (held and facts.person is not None)
            granted += verdict.granted
            said = explain(policy, facts, verdict)
            assert verdict.granted or said.sentence
            for way in ways(policy, facts):
                assert evaluate(policy, way.apply(facts)).granted
    assert granted > 0


def test_what_speaks_against_a_person_never_turns_a_denial_into_a_grant() -> None:
    """Taking something away, or locking down, or not knowing the moment, only ever denies."""
    for asked in requests(11, 2_000):
        policy, facts = asked.policy, asked.facts
        if evaluate(policy, facts).granted or facts.person is None:
            continue
        person, live = facts.person, facts.live or Live()
        for worse in (
            facts.of(replace(person, member=person.member[1:])),
            facts.of(replace(person, holds=person.holds[1:])),
            facts.of(replace(person, revoked=True)),
            facts.of(replace(person, withdrawn=True)),
            facts.of(replace(person, suspended_until_ms=facts.at_ms + 1)),
            facts.under(replace(live, lockdown_ms=facts.at_ms)),
            facts.under(replace(live, inside=(*live.inside, Inside(0, "door", facts.at_ms)))),
            facts.of(None),
            *([] if live.lockdown_ms is not None else [facts.under(None)]),
        ):
            if worse.live is not None and facts.live is None:
                continue
            assert not evaluate(policy, worse).granted
