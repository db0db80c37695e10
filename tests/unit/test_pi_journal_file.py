"""The journal on disk under real failures: what was promised is there, and numbers keep their order."""

import contextlib
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ostiary.firmware.pi.boot_count import BootCountLost, next_boot
from ostiary.firmware.pi.journal_file import JournalFile


def entry(seq: int) -> dict[str, Any]:
    return {"v": 1, "boot": 1, "seq": seq, "at": {"ms": 5, "clock": "set"}, "kind": "exit", "detail": "x" * 50}


@contextlib.contextmanager
def disk_full_at(size: int) -> Iterator[None]:
    """Files cannot grow beyond `size` bytes: the kernel writes what fits and then refuses, as a full disk does."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)


def test_entries_are_there_for_the_next_owner(tmp_path: Path) -> None:
    file = JournalFile(tmp_path / "journal")
    for seq in (1, 2, 3):
        file.append(entry(seq))
    file.close()
    again = JournalFile(tmp_path / "journal")
    assert again.entries == [entry(1), entry(2), entry(3)]
    assert (tmp_path / "journal").stat().st_mode & 0o777 == 0o600


def test_acknowledged_entries_go_and_the_file_stays_small(tmp_path: Path) -> None:
    file = JournalFile(tmp_path / "journal", compact_bytes=2_000)
    for seq in range(1, 201):
        file.append(entry(seq))
        file.acknowledge(seq - 1)
        assert (tmp_path / "journal").stat().st_size < 2_500
    file.close()
    again = JournalFile(tmp_path / "journal")
    assert ([left["seq"] for left in again.entries], again.kept.last_seq) == ([200], 200)


@pytest.mark.parametrize("spare", [0, 1, 60])
def test_a_full_disk_loses_nothing_that_was_promised(tmp_path: Path, spare: int) -> None:
    path = tmp_path / "journal"
    file = JournalFile(path)
    file.append(entry(1))
    with disk_full_at(path.stat().st_size + spare):
        with pytest.raises(OSError, match=r"bytes went into|too large"):
            file.append(entry(2))
        with pytest.raises(OSError, match="since a write failed"):
            file.append(entry(2))
    with disk_full_at(0), pytest.raises(OSError, match="too large"):
        file.mend()
    file.mend()
    file.append({**entry(2), "detail": "another"})
    file.close()
    assert [left.get("detail") for left in JournalFile(path).entries] == ["x" * 50, "another"]


def test_a_full_disk_at_an_acknowledgement_spoils_no_later_entry(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    file = JournalFile(path)
    file.append(entry(1))
    with disk_full_at(path.stat().st_size + 5), pytest.raises(OSError, match="bytes went"):
        file.acknowledge(1)
    with pytest.raises(OSError, match="since a write failed"):
        file.append(entry(2))
    file.mend()
    file.append(entry(2))
    file.close()
    assert JournalFile(path).entries == [entry(2)]


WRITER = """
import sys
from pathlib import Path
from ostiary.firmware.pi.journal_file import JournalFile
file = JournalFile(Path(sys.argv[1]), 3000)
seq = file.kept.last_seq
while True:
    seq += 1
    file.append({"v": 1, "boot": 1, "seq": seq, "at": {"ms": 5, "clock": "set"}, "kind": "exit"})
    sys.stdout.write(f"{seq}\\n")
    sys.stdout.flush()
    if seq % 7 == 0:
        file.acknowledge(seq - 3)
"""


def test_killed_at_any_moment_every_promised_entry_is_there(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    promised = 0
    for kills_after in (1, 13, 40, 77):
        writer = subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True)
        assert writer.stdout is not None
        for _ in range(kills_after):
            promised = int(writer.stdout.readline())
        writer.kill()
        rest = writer.stdout.read().split()
        promised = int(rest[-1]) if rest else promised
        writer.wait()
        file = JournalFile(path)
        assert file.kept.last_seq >= promised
        seqs = [left["seq"] for left in file.entries]
        assert seqs == list(range(file.kept.upto + 1, file.kept.last_seq + 1))
        assert file.kept.lost == []
        file.close()


def test_boots_rise_whatever_the_journal_or_the_file_says(tmp_path: Path) -> None:
    path = tmp_path / "boot"
    assert [next_boot(path, 0), next_boot(path, 0), next_boot(path, 9), next_boot(path, 0)] == [1, 2, 10, 11]
    path.write_bytes(b"\0\0\0")
    assert next_boot(path, 11) == 12
    path.write_bytes(b"\xff")
    with pytest.raises(BootCountLost, match="Write a number"):
        next_boot(path, 0)


def test_a_boot_that_cannot_be_counted_is_none(tmp_path: Path) -> None:
    next_boot(tmp_path / "boot", 0)
    with disk_full_at(0), pytest.raises(OSError, match="too large"):
        next_boot(tmp_path / "boot", 0)
    assert next_boot(tmp_path / "boot", 0) == 2
    assert [path.name for path in tmp_path.iterdir()] == ["boot"]
