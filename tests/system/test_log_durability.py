"""What a log promised is there afterwards: killed at random moments, and with a disk that takes no more."""

import asyncio
import random
import subprocess
import sys
from pathlib import Path

import pytest

from ostiary.controller.record import fsck
from ostiary.controller.record.checkpoint import read_checkpoint
from ostiary.controller.record.log import Log
from ostiary.controller.record.opening import Opened
from ostiary.controller.record.reading import Reading
from ostiary.controller.record.receipt import verify
from ostiary.controller.record.tree import leaf_hash
from ostiary.controller.store.keys import KeyStore, load_or_make_master
from ostiary.controller.store.log_store import LogPlace
from ostiary.controller.store.places import Places
from tests.unit.leaf_nodes import tree_of

WRITER = Path(__file__).with_name("log_writer.py")
KILLS = 12


def judged(data: Path, log: Log) -> list[str]:
    """Everything in the log, derived again from the file; returns the name in each record's body."""
    leaves = log.reading().ask(
        lambda db: db.execute("SELECT position, commitment FROM record ORDER BY position").fetchall()
    )
    assert [position for position, _ in leaves] == list(range(log.size)), "a gap"
    tree = tree_of([leaf_hash(commitment) for _, commitment in leaves])
    checkpoint = read_checkpoint(log.checkpoint, log.verifier_key)
    assert (checkpoint.size, checkpoint.root) == (tree.size, tree.root())
    names: list[str] = []
    for position in range(log.size):
        opened = log.opened(position)
        assert isinstance(opened, Opened), f"nobody can read record {position}"
        names.append(opened.body["name"])
    assert len(set(names)) == len(names), "a record twice"
    return names


def no_findings(data: Path) -> None:
    """The independent judge. This writer counts journals up without uploading an entry, which the judge notices."""
    places = Places(data)
    report = fsck.check(places, "northside", LogPlace(places.log_db), lambda _stage, _done, _total: None)
    assert [finding for finding in report.findings if "is said to be kept" not in finding.why] == []


def reopened(data: Path) -> Log:
    return Log.start(data / "log.db", KeyStore(data / "keys.db", load_or_make_master(data / "master.key")), "northside")


@pytest.mark.system
def test_killed_at_random_moments_it_keeps_every_promise(tmp_path: Path) -> None:
    chance = random.Random(20260314)
    promised: dict[int, tuple[str, str]] = {}
    heard = 0
    for run in range(1, KILLS + 1):
        with subprocess.Popen(
            [sys.executable, str(WRITER), "for-ever", str(tmp_path), str(run)], stdout=subprocess.PIPE
        ) as child:
            assert child.stdout is not None
            lines = [child.stdout.readline() for _ in range(chance.randint(1, 400))]
            child.kill()
            lines += child.stdout.readlines()
        assert child.returncode == -9
        whole = [line.decode().split() for line in lines if line.endswith(b"\n")]
        assert whole, "the writer said nothing before it was killed"
        for position, leaf, name, _ in whole:
            assert int(position) not in promised, f"position {position} was promised twice"
            promised[int(position)] = (leaf, name)
        heard += len(whole)

        no_findings(tmp_path)

        # The panel can read what the dead keeper left, before any keeper is back.
        web = Reading(tmp_path / "log.db")
        assert web.size() > max(promised)
        web.close()

        log = reopened(tmp_path)
        names = judged(tmp_path, log)
        held = log.reading().ask(lambda db: db.execute("SELECT position, commitment FROM record").fetchall())
        leaves = {position: leaf_hash(commitment).hex() for position, commitment in held}
        for position, (leaf, name) in promised.items():
            assert (leaves[position], names[position]) == (leaf, name), f"record {position} is another"
        highest = max(int(number) for *_, number in whole)
        assert log.freshness()["front-1"] >= (run, highest)
        assert log.journal()[str(run)] >= highest
        asyncio.run(log.close())
        no_findings(tmp_path)
    assert len(promised) == heard


@pytest.mark.system
def test_a_full_disk_refuses_and_recovers_without_a_hand(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(WRITER), "fill", str(tmp_path)], stdout=subprocess.PIPE, check=True, timeout=60
    )
    failed, *again, recovered = (line.split(maxsplit=3) for line in done.stdout.decode().splitlines())
    assert failed[0] == "failed" and int(failed[1]) == int(failed[2]) > 1, failed
    assert "full" in failed[3] or "I/O" in failed[3], failed
    size = int(failed[1])
    assert again == [["again", str(size), "True"]] * 5
    assert recovered[:2] == ["recovered", str(size)]

    log = reopened(tmp_path)
    names = judged(tmp_path, log)
    assert len(names) == size + 1 and names[-1] == "after"
    assert not any(name.startswith("full") for name in names)
    opened = log.opened(size)
    assert isinstance(opened, Opened) and opened.leaf.hex() == recovered[2]
    assert verify(log.receipt_file(opened), log.verifier_key).ok
    asyncio.run(log.close())
    no_findings(tmp_path)
