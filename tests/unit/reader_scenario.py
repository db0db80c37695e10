"""Plays readers' scripts from standard input, on CPython or MicroPython, and prints what came of each step."""

import json
import sys

from ostiary.firmware.door.keypad import Entry
from ostiary.firmware.door.wiegand import Wiegand


def wires(steps):
    """Each step is [after_us, line], line 2 for nothing but time."""
    reader, now_us, played = Wiegand(), 0, []
    for after_us, line in steps:
        now_us += after_us
        played.append([reader.tick(now_us) if line == 2 else reader.edge(line, now_us), reader.due_us()])
    return played


def entry(wants_pin, steps):
    """Each step is [after_ms, word, value]."""
    entry, now_ms, played = Entry(wants_pin), 0, []
    for after_ms, word, value in steps:
        now_ms += after_ms
        if word == "key":
            came = entry.key(value, now_ms)
        elif word == "tick":
            came = entry.tick(now_ms)
        else:
            came = entry.claim(word, value, now_ms)
        played.append([came, entry.due_ms(), entry.begun])
    return played


for line in sys.stdin:
    script = json.loads(line)
    if script[0] == "wires":
        print(json.dumps(wires(script[1])))
    else:
        print(json.dumps(entry(script[1], script[2])))
