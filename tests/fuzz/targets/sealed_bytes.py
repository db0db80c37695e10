"""Sealed messages that were good once: nothing but the very bytes opens, and anything else is `Refused`."""

import json
import random
from pathlib import Path

from ostiary.protocol import base64url, codes, seal
from ostiary.protocol.errors import Refused
from tests.fuzz.mutating import mutated

NAME = "sealed-bytes"
VECTORS = Path(__file__).parents[2] / "contract" / "vectors" / "ostiary-sealed.json"
CASES = json.loads(VECTORS.read_text())["cases"]
GOOD = {case["sealed"].encode(): case for case in CASES}
HEADERS = [
    {},
    {"alg": "none"},
    {"alg": "dir", "enc": "A256GCM", "kid": "front-1", "typ": "ask"},
    {"alg": "dir", "enc": "A128CBC-HS256", "kid": "front-2", "typ": "ask"},
    {"alg": "dir", "enc": "A128CBC-HS256", "kid": "front-1", "typ": "ask", "zip": "DEF"},
    {"alg": "dir", "enc": "A128CBC-HS256", "kid": ["front-1"], "typ": {"a": 1}},
]


def make(rng: random.Random) -> bytes:
    good = rng.choice(list(GOOD))
    if rng.random() < 0.3:
        header = json.dumps(rng.choice(HEADERS), separators=(",", ":")).encode()
        if rng.random() < 0.5:
            header = mutated(rng, header, [base64url.decode(good.split(b".")[0].decode())])
        good = b".".join([base64url.encode(header).encode(), *good.split(b".")[1:]])
    return mutated(rng, good, list(GOOD)) if rng.random() < 0.9 else good


def judge(data: bytes) -> None:
    for case in CASES:
        try:
            opened = seal.unseal(bytes.fromhex(case["key"]), case["kid"], case["typ"], data)
        except Refused as refused:
            assert refused.code in codes.REFUSALS
            assert len(refused.detail) < 300
            continue
        assert data in GOOD, "what nobody sealed was opened"
        assert opened == GOOD[data]["plaintext"].encode()
