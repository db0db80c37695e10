"""The benchmark of the log runs and says what it promises; its numbers are nobody's test."""

import json
import subprocess
import sys
from pathlib import Path

BENCH = Path(__file__).resolve().parents[1] / "bench" / "log.py"


def test_the_short_form_reports_ratios_and_growth(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(BENCH), "--rounds", "1", "--size", "1000", "--on", str(tmp_path), "--json"],
        stdout=subprocess.PIPE,
        check=True,
        timeout=100,
    )
    report = json.loads(done.stdout)
    assert {"machine", "processor", "python", "sqlite", "load"} <= report["setting"].keys()
    for waiting in ("1 waiting", "100 waiting"):
        found = report["durable decisions"][waiting]
        assert found["ratio"]["median"] > 0 and found["ratio of cpu"]["median"] > 0 and found["bytes_a_record"] > 1000
    assert report["as the log grows"]["1,000 records"]["append, 100 waiting"]["per_s"] > 0
    assert report["as the log grows"]["published checkpoints"]["checkpoints"] > 0
    assert report["fsck"]["records"] > 1000
    assert list(tmp_path.iterdir()) == [], "it cleans up"
