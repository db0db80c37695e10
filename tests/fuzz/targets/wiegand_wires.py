"""Pulses on two wires and keys on a pad, at any speed and in any order: cards, keys, attempts or a refusal, bounded."""

import random

from ostiary.firmware.door.keypad import Entry
from ostiary.firmware.door.wiegand import END_US, LONGEST_BITS, Wiegand, decode, encode

NAME = "wiegand-wires"
# Two bytes a pulse: the line in the lowest bit, and how long after the last one, in units of 10 µs.
TICK_US = 10


def make(rng: random.Random) -> bytes:
    pulses: list[int] = []
    for _ in range(rng.randint(1, 12)):
        frame = encode(rng.choice([f"26-{rng.randrange(256)}-{rng.randrange(65536)}", f"37-{rng.randrange(2**35)}"]))
        match rng.randrange(6):
            case 0:
                frame = [rng.randrange(2) for _ in range(rng.choice([4, 8]))]
            case 1:
                frame[rng.randrange(len(frame))] ^= 1
            case 2:
                frame = frame[: rng.randrange(len(frame))]
            case 3:
                frame = [rng.randrange(2) for _ in range(rng.choice([1, 25, 38, 63, 64, 65, 400]))]
            case _:
                pass
        apart = rng.choice([5, 9, 10, 20, 200, 2_000])
        pulses += [apart << 1 | bit for bit in frame]
        if pulses:
            pulses[-1] = rng.choice([2_000, 2_499, 2_500, 30_000]) << 1 | pulses[-1] & 1
    return b"".join(pulse.to_bytes(2, "big") for pulse in pulses)


def judge(data: bytes) -> None:
    reader, entry, at_us = Wiegand(), Entry(wants_pin=bool(data[:1] and data[0] & 1)), 0
    frames = 0
    for start in range(0, len(data) - 1, 2):
        pulse = int.from_bytes(data[start : start + 2], "big")
        at_us += (pulse >> 1) * TICK_US
        for came in reader.edge(pulse & 1, at_us):
            frames += 1
            _follow(entry, came, at_us // 1000)
        assert len(reader._bits) <= LONGEST_BITS
        assert reader.due_us() == at_us + END_US
    for came in reader.tick(at_us + END_US):
        frames += 1
        _follow(entry, came, at_us // 1000)
    assert frames <= len(data) // 2


def _follow(entry: Entry, came: tuple[str, str], now_ms: int) -> None:
    kind, value = came
    if kind == "refused":
        assert value in ("noise", "length", "parity")
        return
    if kind == "card":
        assert decode(encode(value)) == came
    for word, told in entry.key(value, now_ms) if kind == "key" else entry.claim("card", value, now_ms):
        assert word == "refused" or (told["claim"]["kind"] == "card" and 4 <= len(told.get("pin", "0000")) <= 12)
