"""Another engine reads the same rules and comes to the same verdicts: Cedar, by the benchmark's translation."""

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ostiary.controller import samples
from ostiary.controller.policy.document import Policy, load
from ostiary.controller.policy.evaluate import evaluate
from ostiary.controller.policy.facts import Facts, PersonFacts
from tests.unit.policy_world import MOMENTS, persons, policies, site

cedar = pytest.importorskip("tests.bench.cedar", reason="Cedar has no build for this machine.")
import cedarpy  # noqa: E402 - only where it is there

WORKSHOP = load(samples.policy_text("workshop"))


def agree(policy: Policy, person: PersonFacts, times: list[int]) -> None:
    assume(len({span.state for span in person.member}) == len(person.member))
    assume(len({span.name for span in person.holds}) == len(person.holds))
    asked = [(person, door, at_ms) for door in policy.doors for at_ms in times]
    theirs = cedarpy.is_authorized_batch(
        cedar.requests(policy, asked), cedar.policies(policy), cedar.entities([person])
    )
    for (who, door, at_ms), other in zip(asked, theirs, strict=True):
        assert not other.diagnostics.errors
        assert evaluate(policy, Facts(who, door, at_ms)).granted == other.allowed


@given(persons(), st.lists(MOMENTS, min_size=1, max_size=8))
@settings(max_examples=60, deadline=None)
def test_cedar_comes_to_the_same_verdicts_at_the_sample_workshop(person: PersonFacts, times: list[int]) -> None:
    agree(WORKSHOP, person, times)


@given(policies(live=False), persons(), st.lists(MOMENTS, min_size=1, max_size=8))
@settings(max_examples=60, deadline=None)
def test_cedar_comes_to_the_same_verdicts_by_random_policies(
    policy: Policy, person: PersonFacts, times: list[int]
) -> None:
    agree(policy, person, times)


def test_what_reads_the_live_state_is_not_translated() -> None:
    with pytest.raises(cedar.NoCedar):
        cedar.policies(site(("not_inside: {forgiven: 4h}",), 600))
