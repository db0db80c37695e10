"""`ostiary bench log`: durable decisions a second, held against bare SQLite in the same run, and how the log grows.

Both write the same rows to the same disk, in turn, round by round: ours as the keeper does it (bytes, seal, wrap, tree,
signature, index, freshness, commit, and a receipt with its proof for each), bare SQLite as plainly as it can be done
(one table with the same columns, no index, one transaction). Wall-clock time counts, since a sync is waited for; a busy
machine therefore shows in the spread, and `load` says how busy it was.
"""

import argparse
import os
import random
import shutil
import sqlite3
import statistics
import sys
import tempfile
import time
from base64 import b64decode
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import uvloop
from rounds import FEWEST_ROUNDS, say, setting

from ostiary.controller.__main__ import SWITCH_S
from ostiary.controller.record.log import Log, tiles_beside
from ostiary.controller.record.record import Draft
from ostiary.controller.record.tree import leaf_hash, verify_inclusion
from ostiary.controller.store.keys import KeyStore
from ostiary.controller.store.log_store import COLUMNS

AT_MS = 1_772_500_000_000
PEOPLE = 300
TIMES = {1: 200, 100: 50}  # appends in a round
TARGETS = {1: 0.60, 100: 0.45}
GROW = 200  # records an append while the log grows
PROOFS = 200
WARM_AMONG = 10_000  # the newest records, whose tiles the keeper has in memory
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


async def ours(log: Log, waiting: int, times: int) -> float:
    """Seconds a record."""
    took = 0.0
    for _ in range(times):
        first = log.size
        drafts = [draft(first + number) for number in range(waiting)]
        freshness = {f"node-{number}": (1, first) for number in range(waiting)}
        begun = time.perf_counter()
        await log.append(drafts, freshness=freshness)
        took += time.perf_counter() - begun
    return took / (waiting * times)


def bare(db: sqlite3.Connection, rows: Sequence[tuple[Any, ...]], waiting: int) -> float:
    """Seconds a record."""
    insert = f"INSERT INTO record VALUES ({', '.join('?' * len(COLUMNS.split(',')))})"  # noqa: S608
    begun = time.perf_counter()
    for first in range(0, len(rows), waiting):
        db.execute("BEGIN IMMEDIATE")
        db.executemany(insert, rows[first : first + waiting])
        db.execute("COMMIT")
    return (time.perf_counter() - begun) / len(rows)


def bare_db(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")
    columns = COLUMNS.replace("position", "position INTEGER PRIMARY KEY", 1)
    db.execute(f"CREATE TABLE record ({columns})")
    return db


async def against_bare(log: Log, home: Path, rounds: int, step: Step) -> dict[str, Any]:
    db, report = bare_db(home / "bare.db"), {}
    for waiting, times in TIMES.items():
        taken: list[tuple[float, float]] = []
        for number in range(rounds + 1):
            step(f"{waiting} waiting, round {number} of {rounds}")
            first = log.size
            mine = await ours(log, waiting, times)
            query = f"SELECT {COLUMNS} FROM record WHERE position >= ?"  # noqa: S608
            rows = log.reading().ask(lambda db, query=query, first=first: db.execute(query, (first,)).fetchall())
            taken.append((mine, bare(db, rows, waiting)))
        del taken[0]  # the first round warms up
        ratios = [plain / mine for mine, plain in taken]
        report[f"{waiting} waiting"] = {
            "ours": _spread([mine for mine, _ in taken]),
            "bare sqlite": _spread([plain for _, plain in taken]),
            "ratio": round(statistics.median(ratios), 3),
            "ratio_least": round(min(ratios), 3),
            "ratio_most": round(max(ratios), 3),
            "target": TARGETS[waiting],
            "bytes_a_record": round(sum(len(value) for row in rows for value in row[6:] if value) / len(rows)),
        }
    db.close()
    return report


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
    chance, taken = random.Random(1), []
    query = "SELECT commitment FROM record WHERE position = ?"
    for _ in range(PROOFS):
        position = chance.choice(among)
        begun = time.perf_counter()
        proof = log.inclusion(position)
        taken.append(time.perf_counter() - begun)
        [commitment] = log.reading().ask(lambda db, at=position: db.execute(query, (at,)).fetchone())
        if not verify_inclusion(leaf_hash(commitment), position, log.size, proof, _root(log)):
            raise SystemExit(f"The proof of record {position} does not verify.")
    return _spread(taken) | {"us_p99": round(sorted(taken)[int(0.99 * PROOFS)] * 1e6, 1)}


def _root(log: Log) -> bytes:
    return b64decode(log.checkpoint.split("\n")[2])


async def grown(log: Log, home: Path, size: int, step: Step) -> dict[str, Any]:
    """What an append costs, what a proof costs, and how much memory there is, at 1 k, 10 k, … records."""
    report: dict[str, Any] = {}
    published, last, longest = tiles_beside(home / "log.db") / "checkpoint", time.monotonic(), 0.0
    seen = 0
    at = 1_000
    while at <= size:
        while log.size < at:
            step(f"growing to {at:,}: {log.size:,}")
            first = log.size
            await log.append([draft(first + number) for number in range(min(GROW, at - first))])
            stamp = published.stat().st_mtime_ns if published.exists() else 0
            if stamp != seen:
                longest, last, seen = max(longest, time.monotonic() - last), time.monotonic(), stamp
        taken = [await ours(log, 100, 2) for _ in range(15)]
        report[f"{at:,} records"] = {
            "append, 100 waiting": _spread(taken),
            "proof, any record": proofs(log, range(log.size)),
            "proof, newest 10,000": proofs(log, range(max(0, log.size - WARM_AMONG), log.size)),
            "resident_mb": round(_status("VmRSS") / 1024, 1),
        }
        at *= 10
    report["longest_s_between_published_checkpoints"] = round(longest, 2)
    report["resident_mb_most"] = round(_status("VmHWM") / 1024, 1)
    return report


def _status(name: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name))


async def measured(home: Path, rounds: int, size: int, step: Step) -> dict[str, Any]:
    log = Log.start(home / "log.db", KeyStore(home / "keys.db", os.urandom(32)), "bench")
    try:
        report = await grown(log, home, size, step)
        return {"durable decisions": await against_bare(log, home, rounds, step), "as the log grows": report}
    finally:
        await log.close()


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure the decision log on this machine.")
    parser.add_argument("--rounds", type=int, default=FEWEST_ROUNDS)
    parser.add_argument("--size", type=int, default=10_000)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()

    def step(text: str) -> None:
        if sys.stderr.isatty():
            print(f"\r\033[K{text} …", end="", file=sys.stderr, flush=True)

    # Beside the source and not in the system's directory for temporary files, which is often no disk at all.
    here = Path(__file__).resolve().parents[2] / "var"
    here.mkdir(exist_ok=True)
    home = Path(tempfile.mkdtemp(prefix="bench-", dir=here))
    sys.setswitchinterval(SWITCH_S)  # as the keeper has it
    report: dict[str, Any] = {"bench": "log", "setting": setting("cryptography", "msgspec", "uvloop")}
    report["setting"]["sqlite"] = sqlite3.sqlite_version
    report["rounds"] = given.rounds
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
