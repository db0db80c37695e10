"""A process that writes to a log under load, for tests that kill it or take its disk away. Says on its output what it
was promised: one line for each receipt, written after `append` returned and never before."""

import asyncio
import os
import resource
import sys
from itertools import count
from pathlib import Path

from ostiary.controller.record.errors import RecordFailed
from ostiary.controller.record.log import Log
from ostiary.controller.record.record import Draft
from ostiary.controller.store.keys import KeyStore, load_or_make_master

WRITERS = 24
AT_MS = 1_772_500_000_000


def say(*words: object) -> None:
    # One write call a line: what the pipe holds when this process is killed is whole lines.
    os.write(1, (" ".join(map(str, words)) + "\n").encode())


def start(data: Path) -> Log:
    keys = KeyStore(data / "keys.db", load_or_make_master(data / "master.key"))
    return Log.start(data / "log.db", keys, "northside")


def draft(name: str, size: int = 200) -> Draft:
    """`name` is in the body and nowhere twice. Every few records a person comes who has no key yet."""
    person = f"p-{hash(name) % 5000}"
    return Draft("decision", AT_MS, {"name": name, "filling": "x" * size}, (person,), "front", "deny", "score", name)


async def write_for_ever(data: Path, run: str) -> None:
    """WRITERS at once until somebody kills this process."""
    log = start(data)
    numbers = count(1)

    async def writer() -> None:
        for number in numbers:
            drafts = [draft(f"{run}-{number}-{part}") for part in range(1 + number % 3)]
            receipts = await log.append(drafts, freshness={"front-1": (int(run), number)}, journal={run: number})
            for one, receipt in zip(drafts, receipts, strict=True):
                say(receipt.position, receipt.leaf.hex(), one.body["name"], number)

    await asyncio.gather(*(writer() for _ in range(WRITERS)))


async def fill_the_disk(data: Path) -> None:
    """Appends until no file may grow any more, fails, gets space again, and goes on."""
    log = start(data)
    await log.append([draft("first")])
    room = (data / "log.db-wal").stat().st_size + 200_000
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, hard))
    numbers = count(1)
    written = 1
    try:
        while True:
            names = [f"before-{next(numbers)}" for _ in range(8)]
            await asyncio.gather(*(log.append([draft(name, 2000)]) for name in names))
            written += len(names)
    except RecordFailed as error:
        say("failed", log.size, written, error.why)
    # Full is full: asked again and again, it keeps refusing and keeps its head.
    for attempt in range(5):
        wishes = [log.append([draft(f"full-{attempt}-{number}", 60_000)]) for number in range(8)]
        refused = await asyncio.gather(*wishes, return_exceptions=True)
        say("again", log.size, all(isinstance(one, RecordFailed) for one in refused))
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    [receipt] = await log.append([draft("after")])
    say("recovered", receipt.position, receipt.leaf.hex())
    await log.close()


if __name__ == "__main__":
    _, what, directory, *rest = sys.argv
    if what == "for-ever":
        asyncio.run(write_for_ever(Path(directory), rest[0]))
    else:
        asyncio.run(fill_the_disk(Path(directory)))
