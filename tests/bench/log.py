"""`ostiary bench log`: durable decisions a second, held against bare SQLite in the same run, and how the log grows.

Both write the same rows to the same disk in turn, some commits of one and then of the other: ours as the keeper does
it (bytes, seal, wrap, tree, signature, index, freshness, commit, and a receipt with its proof for each), bare SQLite as
plainly as it can be done (one table with the same columns, no index, one transaction). What counts is the ratio within
a pair, since a machine that is busy is busy for both; the median over all pairs is reported, with its quartiles. CPU
time of the process stands beside wall time: it knows nothing of a disk that keeps one waiting. `--on /dev/shm` measures
where a sync costs nothing.
"""

import argparse
import contextlib
import os
import random
import shutil
import sqlite3
import statistics
import sys
import tempfile
import threading
import time
from base64 import b64decode
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import uvloop
from rounds import FEWEST_ROUNDS, say, setting

from ostiary.controller.__main__ import SWITCH_S
from ostiary.controller.record.fsck import check
from ostiary.controller.record.log import Log, tiles_beside
from ostiary.controller.record.record import Draft
from ostiary.controller.record.tree import leaf_hash, verify_inclusion
from ostiary.controller.store.keys import KeyStore, load_or_make_master
from ostiary.controller.store.log_store import COLUMNS, LogPlace
from ostiary.controller.store.places import Places

AT_MS = 1_772_500_000_000
PEOPLE = 300
PAIR = {1: 20, 100: 4}  # commits of each in a pair
PAIRS = {1: 8, 100: 8}  # pairs in a round
TARGETS = {1: 0.60, 100: 0.45}
GROW = 200  # records an append while the log grows
PROOFS = 200
NEWEST = 10_000
LOOK_S = 0.02
Step = Callable[[str], None]


def draft(number: int) -> Draft:
    """A denial at a door with four clauses, as `access/record.py` makes it."""
    person, code = f"p-{number % PEOPLE:016d}", f"{number:016d}"
    said = (
        "You are a member.",
        "You hold the laser induction.",
        "Your score is 592 of 600.",
        "It is within the hours.",
    )
    body = {
        "id": code, "at_ms": AT_MS + number, "asked": {"ms": AT_MS + number, "clock": "set"}, "site": "bench",
        "door": "laser-room", "node": "laser-room-1", "mode": "verify", "decided": "online", "pack_age_s": None,
        "operator": None, "credential": "face", "claim": "card", "person": person, "faces": 1, "model": "ab" * 32,
        "runtime": "ai-edge-litert 2.3", "gallery": {"version": 12, "size": PEOPLE, "compared": 2},
        "operating_point": {"fmr": 1e-4, "threshold": 0.4123}, "match": "pass", "for_reviewers": "A" * 64,
        "quality": {"sharp": 0.6, "light": 0.5}, "liveness": None, "score": {"value": 592, "head": "cd" * 32},
        "policy": "ef" * 32, "verdict": "deny", "reason": "score-below",
        "clauses": [{"clause": "c", "held": True, "value": 592, "bound": 600, "say": one} for one in said],
        "sentence": said[2], "counterfactual": "Two safety rounds, or wait until 3 December.",
    }  # fmt: skip
    return Draft("decision", AT_MS + number, body, (person,), "laser-room", "deny", "score-below", code, exact=True)


class Took(NamedTuple):
    """Seconds a record: by the clock, and of this process's CPU, all threads together."""

    wall_s: float
    cpu_s: float


class Clock:
    """Adds up both times of what runs between `start` and `stop`."""

    def __init__(self) -> None:
        self._wall = self._cpu = 0.0

    def start(self) -> None:
        self._wall -= time.perf_counter()
        self._cpu -= time.process_time()

    def stop(self) -> None:
        self._wall += time.perf_counter()
        self._cpu += time.process_time()

    def each(self, records: int) -> Took:
        return Took(self._wall / records, self._cpu / records)


async def ours(log: Log, waiting: int, times: int) -> Took:
    clock = Clock()
    for _ in range(times):
        first = log.size
        drafts = [draft(first + number) for number in range(waiting)]
        freshness = {f"node-{number}": (1, first) for number in range(waiting)}
        clock.start()
        await log.append(drafts, freshness=freshness)
        clock.stop()
    return clock.each(waiting * times)


def bare(db: sqlite3.Connection, rows: Sequence[tuple[Any, ...]], waiting: int) -> Took:
    insert = f"INSERT INTO record VALUES ({', '.join('?' * len(COLUMNS.split(',')))})"  # noqa: S608
    clock = Clock()
    for first in range(0, len(rows), waiting):
        clock.start()
        db.execute("BEGIN IMMEDIATE")
        db.executemany(insert, rows[first : first + waiting])
        db.execute("COMMIT")
        clock.stop()
    return clock.each(len(rows))


def bare_db(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")
    columns = COLUMNS.replace("position", "position INTEGER PRIMARY KEY", 1)
    db.execute(f"CREATE TABLE record ({columns})")
    return db


async def against_bare(log: Log, home: Path, rounds: int, step: Step) -> dict[str, Any]:
    db, report = bare_db(home / "bare.db"), {}
    for waiting, times in PAIR.items():
        pairs: list[tuple[Took, Took]] = []
        for number in range(rounds + 1):
            step(f"{waiting} waiting, round {number} of {rounds}")
            if number == 1:
                pairs.clear()  # the first round warms up
            for _ in range(PAIRS[waiting]):
                first = log.size
                mine = await ours(log, waiting, times)
                query = f"SELECT {COLUMNS} FROM record WHERE position >= ?"  # noqa: S608
                rows = log.reading().ask(lambda db, query=query, first=first: db.execute(query, (first,)).fetchall())
                pairs.append((mine, bare(db, rows, waiting)))
        report[f"{waiting} waiting"] = {
            "ours": _spread([mine.wall_s for mine, _ in pairs]),
            "bare sqlite": _spread([plain.wall_s for _, plain in pairs]),
            "ours, cpu": _spread([mine.cpu_s for mine, _ in pairs]),
            "bare sqlite, cpu": _spread([plain.cpu_s for _, plain in pairs]),
            "ratio": _ratio([plain.wall_s / mine.wall_s for mine, plain in pairs]),
            "ratio of cpu": _ratio([plain.cpu_s / mine.cpu_s for mine, plain in pairs]),
            "target": TARGETS[waiting],
            "pairs": len(pairs),
            "bytes_a_record": round(sum(len(value) for row in rows for value in row[6:] if value) / len(rows)),
        }
    db.close()
    return report


def _ratio(each: Sequence[float]) -> dict[str, float]:
    lower, median, upper = statistics.quantiles(each, n=4)
    return {"median": round(median, 3), "lower quartile": round(lower, 3), "upper quartile": round(upper, 3)}


def _spread(each: Sequence[float]) -> dict[str, Any]:
    median = statistics.median(each)
    return {
        "us": round(median * 1e6, 2),
        "us_least": round(min(each) * 1e6, 2),
        "us_most": round(max(each) * 1e6, 2),
        "per_s": round(1 / median),
        "spread_percent": round(100 * (max(each) - min(each)) / median, 1),
    }


def proofs(log: Log, among: range) -> dict[str, Any]:
    """Proofs of records anywhere in `among`, against the newest tree; all of them are checked, outside the clock."""
    chance, taken = random.Random(log.size + among.start), []
    query = "SELECT commitment FROM record WHERE position = ?"
    for _ in range(PROOFS):
        position = chance.choice(among)
        clock = Clock()
        clock.start()
        proof = log.inclusion(position)
        clock.stop()
        taken.append(clock.each(1))
        [commitment] = log.reading().ask(lambda db, at=position: db.execute(query, (at,)).fetchone())
        if not verify_inclusion(leaf_hash(commitment), position, log.size, proof, _root(log)):
            raise SystemExit(f"The proof of record {position} does not verify.")
    walls = [took.wall_s for took in taken]
    return _spread(walls) | {
        "us_p99": round(sorted(walls)[int(0.99 * PROOFS)] * 1e6, 1),
        "us_cpu": round(statistics.median(took.cpu_s for took in taken) * 1e6, 2),
    }


def _root(log: Log) -> bytes:
    return b64decode(log.checkpoint.split("\n")[2])


class Watch:
    """Sees every published checkpoint as anybody would who asks for the file, in a thread of its own."""

    def __init__(self, path: Path) -> None:
        self._path, self._seen, self._ended = path, [time.time()], threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._ended.wait(LOOK_S):
            with contextlib.suppress(FileNotFoundError):
                stamp = self._path.stat().st_mtime
                if stamp != self._seen[-1]:
                    self._seen.append(stamp)

    def end(self) -> dict[str, Any]:
        """Seconds from one to the next."""
        self._ended.set()
        self._thread.join()
        gaps = sorted(after - before for before, after in pairwise(self._seen[1:]))
        if not gaps:
            return {"checkpoints": len(self._seen) - 1}
        return {
            "checkpoints": len(gaps) + 1,
            "median_s": round(statistics.median(gaps), 2),
            "p99_s": round(gaps[int(0.99 * len(gaps))], 2),
            "longest_s": round(gaps[-1], 2),
        }


async def grown(log: Log, home: Path, size: int, step: Step) -> dict[str, Any]:
    """What an append costs, what a proof costs, and how much memory there is, at 1 k, 10 k, … records."""
    report: dict[str, Any] = {}
    watch = Watch(tiles_beside(home / "log.db") / "checkpoint")
    at = 1_000
    while at <= size:
        while log.size < at:
            step(f"growing to {at:,}: {log.size:,}")
            first = log.size
            await log.append([draft(first + number) for number in range(min(GROW, at - first))])
        taken = [await ours(log, 100, 2) for _ in range(15)]
        report[f"{at:,} records"] = {
            "append, 100 waiting": _spread([took.wall_s for took in taken]),
            "append, 100 waiting, cpu": _spread([took.cpu_s for took in taken]),
            "proof, any record": proofs(log, range(log.size)),
            "proof, newest 10,000": proofs(log, range(max(0, log.size - NEWEST), log.size)),
            "resident_mb": round(_status("VmRSS") / 1024, 1),
        }
        at *= 10
    report["published checkpoints"] = watch.end()
    report["resident_mb_most"] = round(_status("VmHWM") / 1024, 1)
    return report


def judged(home: Path, step: Step) -> dict[str, Any]:
    """What the judge needs for the whole log."""
    clock, places = Clock(), Places(home)
    clock.start()
    found = check(places, "bench", LogPlace(places.log_db), lambda stage, done, of: step(f"{stage} {done:,} of {of:,}"))
    clock.stop()
    if found.findings:
        raise SystemExit(f"The judge found: {found.findings[0]}")
    took = clock.each(1)
    return {"records": found.records, "wall_s": round(took.wall_s, 1), "cpu_s": round(took.cpu_s, 1)}


def _status(name: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name))


async def measured(home: Path, rounds: int, size: int, step: Step) -> dict[str, Any]:
    places = Places(home)
    keys = KeyStore(places.keys_db, load_or_make_master(places.master_key))
    log = Log.start(places.log_db, keys, "bench")
    try:
        report = await grown(log, home, size, step)
        paired = await against_bare(log, home, rounds, step)
    finally:
        await log.close()
        keys.close()
    return {"durable decisions": paired, "as the log grows": report, "fsck": judged(home, step)}


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure the decision log on this machine.")
    parser.add_argument("--rounds", type=int, default=FEWEST_ROUNDS)
    parser.add_argument("--size", type=int, default=10_000)
    parser.add_argument("--on", type=Path)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()

    def step(text: str) -> None:
        if sys.stderr.isatty():
            print(f"\r\033[K{text} …", end="", file=sys.stderr, flush=True)

    # Beside the source and not in the system's directory for temporary files, which is often no disk at all.
    here = given.on or Path(__file__).resolve().parents[2] / "var"
    here.mkdir(exist_ok=True)
    home = Path(tempfile.mkdtemp(prefix="bench-", dir=here))
    sys.setswitchinterval(SWITCH_S)  # as the keeper has it
    report: dict[str, Any] = {"bench": "log", "setting": setting("cryptography", "msgspec", "uvloop")}
    report["setting"]["sqlite"] = sqlite3.sqlite_version
    report["rounds"], report["on"] = given.rounds, "the disk" if given.on is None else str(given.on)
    try:
        report |= uvloop.run(measured(home, given.rounds, given.size, step))
    finally:
        shutil.rmtree(home)
    if sys.stderr.isatty():
        print("\r\033[K", end="", file=sys.stderr, flush=True)
    report["setting"]["load after"] = round(os.getloadavg()[0], 2)
    say(report, as_json=given.json)


if __name__ == "__main__":
    main()
