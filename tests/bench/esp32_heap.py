"""Run by MicroPython: how much heap each part of the ESP32 node takes, one line each, after a collection."""

import gc
import sys

sys.path.append(sys.argv[1])


def part(name: str, load) -> object:
    gc.collect()
    before = gc.mem_alloc()
    kept = load()
    gc.collect()
    print(name, gc.mem_alloc() - before)
    return kept


def contract() -> object:
    from ostiary.protocol import messages, passes, seal, topics

    return messages, passes, seal, topics


def mind() -> object:
    from ostiary.firmware.door.door import Door
    from ostiary.firmware.door.host import Host
    from ostiary.firmware.door.keypad import Entry
    from ostiary.firmware.door.wiegand import Wiegand

    return Door, Host, Entry, Wiegand


def line() -> object:
    from ostiary.firmware.door.envelope import Envelope
    from ostiary.firmware.esp32 import line, mqtt

    return Envelope, line, mqtt


def node() -> object:
    from ostiary.firmware.esp32 import counts, identity, journal_file

    return counts, identity, journal_file


def door() -> object:
    from ostiary.firmware.door import journal
    from ostiary.firmware.door.door import Door

    made = Door("front", 1, journal.recover(b""))
    made.handle(("start",), 0)
    return made


def keys() -> object:
    from ostiary.firmware.door.envelope import Envelope

    return Envelope("northside", "front-1", ("reader", "strike"), bytes(32), bytes, print)


kept = [
    part(name, load)
    for name, load in (
        ("contract", contract),
        ("mind", mind),
        ("line", line),
        ("files", node),
        ("a door", door),
        ("its keys", keys),
    )
]
gc.collect()
print("together", gc.mem_alloc())
