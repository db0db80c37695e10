"""`ostiary demo --headless --json`: the main job with real processes, as whoever reads its lines sees it."""

import json
import subprocess
import sys
from typing import Any

import pytest

pytestmark = pytest.mark.system

STAGES = {"detect", "align", "embed", "ask_to_answer", "total"}
FIELDS = {"picture", "door", "verdict", "reason", "say", "person", "score", "receipt", "ms"}


def demo(*command: str) -> list[dict[str, Any]]:
    run = subprocess.run(
        [*command, "demo", "--headless", "--json"], capture_output=True, text=True, timeout=100, check=False
    )
    assert run.returncode == 0, run.stderr
    return [json.loads(line) for line in run.stdout.splitlines()]


def check(lines: list[dict[str, Any]]) -> None:
    *decisions, last = lines
    assert all(decision.keys() >= FIELDS for decision in decisions)
    assert all(decision["ms"].keys() >= STAGES for decision in decisions)
    by_reason = {decision["reason"]: decision for decision in decisions}
    for reason in ("granted", "score-below", "face-unknown", "outside-hours", "face-missing", "faces-unclear"):
        assert reason in by_reason, f"no decision shows {reason}"
        assert (by_reason[reason]["verdict"] == "grant") == (reason == "granted")
        assert by_reason[reason]["receipt"]
    assert by_reason["score-below"]["score"] == 592
    assert "592" in by_reason["score-below"]["say"]
    assert "two safety rounds" in by_reason["score-below"]["say"]
    assert "expires" in by_reason["score-below"]["say"]
    assert by_reason["face-unknown"]["person"] is None
    granted = [decision for decision in decisions if decision["verdict"] == "grant"]
    assert {decision["door"] for decision in granted} >= {"front", "studio"}  # by claim and by face alone
    assert last["decisions"] == len(decisions)
    assert all(last["ms"][stage]["p50"] <= last["ms"][stage]["p99"] for stage in STAGES)


def test_every_case_is_shown() -> None:
    check(demo(sys.executable, "-m", "ostiary.controller.cli"))
