"""A process that appends to a log while faults are made, and notes on its output every answer that it was given.

`writer.py DATA DSN|- RUN COUNT AT_MS`: COUNT appends in turn and then an orderly end; 0: many at once, until
somebody kills it. What is refused is noted too and never asked again, as a door asks anew with another nonce.
"""

import asyncio
import os
import sys
from itertools import count
from pathlib import Path

from ostiary.controller.record.erasing import Doomed, Named
from ostiary.controller.record.errors import RecordFailed
from ostiary.controller.record.log import Log
from ostiary.controller.record.record import Draft
from ostiary.controller.store.errors import ThreePartError
from ostiary.controller.store.keys import KeyStore, load_or_make_master
from ostiary.controller.store.log_store import LogPlace

AT_ONCE = 16
BATCHES = 3
NOT_STARTED = 3


def say(*words: object) -> None:
    # `writev`, because `write` is among the calls that are made to fail; one call a line, so that lines are whole.
    os.writev(1, [(" ".join(map(str, words)) + "\n").encode()])


async def put(log: Log, run: str, number: int, at_ms: int) -> None:
    codes = [f"{run}-{number}-{part}" for part in range(1 + number % BATCHES)]
    drafts = [
        Draft("decision", at_ms, {"filling": "x" * 300}, (f"p-{number % 50}",), "front", "deny", "score", code)
        for code in codes
    ]
    try:
        receipts = await log.append(drafts, freshness={"front-1": (int(run), number)})
    except RecordFailed:
        say("refused", number)
        return
    for code, receipt in zip(codes, receipts, strict=True):
        say("noted", receipt.position, receipt.leaf.hex(), code)


async def erase(log: Log, keys: KeyStore, person: str, at_ms: int) -> None:
    """A person goes in the middle of it: the faults hit records of erasures and keys that are destroyed, too."""
    doomed = [Doomed(name, key) for name, key in keys.ids_of(f"record/{person}/").items()]

    def record(part: Named) -> Draft:
        body = {**part.body, "requester": "anna", "reason": "asked", "second_approver": "ben"}
        return Draft("erase", at_ms, body, (), code="erase")

    try:
        await log.erase(doomed, record)
    except ThreePartError as error:
        say("not-erased", error.what)


async def write(place: LogPlace, run: str, many: int, at_ms: int) -> None:
    keys = KeyStore(place.file.with_name("keys.db"), load_or_make_master(place.file.with_name("master.key")))
    log = Log.start(place, keys, "northside")
    if many:
        for number in range(many):
            await put(log, run, number, at_ms)
            if number == 1:
                await erase(log, keys, f"p-{number}", at_ms)
        await log.close()
        return
    numbers = count()

    async def door() -> None:
        for number in numbers:
            await put(log, run, number, at_ms)

    await asyncio.gather(*(door() for _ in range(AT_ONCE)))


if __name__ == "__main__":
    _, data, dsn, run, many, at_ms = sys.argv
    try:
        asyncio.run(write(LogPlace(Path(data) / "log.db", None if dsn == "-" else dsn), run, int(many), int(at_ms)))
    except ThreePartError as error:
        say("not-started", error)
        sys.exit(NOT_STARTED)
