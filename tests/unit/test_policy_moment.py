"""Clauses about the moment, tiers, and clauses made of clauses: what they say, what they refuse, what weighed most."""

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from ostiary.controller.policy import errors
from ostiary.controller.policy.document import Policy, load
from ostiary.controller.policy.errors import PolicyError
from ostiary.controller.policy.evaluate import as_formula, evaluate
from ostiary.controller.policy.explain import Explanation, explain
from ostiary.controller.policy.facts import Entry, Escort, Facts, Inside, Live, Membership, PersonFacts
from ostiary.controller.policy.formula import And, HasHolding, IsEscorted, IsMember, Or, ScoreOf, atoms

BERLIN = ZoneInfo("Europe/Berlin")
HOUR_MS = 3_600_000
SITE = """
policy: northside
score: {{context: workshop-safety, min: 350, max: 950, start: 600}}
entries:
  safety-round: {{points: +6, evidence: round-sheet, expires: 365d}}
  machine-left-running: {{points: -8, evidence: incident-report, expires: 180d}}
limits: {{largest_penalty: 10, penalties_in_30d: 50}}
tiers: {{trusted: 606, steady: 590}}
doors:
  door: {{face: off, grant: [{grant}]}}
  back: {{face: off, grant: [member: active]}}
hours:
  day: {{days: mon-sun, from: "06:00", to: "23:00", zone: Europe/Berlin}}
words:
  keyholder: {{en: a key of this house, de: einem Schlüssel dieses Hauses}}
  machine-left-running: {{en: machine left running, de: laufen gelassene Maschine}}
  trusted: {{en: trusted member, de: Vertrauensmitglied}}
"""


def at(*wall: int) -> int:
    return int(datetime(*wall, tzinfo=BERLIN).timestamp() * 1000)


NOW = at(2026, 11, 23, 14)
EMPTY = Live()
ADA = PersonFacts("p", (Membership("active"),))


def site(grant: str) -> Policy:
    text = SITE.format(grant=grant)
    lines = text.splitlines()
    if "keyholder" not in grant:
        lines = [line for line in lines if not line.startswith("  keyholder:")]
    return load("\n".join(lines))


def told(
    grant: str, live: Live | None = EMPTY, person: PersonFacts = ADA, language: str = "en"
) -> tuple[str, Explanation]:
    policy, facts = site(grant), Facts(person, "door", NOW, live)
    verdict = evaluate(policy, facts)
    return verdict.reason, explain(policy, facts, verdict, language)


def penalty(name: str, points: int, month: int, day: int) -> Entry:
    occurred = at(2026, month, day)
    times = (occurred, occurred, occurred + 180 * 24 * HOUR_MS)
    return Entry(name, "machine-left-running", "workshop-safety", points, "document-1", *times)


# --- sentences ---------------------------------------------------------------------------------------------------


def test_who_is_inside_already_is_told_since_when_and_until_when() -> None:
    live = Live((Inside(0, "door", NOW - HOUR_MS),))
    reason, said = told("not_inside: {forgiven: 4h}", live)
    assert (reason, said.sentence, said.counterfactual) == (
        "inside-already",
        "You went in on 23 November 2026 at 13:00 and are not known to have left; this door lets nobody in twice.",
        "What would open this door for you: a note that you have left (please ask the office), "
        "or wait until 23 November 2026 at 17:00, when your last entry no longer counts.",
    )
    assert "23. November 2026 um 17:00 Uhr" in str(told("not_inside: {forgiven: 4h}", live, language="de")[1])


def test_an_entry_is_forgiven_after_its_time_and_another_place_is_none_of_the_doors() -> None:
    for live in (Live((Inside(0, "door", NOW - 4 * HOUR_MS),)), Live((Inside(0, "back", NOW),))):
        assert told("not_inside: {forgiven: 4h}", live)[0] == "granted"
    assert told("not_inside: {forgiven: 4h, doors: [back]}", Live((Inside(0, "back", NOW),)))[0] == "inside-already"
    assert told("not_inside: {forgiven: 4h}", Live((Inside(1, "door", NOW),)))[0] == "granted"


def test_a_full_room_says_so_and_each_person_counts_once() -> None:
    live = Live((Inside(1, "door", NOW - HOUR_MS), Inside(1, "back", NOW), Inside(0, "door", NOW)))
    grant = "occupancy: {at_most: 1, forgiven: 8h, doors: [door, back]}"
    reason, said = told(grant, live)
    assert (reason, said.sentence) == ("full", "There is no room inside: 1 of 1 places are taken.")
    assert said.counterfactual == (
        "Please wait until 23 November 2026 at 22:00, when a place counts as free at the latest."
    )
    assert told(grant.replace("at_most: 1", "at_most: 2"), live)[0] == "granted"


def test_an_escort_goes_ahead_and_not_long_ago() -> None:
    grant = "escorted: {by: keyholder, within: 60s}"
    reason, said = told(grant)
    assert (reason, said.sentence, said.counterfactual) == (
        "not-escorted",
        "This door asks that somebody with “a key of this house” goes in ahead of you.",
        "What would open this door for you: somebody with “a key of this house” who goes in ahead of you.",
    )
    assert told(grant, Live(escorts=(Escort("keyholder", NOW - 59_999),)))[0] == "granted"
    assert told(grant, Live(escorts=(Escort("keyholder", NOW - 60_000),)))[0] == "not-escorted"
    assert told(grant, Live(escorts=(Escort("guest", NOW),)))[0] == "not-escorted"


@pytest.mark.parametrize("grant", ["not_inside: {forgiven: 4h}", "occupancy: {at_most: 9, forgiven: 8h}",
                                   "escorted: {by: keyholder, within: 60s}"])  # fmt: skip
def test_where_the_moment_is_unknown_no_clause_about_it_holds(grant: str) -> None:
    reason, said = told(grant, None)
    assert reason == "live-unknown"
    assert "not known here" in said.sentence


def test_a_lockdown_outweighs_every_clause_and_promises_nothing() -> None:
    reason, said = told("member: active", Live(lockdown_ms=NOW))
    assert (reason, said.counterfactual) == ("lockdown", None)
    assert "locked down" in said.sentence


def test_a_tier_is_a_score_with_a_name() -> None:
    reason, said = told("tier: trusted")
    assert (reason, said.sentence, said.counterfactual) == (
        "tier-below",
        "Your score is 600; the tier “trusted member”, which this door asks for, begins at 606.",
        "600 of 606: “safety-round” once (+6).",
    )


def test_one_of_several_says_what_would_do_and_is_satisfied_with_one() -> None:
    reason, said = told("any_of: [member: trial, all_of: [holds: keyholder, within: day]]")
    assert (reason, said.sentence) == (
        "none-of-these",
        "One of the following would be enough. This door asks for a trial membership; yours is an active membership. "
        "This door asks for “a key of this house”, which is not in your name yet.",
    )
    assert said.counterfactual == (
        "What would open this door for you: a membership that is valid (please ask the office), "
        "or “a key of this house” (please ask the office how to get it)."
    )
    [line] = said.clauses
    assert [part["held"] for part in line["parts"]] == [False, False]
    assert [part["held"] for part in line["parts"][1]["parts"]] == [False, True]
    assert told("any_of: [member: active, holds: keyholder]")[0] == "granted"


# --- what weighed most -------------------------------------------------------------------------------------------


def test_the_heaviest_entries_are_named_first_as_they_counted_and_at_most_four() -> None:
    entries = (
        penalty("light", -3, 8, 1),
        penalty("heavy", -10, 7, 1),
        penalty("middle", -8, 9, 1),
        penalty("late", -8, 10, 5),
        penalty("small", -1, 10, 6),
        replace(penalty("contested", -9, 10, 7), contested_ms=at(2026, 10, 8)),
    )
    person = replace(ADA, entries=entries)
    said = told("score: {at_least: 600}", person=person)[1]
    assert [(factor["entry"], factor["points"]) for factor in said.factors] == [
        ("heavy", -10), ("late", -8), ("middle", -8), ("light", -3)]  # fmt: skip
    assert said.factors[0]["say"] == "“machine left running” of 1 July 2026 weighs −10 until 27 December 2026."
    assert told("any_of: [score: {at_least: 600}, tier: trusted]", person=person)[1].factors == said.factors
    assert told("score: {at_least: 400}", person=person)[1].factors == ()  # a grant has nothing to answer for
    assert told("score: {at_least: 400}, member: trial", person=person)[1].factors == ()  # the score was high enough


# --- the formula -------------------------------------------------------------------------------------------------


def test_a_formula_names_its_atoms_once_and_equal_atoms_have_equal_keys() -> None:
    grant = "any_of: [member: active, all_of: [holds: a, escorted: {by: b, within: 60s}]], tier: steady"
    read = atoms(as_formula(site(grant), "door"))
    assert [IsMember("active") in read, HasHolding("a") in read, IsEscorted("b", 60_000) in read] == [True] * 3
    assert sum(isinstance(atom, ScoreOf) for atom in read) == 1
    assert len({atom.key for atom in read}) == len(read)
    again = atoms(as_formula(site(grant), "door"))
    assert [atom.key for atom in again] == [atom.key for atom in read]
    assert as_formula(site(grant), "nowhere") == Or(())
    assert isinstance(as_formula(site(grant), "door"), And)


# --- what is refused ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("grant", "mistake", "nearest"),
    [
        ("tier: trustd", errors.UnknownTier, "trusted"),
        ("not_inside: {forgiven: 25h}", errors.WrongTime, None),
        ("not_inside: {forgiven: 10s}", errors.WrongTime, None),
        ("not_inside: {}", errors.MissingKey, None),
        ("not_inside: {forgiven: 4h, doors: [bak]}", errors.UnknownDoor, "back"),
        ("occupancy: {at_most: 0, forgiven: 4h}", errors.WrongNumber, None),
        ("escorted: {by: catholic, within: 60s}", errors.ProtectedAttribute, None),
        ("escorted: {by: keyholder, within: 11m}", errors.WrongTime, None),
        ("any_of: [member: active]", errors.LoneClause, None),
        ("any_of: []", errors.EmptyGrant, None),
        ("any_of: [member: active, member: active]", errors.RepeatedClause, None),
        ("any_of: [member: active, membr: trial]", errors.UnknownKey, "member"),
        (
            "any_of: [member: active, all_of: [holds: a, any_of: [holds: b, all_of: [holds: c, holds: d]]]]",
            errors.NestedTooDeep,
            None,
        ),
    ],
)
def test_what_cannot_be_meant_is_refused_with_the_nearest_word(grant: str, mistake: type, nearest: str | None) -> None:
    with pytest.raises(PolicyError) as refused:
        site(grant)
    assert type(refused.value) is mistake
    assert refused.value.nearest == nearest
    assert refused.value.cure in str(refused.value)


@pytest.mark.parametrize(
    ("tiers", "mistake"),
    [
        ("{trusted: 951}", errors.ScoreOutOfReach),
        ("{trusted: 350}", errors.ScoreOutOfReach),  # everybody has it, whatever they do
        ("{trusted: 620, steady: 620}", errors.RepeatedTier),
        ("{pensioner: 620}", errors.ProtectedAttribute),
        ("{trusted: high}", errors.WrongNumber),
    ],
)
def test_a_tier_that_means_nothing_is_refused(tiers: str, mistake: type) -> None:
    words = "\n".join(SITE.format(grant="member: active").splitlines()[:-4])
    with pytest.raises(PolicyError) as refused:
        load(words.replace("{trusted: 606, steady: 590}", tiers))
    assert type(refused.value) is mistake


def test_a_tier_that_cannot_be_regained_is_refused() -> None:
    no_award = "policy: p\nscore: {context: c, min: 0, max: 9, start: 5}\ndoors: {d: {face: off, grant: [tier: t]}}\n"
    with pytest.raises(errors.TierNotRegained):
        load(no_award + "tiers: {t: 6}")
    assert load(no_award + "tiers: {t: 5}").doors["d"].grant[0].name == "tier"
    with pytest.raises(errors.ScoreWithoutSection):
        load("policy: p\ndoors: {d: {face: off, grant: [member: active]}}\ntiers: {t: 6}")


def test_leaving_has_no_word_in_the_language() -> None:
    for word in ("exit", "egress", "leave", "direction", "out"):
        with pytest.raises(errors.UnknownKey):
            site(f"{word}: door")
        with pytest.raises(errors.UnknownKey):
            site(f"not_inside: {{forgiven: 4h, {word}: door}}")
