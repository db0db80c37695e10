"""Passes that were good once, and signed payloads that never were: a pass within its bounds, or `Refused`."""

import random

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ostiary.protocol import codes, parts, passes, topics
from ostiary.protocol.errors import Refused
from tests.fuzz.mutating import mutated

NAME = "pass-text"
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = KEY.public_key()
PAYLOADS = [
    passes.payload("northside", bytes(range(16)), ["front"], 1_800_000_000, 1_800_086_400),
    passes.payload("n" * 40, bytes(16), ["a", "b", "c", "d", "e", "f", "g", "h"], 0, passes.LATEST_S),
]
GOOD = {passes.text(data, KEY.sign(passes.signed(data))) for data in PAYLOADS}


def make(rng: random.Random) -> bytes:
    data = rng.choice(PAYLOADS)
    if rng.random() < 0.5:  # a thief of the key may sign anything
        data = mutated(rng, data, PAYLOADS)[:230]
        return passes.text(data, KEY.sign(passes.signed(data))).encode()
    said = passes.text(data, KEY.sign(passes.signed(data))).encode()
    return mutated(rng, said, [good.encode() for good in sorted(GOOD)])


def judge(data: bytes) -> None:
    signed: list[bytes] = []

    def verify(message: bytes, signature: bytes) -> bool:
        try:
            PUBLIC.verify(signature, message)
        except InvalidSignature:
            return False
        signed.append(message)
        return True

    try:
        read = passes.read(data.decode("utf-8", errors="replace"), verify)
    except Refused as refused:
        assert refused.code in (codes.MALFORMED, codes.OVERSIZED, codes.VERSION, codes.UNAUTHENTIC)
        return
    assert signed, "a pass was read that nobody signed"
    assert len(data) <= parts.LONGEST_PASS
    assert topics.is_name(read.site)
    assert 0 < len(read.doors) == len(set(read.doors)) <= passes.MOST_DOORS
    assert all(topics.is_name(door) for door in read.doors)
    assert 0 <= read.from_s < read.until_s <= passes.LATEST_S
