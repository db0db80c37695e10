"""Pages that were scenarios once: what is refused is told with its place, and what is played never opens unearned."""

import asyncio
import random
import zlib

from ostiary.firmware.virtual.quick.world import CAN, QuickWorld
from ostiary.scenarios.play.errors import NoScenario
from ostiary.scenarios.play.language import Repeat, Scenario, Wait
from ostiary.scenarios.play.page import parse
from ostiary.scenarios.play.player import play
from ostiary.scenarios.shipped import shipped

NAME = "scenario-bytes"
PAGES = [path.read_bytes() for path in shipped().values()]
SCRAPS = [
    *(b"- ", b": ", b"{", b"}", b"[", b"]", b",", b"\n", b"  ", b"\t", b'"', b"#", b"&a ", b"*a", b"!x ", b"---\n"),
    *(
        b"\x00",
        b"\xff",
        b"\xed\xa0\x80",
        b'"\\UFFFFFFFF"',
        b"9" * 400,
        b"{" * 40,
        b"400d",
        b"0s",
        b"1970-01-01T00:00:00Z",
    ),
    *(
        b"on",
        b"off",
        b"yes",
        b"ada",
        b"bob",
        b"front",
        b"rex",
        b"fire",
        b"pull: front",
        b"force: front",
        b"close: front",
    ),
    *(b"unplug: board", b"plug: board", b"hang: node", b"go-on: node", b"unplug: guard", b"- jitter: 9\n  "),
]
LONGEST_MS = 3_600_000


def make(rng: random.Random) -> bytes:
    page = bytearray(rng.choice(PAGES))
    if rng.random() < 0.4:
        lines = bytes(page).split(b"\n")
        head = next(number for number, line in enumerate(lines) if line.startswith(b"steps:")) + 1
        steps = lines[head:]
        for _ in range(rng.randrange(1, 6)):
            steps.insert(rng.randrange(len(steps) + 1), rng.choice(steps))
        return b"\n".join([*lines[:head], *steps])
    for _ in range(rng.randrange(1, 5)):
        at = rng.randrange(len(page) + 1)
        page[at : at + rng.choice([0, 0, 1, 5])] = rng.choice(SCRAPS)
    return bytes(page)


def judge(data: bytes) -> None:
    try:
        scenario = parse(data, "page.yaml")
    except NoScenario as refused:
        assert refused.mistakes
        for mistake in refused.mistakes:
            assert mistake.at.line >= 1 and mistake.at.column >= 1
            assert mistake.found and mistake.expected and mistake.cure
            str(mistake).encode()
        return
    assert scenario.doors and scenario.steps
    if scenario.needs() <= CAN and _short(scenario) and zlib.crc32(data) % 4 == 0:
        done = asyncio.run(play(scenario, QuickWorld()))
        # Whether its expectations came true is another matter.
        assert (done.unearned, done.lost, done.findings) == (0, 0, [])


def _short(scenario: Scenario) -> bool:
    waits = [step.ms for step in scenario.steps if isinstance(step, Wait)]
    return sum(waits) < LONGEST_MS and not any(isinstance(step, Repeat) for step in scenario.steps)
