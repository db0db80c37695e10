"""The ESP32's files: littlefs in real MicroPython loses power at a thousand moments, and the journal loses nothing."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import ostiary.firmware
from ostiary.firmware.door import journal
from ostiary.firmware.esp32 import counts, flash
from ostiary.firmware.esp32.journal_file import JournalFile
from ostiary.firmware.pi.journal_file import JournalFile as PiJournalFile


def entry(seq: int) -> dict[str, Any]:
    return {"v": 1, "boot": 1, "seq": seq, "at": {"ms": 5, "clock": "set"}, "kind": "exit", "detail": "x" * 50}


MICROPYTHON = Path(sys.executable).parent / "micropython"


def test_power_cut_at_any_byte_of_littlefs_loses_nothing_that_was_durable() -> None:
    if not MICROPYTHON.exists():
        pytest.skip("MicroPython is not installed beside this Python: its wheel exists for x86-64 Linux only.")
    seeds, step = (range(1, 9), 8) if os.environ.get("OSTIARY_LONG") else (range(1, 2), 60)
    for seed in seeds:
        done = subprocess.run(
            [MICROPYTHON, "-X", "heapsize=16m", Path(__file__).parent / "littlefs_cuts.py", str(seed), str(step)],
            env={"MICROPYPATH": f".frozen:{Path(ostiary.firmware.__file__).parents[2]}"},
            capture_output=True,
            text=True,
            check=False,
        )
        # Before it, finalisers complain of the flash that has gone.
        said = (done.stdout.splitlines() or [""])[-1].split()
        assert said[:1] == ["cuts"], done.stdout + done.stderr
        assert int(said[1]) > 50_000 / step


def test_both_kinds_of_node_write_the_same_bytes(tmp_path: Path) -> None:
    ours, pis = JournalFile(str(tmp_path / "esp32"), 4_000), PiJournalFile(tmp_path / "pi", 4_000)
    for seq in range(1, 60):
        for one in (ours, pis):
            one.append(entry(seq))
            if seq % 7 == 0:
                one.acknowledge(seq - 2)
            if seq % 11 == 0:
                one.remember(seq, {"lockdown": seq % 2 == 0})
    ours.close()
    pis.close()
    assert (tmp_path / "esp32").read_bytes() == (tmp_path / "pi").read_bytes()
    assert journal.recover((tmp_path / "esp32").read_bytes()).last_seq == 59


def test_after_a_failed_write_nothing_follows_until_it_is_mended(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    kept = JournalFile(str(path))
    kept.append(entry(1))
    kept._file.close()  # as after a write that failed
    with pytest.raises(OSError, match="closed since a write failed"):
        kept.append(entry(2))
    kept.mend()
    kept.append(entry(2))
    kept.close()
    assert [one["seq"] for one in JournalFile(str(path)).entries] == [1, 2]


def test_counters_only_rise_and_bad_starts_are_counted(tmp_path: Path) -> None:
    path = str(tmp_path / "boot")
    assert [counts.next_boot(path, 0) for _ in range(3)] == [1, 2, 3]
    assert counts.next_boot(path, 90) == 91
    flash.replace(path, b"no number")
    assert counts.next_boot(path, 5) == 6
    flash.replace(path, b"no number")
    with pytest.raises(counts.BootCountLost, match="Claim the node again"):
        counts.next_boot(path, 0)
    bad = str(tmp_path / "bad")
    assert [counts.begin(bad) for _ in range(3)] == [0, 1, 2]
    counts.settle(bad, 0)
    assert counts.begin(bad) == 0
    flash.replace(bad, b"\xff\xff")
    assert counts.begin(bad) == 0
