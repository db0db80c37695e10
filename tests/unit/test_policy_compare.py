"""Compare: who gains and who loses is what judging each request twice gives, whatever the order of the requests."""

from random import Random

from ostiary.controller.policy.compare import Kind, compare
from ostiary.controller.policy.evaluate import evaluate
from tests.unit import random_requests


def test_compare_is_judging_twice() -> None:
    random = Random(30)
    for _ in range(20):
        old, new = random_requests.policy(random), random_requests.policy(random)
        requests = [random_requests.facts(random) for _ in range(50)]
        found = compare(old, new, requests)
        verdicts = [(evaluate(old, facts), evaluate(new, facts)) for facts in requests]
        assert found.requests == 50
        assert found.unchanged == sum(before.reason == after.reason for before, after in verdicts)
        assert found.unknown_live == sum(facts.live is None for facts in requests)
        for kind, was, would in ((Kind.LOSES, True, False), (Kind.GAINS, False, True)):
            expected = sum(before.granted is was and after.granted is would for before, after in verdicts)
            assert sum(one.requests for one in found.of(kind)) == expected
        order = [(list(Kind).index(one.kind), one.door, one.person) for one in found.differences]
        assert order == sorted(order)
        random.shuffle(requests)
        assert compare(old, new, requests) == found


def test_a_policy_against_itself_changes_nothing() -> None:
    random = Random(31)
    policy = random_requests.policy(random)
    told: list[int] = []
    found = compare(policy, policy, [random_requests.facts(random) for _ in range(100)], told.append)
    assert (found.unchanged, found.differences, told) == (100, (), [100])
