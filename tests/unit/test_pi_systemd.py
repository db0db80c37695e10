"""The node's systemd unit: systemd itself finds nothing wrong with it, and what it promises stands in it."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import ostiary.firmware.pi
from ostiary.hardware.profile import shipped

UNIT = Path(ostiary.firmware.pi.__file__ or "").parent / "systemd" / "ostiary-node.service"
KEEP_ALIVE_S = 1.0  # node.LONGEST_WAIT_S


def settings(name: str) -> list[str]:
    return re.findall(rf"^{name}=(.*)$", UNIT.read_text(), re.MULTILINE)


def test_systemd_finds_nothing_wrong_with_it(tmp_path: Path) -> None:
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd is not installed here, so nobody can judge the unit; on a Raspberry Pi it is.")
    # The programs of the unit are where a Pi has them; here this Python stands in their place.
    unit = tmp_path / UNIT.name
    unit.write_text(UNIT.read_text().replace("/opt/ostiary/venv/bin/python", sys.executable))
    judged = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(unit)], capture_output=True, text=True, timeout=60, check=False
    )
    # Only what is said of this unit counts: a bare machine's own ones may be broken.
    said = [line for line in judged.stderr.splitlines() if UNIT.name in line]
    assert said == []


def test_every_start_and_every_end_drives_the_strike_off() -> None:
    (after,) = settings("ExecStopPost")
    assert "ostiary.firmware.pi.strike_guard --pins gpio:${STRIKE_PIN}" in after
    assert f"STRIKE_PIN={shipped('pi-4').pin('strike')}" in settings("Environment")
    assert shipped("pi-4").pin("strike") == shipped("pi-5").pin("strike")
    assert not settings("StandardInput"), "without input a guard sets its pin off and ends"


def test_a_node_that_hangs_is_ended_and_started_again() -> None:
    assert settings("Type") == ["notify"]
    assert float(settings("WatchdogSec")[0]) >= 5 * KEEP_ALIVE_S
    assert settings("Restart") == ["always"]
    assert settings("StartLimitIntervalSec") == ["0"], "a door is never given up"


def test_it_has_no_right_that_it_does_not_need() -> None:
    assert settings("CapabilityBoundingSet") == [""]
    assert settings("User") == ["ostiary"]
    for name in ("NoNewPrivileges", "ProtectHome", "PrivateTmp", "RestrictSUIDSGID", "LockPersonality"):
        assert settings(name) == ["yes"], name
    assert settings("ProtectSystem") == ["strict"]
    assert settings("LimitCORE") == ["0"], "no frame and no secret may reach a disk by way of a crash"
