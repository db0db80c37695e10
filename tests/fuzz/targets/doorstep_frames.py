"""Whatever may come in at a virtual door's socket: frames of persons and owners, damaged, cut and out of turn."""

import asyncio
import json
import random
from typing import Any

from ostiary.firmware.virtual import board

NAME = "doorstep-frames"
FRAMES: list[dict[str, Any]] = [
    {"do": "present", "card": "4711", "pass": None, "pin": "2468", "picture": True, "bytes": 3, "pictures": [1, 2]},
    *({"do": do} for do in ("pins", "open", "pull", "close")),
    {"do": "press", "what": "rex", "hold_ms": 1},
    *({"do": "set", "pin": pin, "level": True} for pin in ("rex", "fire", "tamper", "power", "config", "strike")),
    {"do": "edges", "since": 0, "count": 1, "wait_ms": 1},
    {"do": "keys", "keys": "2468#"},
    {"do": "wiegand", "bits": "0110", "apart_us": 2000},
    {"do": "attach", "as": "node", "roles": ["reader"]},
    {"do": "attach", "as": "guard"},
    {"do": "presented", "number": 1, "reply": {"show": {"say": "yes"}}},
    {"do": "display", "say": "yes", "learn": "", "receipt": None},
    {"do": "tell", "led": "idle", "buzzer": "no"},
    {"do": "strike", "on": True},
]
ODD: list[Any] = [None, True, -1, 2**70, 1.5, "", "x" * 20_000, [], {}, ["keeper"], "\ud800"]


def make(rng: random.Random) -> bytes:
    data = bytearray()
    for _ in range(rng.randrange(1, 6)):
        frame = dict(rng.choice(FRAMES))
        if rng.random() < 0.3:
            frame[rng.choice([*frame, "bytes", "do"])] = rng.choice(ODD)
        data += json.dumps(frame).encode() + rng.choice([b"\n", b"\n", b"\n", b"\r\n", b""])
        data += rng.randbytes(rng.choice([0, 3, 3, 40]))
    for _ in range(rng.choice([0, 0, 1, 4])):
        data[rng.randrange(len(data))] = rng.randrange(256)
    return bytes(data[: rng.randrange(len(data) + 1)] if rng.random() < 0.3 else data)


class Deaf:
    """The other side of the socket, who listens to nothing."""

    def write(self, data: bytes) -> None: ...

    async def drain(self) -> None: ...

    def close(self) -> None: ...


def judge(data: bytes) -> None:
    served = board.Board("front")
    asyncio.run(_serve(served, data))
    # Its guard alone moves the strike, and nobody here attached as one.
    assert b'"strike"' in data or not served.leaf.strike


async def _serve(served: board.Board, data: bytes) -> None:
    reader = asyncio.StreamReader()
    reader.feed_data(data)
    reader.feed_eof()
    # A person who waits for edges waits a minute at most; here nobody has that much time.
    longest, board.LONGEST_WAIT_MS = board.LONGEST_WAIT_MS, 0
    try:
        await served.serve(reader, Deaf())  # pyright: ignore[reportArgumentType]
    finally:
        board.LONGEST_WAIT_MS = longest
