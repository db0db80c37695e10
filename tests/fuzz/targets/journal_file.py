"""Journals that were whole once, damaged or forged with right checksums: a door starts on each, all the same."""

import binascii
import json
import random
from typing import Any

from ostiary.firmware.door import journal
from ostiary.firmware.door.door import Door
from ostiary.protocol import codes

NAME = "journal-file"
ODD: list[Any] = [None, -1, 0, 1, 2**53, 10**30, 1.5, True, "", "x" * 300, [], {}, [[]], "é", {"term": []}]


def make(rng: random.Random) -> bytes:
    recovered = journal.Recovered()
    lines = [journal.head(recovered)]
    for seq in range(1, rng.randrange(2, 30)):
        entry: dict[str, Any] = {
            "v": 1, "boot": 1 + seq // 9, "seq": seq, "at": {"ms": rng.randrange(2**40), "clock": "set"},
            "kind": rng.choice([kind for kind in codes.EVENTS if kind != codes.DECIDED]),
        }  # fmt: skip
        if rng.random() < 0.5:
            entry["receipt"] = f"{rng.randrange(4):016d}"
        recovered.follow(entry)
        lines.append(journal.line(entry))
        if rng.random() < 0.2:
            recovered.acknowledge(rng.randrange(seq + 1))
            lines.append(journal.head(recovered))
    for _ in range(rng.randrange(4)):
        _damage(rng, lines)
    data = bytearray(b"".join(lines))
    for _ in range(rng.choice([0, 0, 1, 3, 20])):
        if data:
            data[rng.randrange(len(data))] = rng.randrange(256)
    return bytes(data[: rng.randrange(len(data) + 1)] if rng.random() < 0.5 else data)


def _damage(rng: random.Random, lines: list[bytes]) -> None:
    at = rng.randrange(len(lines))
    match rng.randrange(3):
        case 0:
            lines.insert(at, lines[at])
        case 1:
            del lines[at]
            lines.append(b"")
        case _:
            fields = json.loads(lines[at][9:] or b"[]") or ["e"]
            fields[rng.randrange(len(fields))] = rng.choice(ODD)
            body = json.dumps(fields, separators=(",", ":")).encode()
            lines[at] = f"{binascii.crc32(body):08x} ".encode() + body + b"\n"


def judge(data: bytes) -> None:
    recovered = journal.recover(data)
    numbers = [entry["seq"] for entry in recovered.entries]
    assert numbers == list(range(recovered.upto + 1, recovered.last_seq + 1)), "a gap, or a number twice"
    again = journal.recover(journal.compacted(recovered))
    assert again.clean, "what was mended is whole"
    for name in ("entries", "upto", "last_seq", "term", "desired"):
        assert getattr(again, name) == getattr(recovered, name), name
    # A forged entry may say more than the head that follows it; what the head says is never forgotten.
    assert set(again.closed) >= set(recovered.closed)
    assert {*again.open, *again.closed} >= set(recovered.open)
    door = Door("front", recovered.last_boot + 1, recovered)
    effects = [*door.handle(("start",), 0), *door.handle(("contact", True), 1), *door.handle(("rex", True), 2)]
    assert not [effect for effect in effects if effect[0] == "strike" and effect[1]], "nothing in a file moves a strike"
    noted = [effect[1]["seq"] for effect in effects if effect[0] == "journal"]
    assert noted == list(range(recovered.last_seq + 1, recovered.last_seq + 1 + len(noted)))
