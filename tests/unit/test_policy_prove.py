"""Proofs: what is proved holds for every request that a generator thinks of, and what is refuted is a real case."""

from datetime import date
from random import Random

import pytest

from ostiary.controller.policy.document import load
from ostiary.controller.policy.evaluate import evaluate
from ostiary.controller.policy.prove.claims import UnknownClaim, prove
from ostiary.controller.policy.prove.no_wider import prove_no_wider
from ostiary.controller.policy.prove.proof import Outcome
from ostiary.controller.policy.prove.solver import find
from ostiary.controller.samples import policy_text
from tests.unit import random_requests

TODAY = date(2026, 11, 24)
WORKSHOP = policy_text("workshop")


def outcomes(policy, claim):
    return {proof.statement: proof.outcome for proof in prove(policy, claim, TODAY)}


@pytest.mark.parametrize("sample", ["workshop", "laboratory", "small-office"])
def test_the_samples_keep_every_promise_that_can_be_proved(sample) -> None:
    proofs = list(prove(load(policy_text(sample)), "all", TODAY))
    assert [proof.statement for proof in proofs if proof.outcome is not Outcome.PROVED] == []


def test_a_new_policy_is_nowhere_wider_or_an_example_shows_where() -> None:
    """For random pairs: a proof means that no random request is let in by the new policy alone, and an example is one
    that is."""
    random = Random(20)
    met = dict.fromkeys(Outcome, 0)
    for _ in range(60):
        old, new = random_requests.policy(random), random_requests.policy(random)
        proof = next(iter(prove_no_wider(old, new, TODAY)))
        met[proof.outcome] += 1
        if proof.outcome is Outcome.PROVED:
            for _ in range(100):
                facts = random_requests.facts(random)
                assert not evaluate(new, facts).granted or evaluate(old, facts).granted
        if proof.example is not None:
            assert evaluate(new, proof.example.facts).granted
            assert not evaluate(old, proof.example.facts).granted
    assert met[Outcome.UNDECIDED] == 0
    assert met[Outcome.PROVED] > 0
    assert met[Outcome.REFUTED] > 20


def test_a_policy_is_nowhere_wider_than_itself() -> None:
    random = Random(21)
    for _ in range(20):
        policy = random_requests.policy(random)
        assert all(proof.outcome is Outcome.PROVED for proof in prove_no_wider(policy, policy, TODAY))


def test_one_more_clause_is_nowhere_wider_and_one_less_is() -> None:
    less = WORKSHOP.replace("grant: [member: active, holds: laser-induction,", "grant: [member: active,")
    less = less.replace("  laser-induction:      {en: laser induction,                 de: Lasereinweisung}\n", "")
    old, new = load(WORKSHOP), load(less)
    assert all(proof.outcome is Outcome.PROVED for proof in prove_no_wider(new, old, TODAY))
    refuted = [proof for proof in prove_no_wider(old, new, TODAY) if proof.outcome is Outcome.REFUTED]
    assert len(refuted) == 1
    assert refuted[0].example is not None
    assert "The person does not hold laser-induction." in refuted[0].example.say


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (("or: [card, pass]", "or: [card, pass, pin-less]"), None),
        (("face: verify\n    or: [card]\n    offline: deny", "face: off\n    or: [card]\n    offline: deny"), ""),
    ],
)
def test_means_are_compared_too(change, why) -> None:
    text = WORKSHOP.replace(*change)
    if why is None:
        with pytest.raises(ValueError, match="pin-less"):
            load(text)
        return
    old, new = load(text), load(WORKSHOP)
    refuted = [proof for proof in prove_no_wider(old, new, TODAY) if proof.outcome is Outcome.REFUTED]
    assert [proof.why for proof in refuted] == ["It takes a face now (face: verify instead of off)."]
    assert all(proof.outcome is Outcome.PROVED for proof in prove_no_wider(new, old, TODAY))


def test_a_clause_that_follows_from_another_does_not_matter() -> None:
    text = WORKSHOP.replace(
        "score: {at_least: 600},", "score: {at_least: 600}, any_of: [score: {at_least: 500}, member: active],"
    )
    found = outcomes(load(text), "matters")
    idle = [statement for statement, outcome in found.items() if outcome is Outcome.REFUTED]
    assert [statement.partition(" matters")[0] for statement in idle] == [
        "At laser-room the clause any_of",
        "At laser-room the clause any_of > score",
        "At laser-room the clause any_of > member",
    ]


def test_a_door_that_opens_only_while_its_hours_are_closed_opens_for_nobody() -> None:
    text = WORKSHOP.replace(
        "within: opening-hours]\n\n  # `identify`", "within: opening-hours, within: never]\n\n  # `identify`"
    )
    text = text.replace(
        "hours:\n",
        'hours:\n  never: {days: mon, from: "02:30", to: "02:31", zone: Europe/Berlin, except: [2026-11-30]}\n',
    )
    assert outcomes(load(text), "opens")["Somebody can open front."] is Outcome.PROVED
    apart = WORKSHOP.replace("within: staffed-hours]", "within: staffed-hours, within: small-hours]")
    apart = apart.replace(
        "hours:\n", 'hours:\n  small-hours: {days: mon-sun, from: "01:00", to: "05:00", zone: Europe/Berlin}\n'
    )
    assert outcomes(load(apart), "opens")["Somebody can open laser-room."] is Outcome.REFUTED


@pytest.mark.parametrize(
    ("claim", "outcome"),
    [
        ("laser-room needs holds: laser-induction", Outcome.PROVED),
        ("laser-room needs member: active", Outcome.PROVED),
        ("laser-room needs score: 600", Outcome.PROVED),
        ("laser-room needs score: 601", Outcome.REFUTED),
        ("laser-room needs within: opening-hours", Outcome.PROVED),
        ("front needs holds: laser-induction", Outcome.REFUTED),
        ("laser-room within front", Outcome.PROVED),
        ("front within laser-room", Outcome.REFUTED),
    ],
)
def test_what_a_door_needs(claim, outcome) -> None:
    assert [proof.outcome for proof in prove(load(WORKSHOP), claim, TODAY)] == [outcome]


@pytest.mark.parametrize(
    ("claim", "says"),
    [
        ("opnes", 'Did you mean "opens"?'),
        ("lazer-room needs member: active", 'Did you mean "laser-room"?'),
        ("laser-room needs within: opning-hours", 'Did you mean "opening-hours"?'),
        ("laser-room needs shoe-size: 43", "expected"),
        ("laser-room needs score: 9999999999999", "expected"),
        ("", "expected"),
        ("laser-room needs", "expected"),
    ],
)
def test_a_statement_that_cannot_be_proved_is_named(claim, says) -> None:
    with pytest.raises(UnknownClaim, match=says.replace("?", r"\?")):
        list(prove(load(WORKSHOP), claim, TODAY))


def test_no_time_is_an_honest_answer() -> None:
    proofs = list(prove(load(WORKSHOP), "forbids", TODAY, timeout_ms=0))
    assert all(proof.outcome in (Outcome.UNDECIDED, Outcome.PROVED) for proof in proofs)
    undecided = [proof for proof in proofs if proof.outcome is Outcome.UNDECIDED]
    assert all(proof.why is not None and "0 s" in proof.why for proof in undecided)


def test_every_case_that_the_solver_names_is_real() -> None:
    """Whatever a random rule and its opposite ask for, what is found satisfies it; `find` sees to that by itself, and a
    rule that some random request meets is never said to be met by none."""
    from ostiary.controller.policy.evaluate import as_formula

    random = Random(22)
    for _ in range(40):
        policy = random_requests.policy(random)
        granted = [f for _ in range(60) if evaluate(policy, f := random_requests.facts(random)).granted]
        found = find(as_formula(policy, "door"), "door", TODAY, 10_000)
        assert found is not None or not granted
        assert found is None or evaluate(policy, found).granted
