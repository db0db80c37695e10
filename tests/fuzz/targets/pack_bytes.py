"""Packs with bytes exchanged, cut and grown: one by which a door may decide, never wider than it says, or a refusal."""

import random
from functools import cache
from typing import Any

from ostiary.firmware.door.alone import GRANTED, Alone
from ostiary.protocol import packs
from ostiary.protocol.errors import Refused
from tests.unit.test_door_alone import HOUR_MS, KEY, MODEL, NOW, content

NAME = "pack-bytes"
NUMBERS = [b"0", b"-1", b"1e999", b"4294967295", b"99999999999999999", b"null", b"true", b'""', b"[]", b"{}"]


@cache
def whole() -> tuple[bytes, ...]:
    return content(), content(face="verify"), content(face="off", card=False)


def make(rng: random.Random) -> bytes:
    data = bytearray(rng.choice(whole()))
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(data)) if data else 0
        match rng.randrange(6):
            case 0 if data:
                data[at] = rng.randrange(256)
            case 1:
                del data[at : at + rng.randint(1, 60)]
            case 2:
                data[at:at] = rng.randbytes(rng.randint(1, 30))
            case 3:  # a number in the header
                found = [n for n in range(len(data)) if data[n : n + 1].isdigit() and n < 900]
                if found:
                    at = rng.choice(found)
                    data[at : at + 1] = rng.choice(NUMBERS)
            case 4:
                data[at : at + 4] = rng.choice([b"\xff" * 4, bytes(4), b"\0\0\0\1"])
            case _:
                del data[at:]
    return bytes(data)


def judge(data: bytes) -> None:
    try:
        pack = packs.read(data)
    except Refused:
        return
    header = pack.header
    alone = Alone(pack, KEY, lambda gallery, probe: [0.55] * len(gallery.persons), lambda text: text)
    for after in (-1, 0, HOUR_MS, 100 * HOUR_MS):
        for facts in _visits():
            verdict = alone.decide(facts, NOW + after, "set")
            if verdict.code == GRANTED:
                assert header["made_ms"] <= NOW + after < header["made_ms"] + header["age_limit_ms"]
                assert header["from_ms"] <= NOW + after < header["until_ms"]
                assert 1_000 <= verdict.pulse_ms <= 60_000
                assert verdict.subject
            else:
                assert (verdict.pulse_ms, verdict.held_ms) == (0, 0)


def _visits() -> list[dict[str, Any]]:
    probe = {"model": MODEL}
    return [
        {"credential": "card", "claim": {"kind": "card", "value": "c-2"}},
        {"credential": "pass", "claim": {"kind": "pass", "value": "guest"}},
        {"credential": "face", "probe": probe},
        {"credential": "face", "probe": probe, "claim": {"kind": "card", "value": "c-3"}},
        {"credential": "face", "no_probe": "face-missing"},
    ]
