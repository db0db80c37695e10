"""The judge of every fault: start again without a hand, `fsck`, and the client's own notes against the log."""

import asyncio
import binascii
import json
import os
import random
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from ostiary.controller.record import fsck
from ostiary.controller.record.log import Log
from ostiary.controller.record.record import Draft
from ostiary.controller.record.tree import leaf_hash
from ostiary.controller.store import log_db
from ostiary.controller.store.errors import ThreePartError
from ostiary.controller.store.keys import KeyStore, load_or_make_master
from ostiary.controller.store.log_store import LogPlace
from ostiary.controller.store.places import Places
from tests.postgres_server import PostgresServer

WRITER = Path(__file__).with_name("writer.py")
LONG = os.environ.get("OSTIARY_LONG") == "1"
MARCH = 1_772_500_000_000
PATIENCE_S = 90


class Tally:
    """How many cases of each fault were made, and what was lost in them."""

    def __init__(self) -> None:
        self.cases: dict[str, int] = {}
        self.answers = self.lost = 0

    def count(self, fault: str) -> None:
        self.cases[fault] = self.cases.get(fault, 0) + 1


TALLY = Tally()
CHANCE = random.Random(os.environ.get("OSTIARY_SEED", "14 March"))


class Scene:
    """A data directory, its log, and every answer that was noted there."""

    def __init__(self, data: Path, server: PostgresServer | None) -> None:
        self.data, self.server = data, server
        self.place = LogPlace(data / "log.db", server.place() if server else None)
        self.noted: dict[int, tuple[str, str]] = {}
        self._runs = 0

    @property
    def name(self) -> str:
        return "PostgreSQL" if self.server else "SQLite"

    def command(self, many: int, at_ms: int = MARCH) -> list[str]:
        """A writer's command line; each of them is a new run."""
        self._runs += 1
        return [
            *(sys.executable, "-B", str(WRITER), str(self.data), self.place.dsn or "-"),
            *(str(self._runs), str(many), str(at_ms)),
        ]

    def hear(self, output: bytes) -> int:
        """Take down what a writer said; a last line without its end was never said. Returns how many answers."""
        lines = [line.decode().split() for line in output.split(b"\n")[:-1]]
        told = [line for line in lines if line[0] == "noted"]
        for _, position, leaf, code in told:
            assert int(position) not in self.noted, f"position {position} was promised twice"
            self.noted[int(position)] = (leaf, code)
        TALLY.answers += len(told)
        # As a node keeps it, so that the judge itself asks for these answers.
        node = Places(self.data).node("front-1")
        node.mkdir(parents=True, exist_ok=True)
        with (node / "journal").open("ab") as journal:
            body = json.dumps(["u", 0, [], [code for *_, code in told]], separators=(",", ":")).encode()
            journal.write(f"{binascii.crc32(body):08x} ".encode() + body + b"\n")
        return len(told)

    def write(self, many: int, at_ms: int = MARCH, wrapped: Sequence[str] = ()) -> subprocess.CompletedProcess[bytes]:
        """Run a writer to its end, in a fault maker's hands perhaps, and note what it said."""
        command = [*wrapped, *self.command(many, at_ms)]
        done = subprocess.run(command, capture_output=True, timeout=PATIENCE_S, check=False)
        self.hear(done.stdout)
        return done

    def start(self) -> Log:
        keys = KeyStore(self.data / "keys.db", load_or_make_master(self.data / "master.key"))
        for _ in range(2000):
            try:
                return Log.start(self.place, keys, "northside")
            except ThreePartError as error:
                # A server takes a moment to see that a killed keeper is gone.
                if self.server is None or "another keeper" not in str(error).lower():
                    keys.close()
                    raise
        raise AssertionError("the lock of a killed keeper was never given back")

    def findings(self) -> list[str]:
        """What the judge has to say."""
        report = fsck.check(Places(self.data), "northside", self.place, lambda _stage, _done, _total: None)
        return [f"{finding.position} {finding.where}: {finding.why}" for finding in report.findings]

    def missing(self) -> list[int]:
        """Answers that were noted and are not in the log as they were given."""
        db = log_db.open_reader(self.place)
        try:
            held = {position: leaf_hash(bytes(found)).hex() for position, found in log_db.commitments(db, 0, 1 << 40)}
        finally:
            db.close()
        return [position for position, (leaf, _) in self.noted.items() if held.get(position) != leaf]

    def judge(self, fault: str) -> None:
        """After a fault: it starts and takes records again, nothing is lost, nothing is twice, there is no gap."""
        TALLY.count(f"{self.name}: {fault}")
        log = self.start()
        self._runs += 1
        back = Draft("decision", MARCH, {}, ("p-1",), "front", "deny", "score", f"back-{self._runs}")
        [receipt] = asyncio.run(_appended(log, back))
        self.hear(f"noted {receipt.position} {receipt.leaf.hex()} back-{self._runs}\n".encode())
        log._keys.close()
        missing = self.missing()
        TALLY.lost += len(missing)
        assert not missing, f"{fault}: answers were given and are not in the log: {missing}"
        assert self.findings() == [], fault

    def judge_damage(self, fault: str) -> None:
        """After bytes were changed: either nothing is missing, or the judge says that something is wrong."""
        TALLY.count(f"{self.name}: {fault}")
        try:
            if self.findings():
                return
            missing = self.missing()
        except ThreePartError:
            return  # the store itself refuses, in words
        TALLY.lost += len(missing)
        assert not missing, f"{fault}: {missing} went without a word"


async def _appended(log: Log, draft: Draft) -> list:
    try:
        return list(await log.append([draft]))
    finally:
        await log.close()
