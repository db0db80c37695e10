"""`ostiary play`: the shipped scenarios on a real broker, keeper, boards and nodes; and what it says of bad pages."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # the name `tests` belongs to a dependency

from ostiary.controller.programs import plays_chips
from ostiary.protocol import codes
from ostiary.scenarios.play.page import read
from ostiary.scenarios.shipped import shipped

pytestmark = pytest.mark.system

# A process of this machine has this machine's clock, so these are played in virtual time.
ELSEWHERE = {"clocks"}
LONG = os.environ.get("OSTIARY_LONG") == "1"
SLOW = set[str]() if LONG else {"answer-too-late", "broker-unplugged", "keeper-restarts"}
# The events that these pages bring into a real log.
REACH_THE_LOG = set(codes.EVENTS) - {
    *(codes.HELD, codes.ATTEMPTS_EXHAUSTED, codes.SAFE_MODE, codes.CLOCK_SET),
    *(codes.EXIT_STUCK, codes.REFUSED),
}  # fmt: skip


def ostiary(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "ostiary.controller.cli", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)


@pytest.mark.timeout(300)
def test_the_shipped_scenarios_go_well_on_real_processes() -> None:
    pages = [name for name, path in shipped().items() if name not in ELSEWHERE | SLOW and not read(path).long]
    assert len(pages) >= 12
    done = ostiary("play", *pages, "--json")
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0, done.stdout + done.stderr
    assert [one["scenario"] for one in told[:-1]] == pages
    assert (told[-1]["well"], told[-1]["unearned"], told[-1]["lost"]) == (len(pages), 0, 0)
    assert set(told[-1]["kinds"]) >= REACH_THE_LOG


@pytest.mark.skipif(not plays_chips(), reason="there is no MicroPython for this machine")
def test_a_chip_is_played_in_a_pages_nodes_place_and_what_it_has_not_is_said() -> None:
    done = ostiary("play", "a-card-opens", "alone", "--esp32", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert (told[-1]["well"], told[-1]["unearned"], told[-1]["lost"]) == (2, 0, 0)
    refused = ostiary("play", "guard-hangs", "--esp32")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "cannot be played" in refused.stderr


def test_a_page_that_cannot_be_played_is_told_with_its_place(tmp_path: Path) -> None:
    page = tmp_path / "page.yaml"
    page.write_text("scenario: A page.\ntells: It is wrong.\ndoors: {front: {}}\nsteps:\n  - shwo: {card: '1'}\n")
    done = ostiary("play", str(page))
    assert (done.returncode, done.stdout) == (2, "")
    assert 'page.yaml:5:5: found "shwo", expected "show"' in done.stderr
    assert 'Did you mean "show"?' in done.stderr
    assert "Traceback" not in done.stderr


def test_what_this_world_cannot_do_is_said_before_anything_starts() -> None:
    done = ostiary("play", "clocks")
    assert (done.returncode, done.stdout) == (2, "")
    assert "needs clock" in done.stderr
    assert ostiary("play", "no-such-page").returncode == 2


def test_virtual_time_is_the_same_command() -> None:
    done = ostiary("play", "clocks", "propped-open", "--virtual-time", "--json")
    assert done.returncode == 0, done.stderr
    *each, last = [json.loads(line) for line in done.stdout.splitlines()]
    assert [one["scenario"] for one in each] == ["clocks", "propped-open"]
    assert (last["well"], each[1]["world"]) == (2, "virtual time")
    assert each[1]["virtual_ms"] > 300_000
