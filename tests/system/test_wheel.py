"""The fresh machine: the wheel, an empty environment, the locked dependencies, and the main job runs."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.system.test_demo import check, demo

pytestmark = pytest.mark.system
HOUSE = Path(__file__).resolve().parents[2]


def run(*command: str | Path) -> None:
    done = subprocess.run([str(part) for part in command], cwd=HOUSE, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.timeout(400)
def test_the_wheel_runs_the_demo_in_an_empty_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", tmp_path, HOUSE)
    [wheel] = tmp_path.glob("ostiary-*.whl")
    run(sys.executable, "-m", "venv", tmp_path / "empty")
    python = tmp_path / "empty" / "bin" / "python"
    pip = (python, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-deps")
    run(*pip, "--require-hashes", "-r", HOUSE / "locks" / "run.lock")
    run(*pip, wheel)
    # Nothing of this checkout may help: another directory, and no search path into it.
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PYTHONPATH", raising=False)
    assert not os.environ.get("PYTHONPATH")
    check(demo(str(tmp_path / "empty" / "bin" / "ostiary")))
