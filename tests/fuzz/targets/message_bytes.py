"""Messages that were good once, decoded as their own kind or another: one that encodes again, or `Refused`."""

import json
import random
from pathlib import Path

from ostiary.protocol import codes, messages, plain_json, strict_json
from ostiary.protocol.errors import Refused
from tests.fuzz.mutating import mutated

NAME = "message-bytes"
VECTORS = Path(__file__).parents[2] / "contract" / "vectors" / "ostiary-sealed.json"
CASES = [case for case in json.loads(VECTORS.read_text())["cases"] if case["plaintext"].startswith("{")]
GOOD = [case["plaintext"].encode() for case in CASES]
KINDS = sorted(messages.KINDS)


def make(rng: random.Random) -> bytes:
    """The kind, a newline, and what shall be one."""
    case = rng.choice(CASES)
    kind = case["typ"] if rng.random() < 0.8 else rng.choice(KINDS)
    return kind.encode() + b"\n" + mutated(rng, case["plaintext"].encode(), GOOD)


def judge(data: bytes) -> None:
    kind, _, written = data.partition(b"\n")
    verdicts: list[object] = []
    for loads in (strict_json.loads, plain_json.loads):
        try:
            verdicts.append(repr(loads(written)))
        except Refused as refused:
            verdicts.append(refused.code)
    assert verdicts[0] == verdicts[1], "the quick and the plain parser disagree"
    try:
        message = messages.decode(kind.decode(), written)
    except Refused as refused:
        assert refused.code in (codes.MALFORMED, codes.VERSION, codes.OVERSIZED)
        assert len(refused.detail) < 600  # bounds and words of ours; never what the sender wrote
        return
    again = messages.encode(kind.decode(), message)
    assert messages.decode(kind.decode(), again) == message
    assert messages.encode(kind.decode(), messages.decode(kind.decode(), again)) == again
