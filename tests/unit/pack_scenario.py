"""Reads packs and decides by them from standard input, on CPython or MicroPython, and prints what came of each."""

import json
import sys
from binascii import hexlify, unhexlify

from ostiary.firmware.door.alone import Alone
from ostiary.protocol import packs, slow_hash
from ostiary.protocol.errors import Refused


def match(gallery, probe):
    """Any number that is the same on both interpreters; what compares faces is tested where it is at home."""
    return [probe["cosines"][person % len(probe["cosines"])] for person in gallery.persons]


def play(case):
    if "seal" in case:
        key = packs.key(b"s" * 32, "northside", "front-1", "content")
        sealed = packs.seal_content(key, "front-1", case["version"], unhexlify(case["seal"]), bytes(16))
        opened = packs.open_content(key, "front-1", case["version"], sealed)
        return [str(hexlify(sealed), "ascii"), str(hexlify(opened), "ascii")]
    if "hash" in case:
        made = slow_hash.tag(b"k" * 32, case["kind"], case["hash"], b"\x05" * 16, case["rounds"])
        return str(hexlify(made), "ascii")
    try:
        alone = Alone(packs.read(unhexlify(case["content"])), b"k" * 32, match, lambda text: text)
    except Refused as refused:
        return refused.code
    said = []
    for facts, at_ms, clock in case["visits"]:
        found = alone.decide(facts, at_ms, clock)
        said.append([found.code, found.subject, found.pulse_ms, found.held_ms, found.pack_version, found.pack_age_ms])
    return said


for line in sys.stdin:
    print(json.dumps(play(json.loads(line))))
