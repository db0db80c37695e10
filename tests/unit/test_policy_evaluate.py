"""Verdicts: forbids first, then every clause in the policy's order; nobody and nowhere are denied."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostiary.controller import samples
from ostiary.controller.policy.canonical import canonical
from ostiary.controller.policy.document import load
from ostiary.controller.policy.evaluate import evaluate
from ostiary.controller.policy.explain import explain
from ostiary.controller.policy.facts import LATEST_MS, Entry, Facts, Holding, Membership, PersonFacts, TimeOutOfRange
from ostiary.controller.policy.language import UnknownLanguage
from ostiary.controller.policy.score import ledger_head

POLICY = load((Path(samples.__file__).parent / "policy" / "workshop.yaml").read_text())
BERLIN = ZoneInfo("Europe/Berlin")


def at(*wall: int) -> int:
    return int(datetime(*wall, tzinfo=BERLIN).timestamp() * 1000)


NOW = at(2026, 11, 23, 14)
PENALTY = Entry(
    "e1", "machine-left-running", "workshop-safety", -8, "document-1", at(2026, 6, 6), at(2026, 6, 7), at(2026, 12, 3)
)
WHOLE = PersonFacts("p-1", (Membership("active"),), (Holding("laser-induction"),))


def reason(person: PersonFacts | None, door: str = "laser-room", at_ms: int = NOW) -> str:
    verdict = evaluate(POLICY, Facts(person, door, at_ms))
    assert verdict.granted == (verdict.reason == "granted")
    assert verdict.policy_sha256 == POLICY.sha256
    return verdict.reason


@pytest.mark.parametrize(
    ("person", "expected"),
    [
        (WHOLE, "granted"),
        (replace(WHOLE, member=()), "not-member"),
        (replace(WHOLE, member=(Membership("paused"),)), "not-member"),
        (replace(WHOLE, member=(Membership("active", NOW + 1),)), "not-member"),
        (replace(WHOLE, member=(Membership("active", 0, NOW),)), "membership-ended"),
        (replace(WHOLE, member=(Membership("active", 0, NOW + 1),)), "granted"),
        (replace(WHOLE, holds=()), "missing-holding"),
        (replace(WHOLE, holds=(Holding("laser-induction", 0, NOW),)), "missing-holding"),
        (replace(WHOLE, entries=(PENALTY,)), "score-below"),
        (replace(WHOLE, suspended_until_ms=LATEST_MS), "suspended"),
        (replace(WHOLE, revoked=True), "revoked"),
        (replace(WHOLE, suspended_until_ms=LATEST_MS, revoked=True), "revoked"),
        # several at once: forbids before clauses, then the first clause that fails in the policy's order
        (replace(WHOLE, member=(), holds=(), entries=(PENALTY,)), "not-member"),
        (replace(WHOLE, holds=(), entries=(PENALTY,)), "missing-holding"),
        (replace(WHOLE, member=(), suspended_until_ms=LATEST_MS), "suspended"),
        (None, "claim-missing"),
    ],
)
def test_the_reason_at_the_laser_room(person: PersonFacts | None, expected: str) -> None:
    assert reason(person) == expected


def test_hours_and_doors() -> None:
    assert reason(WHOLE, at_ms=at(2026, 11, 23, 9, 59)) == "outside-hours"
    assert reason(WHOLE, at_ms=at(2026, 12, 24, 14)) == "outside-hours"
    assert reason(WHOLE, "front", at(2026, 11, 22, 22, 59)) == "granted"
    assert reason(WHOLE, "cellar") == "unknown-door"


def test_all_clauses_are_checked_even_when_the_first_decides() -> None:
    verdict = evaluate(POLICY, Facts(PersonFacts("p", suspended_until_ms=LATEST_MS), "laser-room", at(2026, 11, 22, 3)))
    assert [(finding.clause, finding.held) for finding in verdict.findings] == [
        ("suspended", False),
        ("member", False),
        ("holds", False),
        ("score", True),
        ("within", False),
    ]


def test_a_door_that_reads_no_score_learns_none() -> None:
    person = replace(WHOLE, entries=(PENALTY,))
    assert evaluate(POLICY, Facts(person, "front", NOW)).score is None
    read = evaluate(POLICY, Facts(person, "laser-room", NOW)).score
    assert read is not None
    assert (read.value, read.head) == (592, ledger_head((PENALTY,), "workshop-safety", NOW))


@given(st.booleans(), st.booleans(), st.integers(0, LATEST_MS), st.sampled_from(["front", "studio", "laser-room", "x"]))
def test_a_forbid_outweighs_everything_at_every_time(suspended, revoked, at_ms, door) -> None:
    verdict = evaluate(
        POLICY,
        Facts(replace(WHOLE, suspended_until_ms=LATEST_MS + 1 if suspended else None, revoked=revoked), door, at_ms),
    )
    if suspended or revoked:
        assert not verdict.granted


@given(st.integers(0, LATEST_MS), st.sampled_from(["front", "studio", "laser-room", "x"]))
def test_nobody_is_never_granted(at_ms, door) -> None:
    verdict = evaluate(POLICY, Facts(None, door, at_ms))
    assert not verdict.granted
    said = explain(POLICY, Facts(None, door, at_ms), verdict)
    assert said.counterfactual is None


@pytest.mark.parametrize("at_ms", [-1, LATEST_MS + 1, 10**30])
def test_a_time_that_is_none_is_refused(at_ms: int) -> None:
    with pytest.raises(TimeOutOfRange):
        Facts(WHOLE, "front", at_ms)


# --- the explanation --------------------------------------------------------------------------------------------


def told(person: PersonFacts | None, language: str = "en", at_ms: int = NOW, door: str = "laser-room") -> str:
    facts = Facts(person, door, at_ms)
    return explain(POLICY, facts, evaluate(POLICY, facts), language).sentence


def test_a_grant_says_every_clause_that_held() -> None:
    assert told(WHOLE) == (
        "You may pass. You have an active membership. You hold “laser induction”. Your score is 600; this door asks "
        "for 600. It is Monday, 14:00, within this door's hours: Monday to Saturday from 10:00 to 20:00."
    )


def test_a_denial_says_every_clause_that_failed_and_no_other() -> None:
    person = replace(WHOLE, member=(Membership("active", 0, at(2026, 10, 1)),), entries=(PENALTY,))
    assert told(person) == (
        "Your membership ended on 1 October 2026; this door asks for an active membership. "
        "Your score is 592; this door asks for 600."
    )
    assert told(person, "de") == (
        "Ihre Mitgliedschaft endete am 1. Oktober 2026; diese Tür verlangt eine aktive Mitgliedschaft. "
        "Ihr Punktestand ist 592; diese Tür verlangt 600."
    )


@pytest.mark.parametrize(
    ("person", "at_ms", "expected"),
    [
        (PersonFacts("p"), NOW, "This door asks for an active membership, and none is in your name yet."),
        (
            PersonFacts("p", (Membership("paused"),)),
            NOW,
            "This door asks for an active membership; yours is a paused one.",
        ),
        (
            PersonFacts("p", (Membership("x"),)),
            NOW,
            "This door asks for an active membership; yours is one of another kind.",
        ),
        (
            PersonFacts("p", (Membership("active", at(2026, 12, 3)),)),
            NOW,
            "Your membership begins on 3 December 2026; this door asks for an active membership.",
        ),
        (WHOLE, at(2026, 12, 25, 12), "Today, 25 December 2026, is a day on which this door stays closed."),
        (None, NOW, "This door needs to know who you are first. Please present your card or pass."),
    ],
)
def test_sentences_at_the_front_door(person: PersonFacts | None, at_ms: int, expected: str) -> None:
    assert told(person, at_ms=at_ms, door="front") == expected


def test_a_door_that_is_closed_says_when_it_is_open() -> None:
    expected = "It is Monday, 05:00; this door is open Monday to Saturday from 10:00 to 20:00."
    assert expected in told(WHOLE, at_ms=at(2026, 11, 23, 5))


def test_holdings_say_when_they_ended_or_begin() -> None:
    ended = replace(WHOLE, holds=(Holding("laser-induction", 0, at(2026, 5, 1)),))
    assert told(ended) == "Your “laser induction” ended on 1 May 2026; this door asks for it."
    begins = replace(WHOLE, holds=(Holding("laser-induction", at(2026, 12, 1)),))
    assert told(begins, "de") == "Diese Tür verlangt „Lasereinweisung“; für Sie gilt das ab dem 1. Dezember 2026."


def test_a_finding_can_say_itself_again_from_what_a_record_keeps() -> None:
    person = replace(WHOLE, entries=(PENALTY,), holds=())
    for at_ms in (NOW, at(2026, 11, 22, 3), at(2026, 12, 24, 14)):
        facts = Facts(person, "laser-room", at_ms)
        kept = explain(POLICY, facts, evaluate(POLICY, facts)).clauses
        assert canonical(list(kept))
        for clause, line in zip(POLICY.doors["laser-room"].grant, kept, strict=True):
            finding = replace(
                clause.check(facts),
                held=bool(line["held"]),
                value=line["value"],
                bound=line["bound"],
                score=None,
                code="",
            )
            assert clause.say(finding, "en") == line["say"]


def test_a_language_that_is_not_there_is_refused_by_name() -> None:
    with pytest.raises(UnknownLanguage, match="fr"):
        told(WHOLE, "fr")
