"""`ostiary bench policy`: decisions, scores and packs on this machine, and the same decisions by Cedar in the same run.

Every decision of ours comes with its whole explanation: each clause with value, bound and sentence, and for a denial
what would change it. Cedar's come with a verdict and the ids of the policies that made it.

A site has 10,000 people who ask by a sample policy. Four states of the keeper's memo are timed apart:

* without: `evaluate` and `explain`, as if there were no memo;
* cold: a new memo, everybody one after the other, each at a door for the first time;
* mixed: the third day of a site, in the order in which people come; the memo knows them from two days before, and one
  person in a hundred changed over night. The report says when they come and what they hear;
* warm: everybody at one door once more, a moment after they were there.

Cedar is timed with everything ready that it does not work out itself: policies and people parsed, and for each request
the score and the open hours in a context already made. Once more it is timed with those requests made as they come, as
the facts of ours are; people stay parsed.

Comparing asks two policies about a million requests of 30 days, with the progress bar drawn as the command line draws
it. Every statement that can be proved of a sample policy is proved, and the slowest is named.
"""

import argparse
import gc
import io
import sys
import time
import tracemalloc
from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import cedar
import cedarpy
from population import DAY_MS, Request, anything, day, people, with_entries
from rich.console import Console
from rich.progress import Progress
from rounds import FEWEST_ROUNDS, Case, measure, say, setting

from ostiary.controller import samples
from ostiary.controller.policy.compare import Comparison, Kind, compare
from ostiary.controller.policy.document import Policy, load
from ostiary.controller.policy.evaluate import evaluate
from ostiary.controller.policy.explain import explain
from ostiary.controller.policy.facts import QUIET, Facts, PersonFacts
from ostiary.controller.policy.memo import Memo
from ostiary.controller.policy.pack import make_pack
from ostiary.controller.policy.prove.claims import prove
from ostiary.controller.policy.prove.no_wider import prove_no_wider
from ostiary.controller.policy.prove.proof import Outcome, Proof
from ostiary.controller.policy.score import Ledger, score

PEOPLE = 10_000
A_DAY = 100_000  # requests: ten by each person
SLICE = 2_000  # every 50th of them, for whoever is slow
ORACLE = 100_000
RECORDED = 1_000_000  # requests that two policies are compared over
RECORDED_DAYS = 30
TODAY = date(2026, 11, 17)
STRICTER = ("score: {at_least: 600}", "score: {at_least: 606}")  # in the sample workshop, and instead
MIDNIGHT_MS = 1_794_870_000_000  # Tuesday 17 November 2026 in Berlin
SAMPLES = ("workshop", "laboratory", "small-office")

Asked = Sequence[tuple[PersonFacts, str, int]]
Step = Callable[[str], None]


def asked_of(known: Sequence[PersonFacts], asked: Iterable[Request]) -> Asked:
    return [(known[request.person], request.door, request.at_ms) for request in asked]


def by_memo(memo: Memo, asked: Asked) -> None:
    """As `access/judge.py` asks at doors whose rules read nothing of the moment: the facts are made for each decision,
    with a live state that says so, and that is timed too."""
    answer = memo.answer
    for person, door, at_ms in asked:
        answer(Facts(person, door, at_ms, QUIET))


def without(policy: Policy, asked: Asked) -> None:
    for person, door, at_ms in asked:
        facts = Facts(person, door, at_ms, QUIET)
        explain(policy, facts, evaluate(policy, facts))


def third_morning(policy: Policy, known: list[PersonFacts]) -> Memo:
    """The memo of a site after two days and a night in which one person in a hundred changed."""
    memo = Memo(policy)
    for number in range(2):
        by_memo(memo, asked_of(known, day(policy, PEOPLE, A_DAY, MIDNIGHT_MS + number * DAY_MS, number)))
    for number in range(0, PEOPLE, 100):
        known[number] = replace(known[number])
    memo.composed = memo.learned = memo.asked = memo.searched = 0
    return memo


def decisions(policy: Policy, known: list[PersonFacts], rounds: int, step: Step) -> dict[str, Any]:
    """Ours in the four states; Cedar's one request at a time and many at once."""
    third = day(policy, PEOPLE, A_DAY, MIDNIGHT_MS + 2 * DAY_MS, 2)
    sample = third[:: A_DAY // SLICE]
    noon_ms = MIDNIGHT_MS + 2 * DAY_MS + DAY_MS // 2
    doors = sorted(policy.doors)
    first = [Request(number, doors[number % len(doors)], noon_ms) for number in range(PEOPLE)]
    again = [replace(request, at_ms=noon_ms + 1) for request in first]
    policies, entities = cedar.policies(policy), cedar.entities(known)
    of_cedar = cedar.requests(policy, asked_of(known, sample))
    last: list[Memo] = []

    def mixed() -> tuple[Memo, Asked]:
        last[:] = [third_morning(policy, known)]
        return last[0], asked_of(known, third)

    def warm() -> tuple[Memo, Asked]:
        memo = Memo(policy)
        by_memo(memo, asked_of(known, first))
        return memo, asked_of(known, again)

    def one_at_a_time(_: None) -> None:
        for request in of_cedar:
            cedarpy.is_authorized(request, policies, entities)

    def with_their_requests(asked: Asked) -> None:
        for one in asked:
            [request] = cedar.requests(policy, [one])
            cedarpy.is_authorized(request, policies, entities)

    took = measure(
        [
            Case("without a memo", SLICE, lambda asked: without(policy, asked), lambda: asked_of(known, sample)),
            Case("cold", PEOPLE, lambda ready: by_memo(*ready), lambda: (Memo(policy), asked_of(known, first))),
            Case("mixed", A_DAY, lambda ready: by_memo(*ready), mixed),
            Case("warm", PEOPLE, lambda ready: by_memo(*ready), warm),
            Case("cedarpy, one at a time", SLICE, one_at_a_time),
            Case("cedarpy, its requests made too", SLICE, with_their_requests, lambda: asked_of(known, sample)),
            Case("cedarpy, in one batch", SLICE, lambda _: cedarpy.is_authorized_batch(of_cedar, policies, entities)),
        ],
        rounds,
        step,
    )
    counted = {name: round(getattr(last[0], name) / A_DAY, 4) for name in ("composed", "learned", "asked", "searched")}
    heard = Counter(last[0].answer(Facts(*one)).verdict.reason for one in asked_of(known, sample))
    cedars = min(took["cedarpy, one at a time"].median_s, took["cedarpy, in one batch"].median_s)
    whole = took["cedarpy, its requests made too"].median_s
    return {
        **{name: timing.as_document() for name, timing in took.items()},
        "mixed, as many times as the faster cedarpy": round(cedars / took["mixed"].median_s, 1),
        "mixed, as many times as cedarpy whose requests are made too": round(whole / took["mixed"].median_s, 1),
        "mixed, what people hear, in percent": {why: round(100 * n / SLICE, 1) for why, n in heard.most_common()},
        "mixed, how the memo came to it, of 1": counted,
        "mixed, when": f"{A_DAY} requests from 05:00 to 23:00 of one day, at {len(doors)} doors",
    }


def oracle(policy: Policy, known: list[PersonFacts], step: Step) -> dict[str, Any]:
    """Anybody anywhere at any moment within a year: how many verdicts of ours and of Cedar's differ."""
    step(f"{policy.name}: {ORACLE} random requests of both")
    policies, entities = cedar.policies(policy), cedar.entities(known)
    memo = Memo(policy)
    asked = anything(policy, PEOPLE, ORACLE, MIDNIGHT_MS, 5)
    differ = granted = 0
    for begin in range(0, ORACLE, 10_000):
        part = asked[begin : begin + 10_000]
        theirs = cedarpy.is_authorized_batch(cedar.requests(policy, asked_of(known, part)), policies, entities)
        for one, other in zip(asked_of(known, part), theirs, strict=True):
            ours = memo.answer(Facts(*one)).verdict.granted
            granted += ours
            differ += ours != other.allowed
    return {"requests": ORACLE, "granted": granted, "verdicts that differ": differ}


def memory(policy: Policy, known: list[PersonFacts]) -> dict[str, Any]:
    """What a memo holds, in bytes, when everybody was at every door."""
    gc.collect()
    tracemalloc.start()
    memo = Memo(policy)
    for door in policy.doors:
        by_memo(memo, [(person, door, MIDNIGHT_MS + DAY_MS // 2) for person in known])
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return {"people": len(known), "doors": len(policy.doors), "bytes": held, "bytes a person": round(held / len(known))}


def scores(rounds: int, step: Step) -> dict[str, Any]:
    """One person with 1,000 entries. Cold: at a time for which another score was kept before, from a ledger that was
    made once for it; whoever asks once, and never again, pays for a plain tuple."""
    rules = load(samples.policy_text("workshop")).score
    assert rules is not None
    entries = with_entries(1_000, rules.context, MIDNIGHT_MS)
    ledger = Ledger(entries, rules)
    turns = [bound for bound in ledger.bounds if bound >= ledger.settled_ms][:400]
    at_ms = turns[0]
    cases = [
        Case("plain tuple", 50, lambda _: deque((score(entries, rules, at_ms) for _ in range(50)), 1)),
        Case("making a ledger of it, once", 50, lambda _: deque((Ledger(entries, rules) for _ in range(50)), 1)),
        Case("ledger, cold", len(turns), lambda _: [score(ledger, rules, turn) for turn in turns]),
        Case("ledger, until its next change", 10_000, lambda _: [score(ledger, rules, at_ms) for _ in range(10_000)]),
    ]
    return {name: timing.as_document() for name, timing in measure(cases, rounds, step).items()}


def packs(policy: Policy, known: list[PersonFacts], rounds: int, step: Step) -> dict[str, Any]:
    """A pack of everybody for each door over 7 days. A door that stays shut offline is asked as if it did not."""
    cases: list[Case] = []
    intervals: dict[str, int] = {}
    span = (MIDNIGHT_MS, MIDNIGHT_MS + 7 * DAY_MS)
    for name, door in policy.doors.items():
        alone = replace(policy, doors={name: replace(door, offline="pack")})
        intervals[name] = sum(map(len, make_pack(alone, name, known, *span).grants.values()))
        cases.append(Case(f"pack, {name}", 1, lambda _, of=alone, at=name: make_pack(of, at, known, *span)))
    took = measure(cases, rounds, step)
    return {
        name: {
            "seconds": round(took[f"pack, {name}"].median_s, 3),
            "seconds, most": round(took[f"pack, {name}"].most_s, 3),
            "intervals": many,
        }
        for name, many in intervals.items()
    }


def comparing(step: Step) -> dict[str, Any]:
    """The sample workshop and a stricter one over recorded requests, once."""
    step(f"comparing two policies over {RECORDED} requests")
    old, new = load(samples.policy_text("workshop")), load(samples.policy_text("workshop").replace(*STRICTER))
    known = people(old, PEOPLE, MIDNIGHT_MS)
    days = range(-RECORDED_DAYS, 0)
    recorded = [
        Facts(*one, QUIET)
        for number in days
        for one in asked_of(known, day(old, PEOPLE, RECORDED // RECORDED_DAYS, MIDNIGHT_MS + number * DAY_MS, number))
    ]
    drawn = Console(file=sys.stderr if sys.stderr.isatty() else io.StringIO(), force_terminal=True)
    gc.collect()
    begun_s, begun_cpu_s = time.perf_counter(), time.process_time()
    with Progress(console=drawn, transient=True) as bar:
        task = bar.add_task("Judging what was asked", total=len(recorded))
        found: Comparison = compare(old, new, recorded, lambda done: bar.update(task, completed=done))
    took_s, took_cpu_s = time.perf_counter() - begun_s, time.process_time() - begun_cpu_s
    return {
        "requests": found.requests,
        "seconds": round(took_s, 2),
        "seconds of this process": round(took_cpu_s, 2),
        "unchanged": found.unchanged,
        **{kind.value: len(found.of(kind)) for kind in Kind},
    }


def proofs(step: Step) -> dict[str, Any]:
    """Every statement about the samples, and that the stricter workshop is nowhere wider, each once."""
    texts = {name: samples.policy_text(name) for name in SAMPLES}
    told = {name: prove(load(text, name), "all", TODAY) for name, text in texts.items()}
    workshop = texts["workshop"]
    told["workshop, a stricter one nowhere wider"] = prove_no_wider(
        load(workshop), load(workshop.replace(*STRICTER)), TODAY
    )
    report: dict[str, Any] = {}
    for name, statements in told.items():
        step(f"proving: {name}")
        timed: list[tuple[float, Proof]] = []
        begun_s = time.process_time()
        for proof in statements:
            timed.append((time.process_time() - begun_s, proof))
            begun_s = time.process_time()
        slowest_s, slowest = max(timed, key=lambda one: one[0])
        outcomes = Counter(proof.outcome for _, proof in timed)
        report[name] = {
            "statements": len(timed),
            **{outcome.value: outcomes[outcome] for outcome in Outcome},
            "seconds in all": round(sum(took_s for took_s, _ in timed), 2),
            "seconds, slowest": round(slowest_s, 2),
            "slowest": slowest.statement,
        }
    return report


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure the policy on this machine.")
    parser.add_argument("--rounds", type=int, default=FEWEST_ROUNDS)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()

    def step(text: str) -> None:
        if sys.stderr.isatty():
            print(f"\r\033[K{text} …", end="", file=sys.stderr, flush=True)

    report: dict[str, Any] = {"bench": "policy", "setting": setting("cedarpy"), "rounds": given.rounds}
    report["score of 1,000 entries"] = scores(given.rounds, step)
    for name in SAMPLES:
        policy = load(samples.policy_text(name), name)
        known = people(policy, PEOPLE, MIDNIGHT_MS)
        report[f"decisions, {name}"] = decisions(policy, known, given.rounds, step)
        report[f"the same verdicts, {name}"] = oracle(policy, known, step)
        report[f"what the memo holds, {name}"] = memory(policy, known)
        report[f"pack of {PEOPLE} people over 7 days, {name}"] = packs(policy, known, given.rounds, step)
    report["comparing over recorded requests"] = comparing(step)
    report["proofs"] = proofs(step)
    if sys.stderr.isatty():
        print("\r\033[K", end="", file=sys.stderr, flush=True)
    say(report, as_json=given.json)


if __name__ == "__main__":
    main()
