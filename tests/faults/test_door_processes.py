"""The same faults on a real broker, board, node and guard, killed and stopped at moments that chance chooses."""

import random
import threading
from pathlib import Path

import pytest

from ostiary.scenarios.play.judge import judge
from tests.faults.door_cases import DOOR_TALLY, SEED
from tests.faults.door_site import FAULTS, MEMBER, STRANGER, do, faulty_door
from tests.faults.judging import LONG

pytestmark = pytest.mark.system

CASES = 20 * len(FAULTS) if LONG else 2 * len(FAULTS)
SLACK_MS = 12_000  # a busy machine may take seconds to start a guard; virtual time is the strict one


@pytest.mark.timeout(0 if LONG else 240)
def test_processes_die_and_hang_at_any_moment(tmp_path: Path) -> None:
    with faulty_door(tmp_path / "data") as door:
        for number in range(CASES):
            fault = FAULTS[number % len(FAULTS)]
            dice = random.Random(f"{SEED}/processes/{number}")
            door.visit(dice.choice([MEMBER, MEMBER, STRANGER]))
            threading.Event().wait(dice.choice([0.0, 0.01, 0.03, 0.1, 0.4]))
            if dice.random() < 0.5:
                door.board.ask({"do": "pull"})
            do(door, fault, dice)
            door.leave()
            door.heal()
            DOOR_TALLY.cases[f"processes: {fault}"] = DOOR_TALLY.cases.get(f"processes: {fault}", 0) + 1
        told = door.told()
    found = judge(told, SLACK_MS)
    DOOR_TALLY.add(told, found)
    story = "\n".join(str(entry) for entry in told.journals[0].noted)
    assert not found.findings, f"{found.findings}\n{story}\n{told.edges}"
    assert found.rises >= CASES // 4, "most members came in"
    assert len(told.exits) == CASES
