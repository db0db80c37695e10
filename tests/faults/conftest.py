"""The two stores for every fault, and the count at the end: cases run, answers noted, lost."""

import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.faults.door_cases import DOOR_TALLY
from tests.faults.judging import TALLY, Scene


@pytest.fixture(params=["sqlite", "postgres"])
def scene(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Scene]:
    server = request.getfixturevalue("postgres") if request.param == "postgres" else None
    yield Scene(tmp_path, server)
    shutil.rmtree(tmp_path)  # hundreds of cases would fill the disk that the next ones need


@pytest.fixture
def sqlite_scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path, None)


@cache
def _refused() -> str | None:
    if shutil.which("strace") is None:
        return "strace is not installed. On Debian: apt install strace"
    tried = subprocess.run(["strace", "-f", "-o", "/dev/null", "true"], capture_output=True, text=True, check=False)
    return f"This machine lets nobody trace a process: {tried.stderr.strip()}" if tried.returncode else None


@pytest.fixture
def strace() -> str:
    if refused := _refused():
        pytest.skip(refused)
    return "strace"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if TALLY.cases:
        for fault, number in sorted(TALLY.cases.items()):
            terminalreporter.write_line(f"  {number:5d}  {fault}")
        total = sum(TALLY.cases.values())
        terminalreporter.write_line(f"{total} faults made, {TALLY.answers} answers noted, lost: {TALLY.lost}")
    if DOOR_TALLY.cases:
        for fault, number in sorted(DOOR_TALLY.cases.items()):
            terminalreporter.write_line(f"  {number:5d}  door: {fault}")
        terminalreporter.write_line(DOOR_TALLY.said)
