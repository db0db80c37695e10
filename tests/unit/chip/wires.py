"""Run by MicroPython: the chip's wires, on pins of `machine.py` beside it. Ends with "well", or with a traceback."""

import asyncio
import time

import machine

from ostiary.firmware.door import wiegand
from ostiary.firmware.esp32 import wires_chip
from ostiary.firmware.esp32.wires_chip import Chip

WIRES = {
    "strike": {"pin": 27, "active": "high"},
    "contact": {"pin": 32, "active": "low", "pull": "up"},
    "rex": {"pin": 33, "active": "low", "pull": "up"},
    "fire": {"pin": 25, "active": "low", "pull": "up"},
    "led": {"pin": 18, "active": "high"},
    "buzzer": {"pin": 19, "active": "low"},
    "wiegand-d0": {"pin": 21, "active": "low", "pull": "up"},
    "wiegand-d1": {"pin": 22, "active": "low", "pull": "up"},
}
clock = [0]
levels, brought, dropped, lines = [], [], [], []


async def let(ms):
    """So much time for the loop; the node's clock goes with it."""
    for _ in range(ms // 10):
        clock[0] += 10
        await asyncio.sleep_ms(0)
        await asyncio.sleep_ms(1)


def show_card(card, bits=None):
    for bit in bits or wiegand.encode(card):
        machine.PINS[22 if bit else 21].fall()
        time.sleep_us(300)


async def main():
    wires_chip.LOOK_MS = 1
    chip = Chip(WIRES, ("reader", "strike"), lambda: clock[0], lines.append)
    strike = machine.PINS[27]
    assert strike.levels == [0], "off before anything else"
    running = asyncio.create_task(
        chip.run(lambda *told: levels.append(told), lambda f, r: brought.append(f), lambda: dropped.append(1))
    )
    await let(100)
    # Open switches: a cut wire is an open door and a fire, never a REX.
    assert sorted(levels) == [("contact", True), ("fire", True), ("rex", False)], levels
    levels.clear()
    machine.PINS[32].level = machine.PINS[25].level = 0
    await let(100)
    assert sorted(levels) == [("contact", False), ("fire", False)], levels
    levels.clear()
    for _ in range(6):  # it bounces
        machine.PINS[33].level ^= 1
        await let(10)
    machine.PINS[33].level = 0
    await let(100)
    assert levels == [("rex", True)], levels

    assert chip.pulse(5_000)
    assert (strike.level, machine.TIMERS[0].period) == (1, 5_000)
    assert chip.pulse(1_000), "a second pulse has an edge of its own"
    assert strike.levels == [0, 1, 0, 1]
    machine.TIMERS[0].run_out()
    assert strike.level == 0
    await let(20)
    assert dropped == [1]
    machine.TIMERS[0].callback(None)  # one that comes late moves nothing
    assert strike.levels == [0, 1, 0, 1, 0]
    assert chip.pulse(0) and machine.TIMERS[0].period is None

    show_card("26-12-3456")
    await asyncio.sleep_ms(40)
    await let(50)
    assert [facts["claim"]["value"] for facts in brought] == ["26-12-3456"], (brought, lines)
    bits = list(wiegand.encode("26-12-3456"))
    bits[3] ^= 1
    show_card("", bits)
    await asyncio.sleep_ms(40)
    await let(50)
    assert len(brought) == 1 and lines[-1] == "the reader: parity", lines
    for _ in range(600):  # a wire that rattles
        machine.PINS[21].fall()
    await asyncio.sleep_ms(40)
    await let(50)
    assert len(brought) == 1

    chip.tell("no")
    await let(20)
    assert (machine.PINS[18].level, machine.PINS[19].level) == (1, 0)
    chip.tell("idle")
    await let(20)
    assert (machine.PINS[18].level, machine.PINS[19].level) == (0, 1)
    chip.feed()
    assert machine.FED == [1]
    running.cancel()
    reader = Chip({name: WIRES[name] for name in WIRES if name != "strike"}, ("reader",), lambda: 0, lines.append)
    assert reader.pulse(0) and not reader.pulse(1_000), "a reader moves no strike"


asyncio.run(main())
print("well")
