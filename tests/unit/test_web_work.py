"""Lint and proofs in processes of their own: what they tell, and how time, number and hostile pages end them."""

import asyncio
from typing import Any

import pytest

from ostiary.controller import samples
from ostiary.controller.web.problem import BadForm, PolicyRefused, TooBusy, TooHard
from ostiary.controller.web.work import AT_ONCE, WAITING, Work

WORKSHOP = samples.policy_text("workshop")
PAGE = WORKSHOP.encode()


def test_lint_tells_every_finding_with_its_place_reason_and_cure() -> None:
    bad = WORKSHOP.replace("expires: 180d", "expires: never").replace("at_least: 600", "at_least: 350")
    told = asyncio.run(Work().lint(bad.encode()))
    assert [found["code"] for found in told["refused"]] == ["eternal-penalty", "idle-clause"]
    assert all(
        found["line"] > 1 and found["column"] > 0 and found["why"] and found["cure"] for found in told["refused"]
    )
    assert (told["sha256"], told["doors"]) == (None, [])
    good = asyncio.run(Work().lint(PAGE))
    assert good["refused"] == []
    assert good["doors"] == ["front", "studio", "laser-room"]


@pytest.mark.parametrize(
    "page",
    [b"", b"\x00\xff", b"a: &a [*a]", b"- " * 30_000, b"[" * 50_000, b"x" * 100_000, "policy: ü".encode("utf-16")],
)
def test_a_hostile_page_is_told_in_words(page: bytes) -> None:
    assert asyncio.run(Work().lint(page))["refused"]


def test_proofs_name_the_case_that_refutes() -> None:
    async def both() -> tuple[Any, Any]:
        work = Work()
        return await asyncio.gather(
            work.prove(PAGE, "front needs holds: laser-induction", 10_000),
            work.no_wider(PAGE, WORKSHOP.replace("at_least: 600", "at_least: 590").encode(), 10_000),
        )

    refuted, wider = asyncio.run(both())
    assert refuted.whole
    [proof] = refuted.answers
    assert proof["outcome"] == "refuted"
    assert any("laser-induction" in line for line in proof["example"])
    assert "refuted" in {proof["outcome"] for proof in wider.answers}


def test_what_cannot_be_proved_is_said() -> None:
    with pytest.raises(BadForm) as unknown:
        asyncio.run(Work().prove(PAGE, "opnes", 1_000))
    assert 'Did you mean "opens"?' in unknown.value.why
    with pytest.raises(PolicyRefused) as refused:
        asyncio.run(Work().prove(b"policy: [", "all", 1_000))
    assert "policy:1:" in refused.value.why


def test_a_job_without_time_is_killed_and_said_to_be_unfinished() -> None:
    work = Work(patience_s=0.01)
    worked = asyncio.run(work.prove(PAGE, "all", 10_000))
    assert (worked.answers, worked.whole) == ((), False)
    with pytest.raises(TooHard):
        asyncio.run(work.lint(PAGE))


def test_more_than_may_wait_are_sent_away() -> None:
    async def crowd() -> list[Any]:
        work = Work(patience_s=0.01)
        proofs = [work.prove(PAGE, "all", 1_000) for _ in range(AT_ONCE + WAITING + 3)]
        return await asyncio.gather(*proofs, return_exceptions=True)

    ends = asyncio.run(crowd())
    assert sum(isinstance(end, TooBusy) for end in ends) == 3
    assert sum(not isinstance(end, BaseException) for end in ends) == AT_ONCE + WAITING
