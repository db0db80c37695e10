"""Plays scripts of door events from standard input, on CPython or MicroPython, and prints what the door did."""

import json
import sys

from ostiary.firmware.door import journal
from ostiary.firmware.door.door import Door


class Pack:
    """A pack that always says the same."""

    def __init__(self, version, verdict):
        self.version = self.pack_version = version
        self.verdict = verdict
        self.code = "granted" if verdict == "grant" else "expired"
        self.pulse_ms = 2_000 if verdict == "grant" else 0
        self.held_ms = 0
        self.subject = "eHh4eHh4eHh4eHh4"
        self.pack_age_ms = 5

    def age_ms(self, at_ms):
        return 5

    def decide(self, facts, at_ms, clock):
        return self


def play(script):
    """Each step is [after_ms, event]; a step ["restart"] cuts the power. Gives the effects of each, and the journal."""
    data = journal.head(journal.Recovered())
    boot, now_ms, played = 1, 0, []
    door = Door("front", boot, journal.recover(data))
    for step in script:
        if step == ["restart"]:
            boot += 1
            door = Door("front", boot, journal.recover(data))
            event = ("start",)
        else:
            now_ms += step[0]
            event = tuple(step[1])
            if event[0] == "attempt":
                event = ("attempt", event[1], bytes([event[2]] * 16))
            elif event[0] == "pack":
                event = ("pack", Pack(event[1], event[2]))
            elif event[0] == "nonce":
                event = ("nonce", bytes([event[1]] * 16))
        effects = door.handle(event, now_ms)
        for effect in effects:
            if effect[0] == "journal":
                data += journal.line(effect[1])
            elif effect[0] == "remember":
                kept = journal.recover(data)
                kept.term, kept.desired = effect[1], effect[2]
                data += journal.head(kept)
        played.append([effects, door.due_ms(), door.locked])
    torn = journal.recover(data[: len(data) * 2 // 3])
    return {
        "played": played,
        "journal": data.decode(),
        "torn": [torn.entries, torn.open, torn.last_seq, torn.term, torn.desired],
    }


for line in sys.stdin:
    print(json.dumps(play(json.loads(line))))
