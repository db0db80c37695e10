"""The short form of `make fuzz`: what is kept, and the first cases of every target."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.fuzz.runner import Target, run, targets

CASES = 60
KNOWN = targets()


@pytest.mark.parametrize("name", sorted(KNOWN))
def test_hostile_input_is_well_received(name: str) -> None:
    for finding in run(KNOWN[name], 0, CASES):
        if finding is not None:
            raise AssertionError(f"{name}, {finding.source}: {finding.data[:2000]!r}") from finding.error


@pytest.mark.parametrize("name", sorted(KNOWN))
def test_a_number_is_a_case(name: str) -> None:
    assert [KNOWN[name].case(number) for number in range(5)] == [KNOWN[name].case(number) for number in range(5)]
    assert len({KNOWN[name].case(number) for number in range(20)}) > 10


def test_whatever_is_raised_is_a_finding() -> None:
    def judge(data: bytes) -> None:
        raise RecursionError("too deep")

    findings = list(run(Target("none", lambda rng: rng.randbytes(4), judge), 0, 3))
    assert [type(finding.error) for finding in findings if finding] == [RecursionError] * 3


def test_the_long_form_runs_and_says_what_it_did() -> None:
    command = [sys.executable, "-m", "tests.fuzz", "--only", "policy-bytes", "--cases", "3"]
    done = subprocess.run(command, cwd=Path(__file__).parents[2], capture_output=True, text=True)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "policy-bytes: 3 cases, 0 findings"), done.stderr
