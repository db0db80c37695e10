"""Journals that were good once, and lines with a right checksum that no door wrote: recovered, without a gap."""

import json
import random

from ostiary.firmware.door import journal
from ostiary.firmware.door.framing import framed
from tests.fuzz.mutating import mutated

NAME = "journal-lines"
AT = {"ms": 1_800_000_000_000, "clock": "set"}
DECISION = {"verdict": "grant", "credential": "card", "way": "card", "pack": 7, "code": "granted"}
DESIRED = {"v": 1, "term": 3, "number": 9, "lockdown": True, "face": True, "offline": "deny"}
KINDS = ("boot", "strike-on", "opened", "acted", "decided")
ODD = (None, True, -1, 0, 1, 2**40, 1.5, "", "x", [], {}, [[]], [["term"]], [["term", 1]], [[1, 2]], [None])


def whole() -> bytes:
    """A journal as a door writes it."""
    kept = journal.Recovered()
    kept.term, kept.desired = 3, DESIRED
    data = journal.head(kept)
    for number, kind in enumerate(KINDS, 1):
        entry = {"v": 1, "boot": 2, "seq": number, "at": AT, "kind": kind, "receipt": "0" * 16}
        data += journal.line(entry | ({"decision": DECISION} if kind == "decided" else {}))
    return data


GOOD = whole()
LINES = [json.loads(line[9:]) for line in GOOD.splitlines()]


def make(rng: random.Random) -> bytes:
    if rng.random() < 0.3:
        return mutated(rng, GOOD, [GOOD])
    data = b""
    for _ in range(rng.randint(1, 6)):
        fields = list(rng.choice(LINES))
        for _ in range(rng.randint(0, 3)):
            fields[rng.randrange(len(fields))] = rng.choice(ODD)
        if rng.random() < 0.2:
            fields = fields[: rng.randrange(len(fields) + 1)]
        data += framed(fields)
    return data


def judge(data: bytes) -> None:
    recovered = journal.recover(data)
    seqs = [entry["seq"] for entry in recovered.entries]
    assert seqs == list(range(recovered.last_seq - len(seqs) + 1, recovered.last_seq + 1)), "a gap"
    assert len(seqs) <= journal.MOST_FILLED + len(data)
    assert type(recovered.term) is int
    # Which grants are open is not asked: a forged head may say anything about them.
    again = journal.recover(journal.compacted(recovered))
    found = (again.entries, again.last_seq, again.term, again.desired)
    assert found == (recovered.entries, recovered.last_seq, recovered.term, recovered.desired)
