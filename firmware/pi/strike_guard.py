"""The strike's guard: a process of its own that alone drives the strike, and drops it whatever becomes of the node.

    python -m ostiary.firmware.pi.strike_guard --pins board:SOCKET | gpio:NUMBER

Its orders are lines on standard input, "on <pulse_ms> [<before_ms>]" and "off"; an order that was read after the
monotonic moment `before_ms` moves nothing: a guard that hung must not carry out what has long been history. Off is the
state at the start, at the end of a pulse by this process's own monotonic clock, at an order that it does not know, at
the end of input (the node is gone), and at its own end. A pulse outside 1000..30000 ms is refused and moves nothing. On
standard output it says READY, then "on", "off" and "refused …" as they happen. A guard that is itself killed leaves the
pin as it is: the next one's start drops it, and on real hardware the one-shot on the strike line has done so before,
which is on the checklist (one-shot, reset-level).
"""

from __future__ import annotations

import argparse
import os
import select
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ostiary.firmware.pi.hardware import StrikePin

MIN_PULSE_MS = 1_000
MAX_PULSE_MS = 30_000
LONGEST_LINE = 64


class Guard:
    """Orders in, levels out. `say` reports; times are monotonic milliseconds."""

    def __init__(self, strike: StrikePin, say: Callable[[str], None]) -> None:
        self._strike = strike
        self._say = say
        self.off_at_ms: int | None = None
        strike.off()

    def order(self, line: bytes, now_ms: int) -> None:
        """Carry out one line."""
        words = line.split()
        if words[:1] == [b"on"] and len(words) in (2, 3) and all(map(_is_number, words[1:])):
            if len(words) == 3 and now_ms > int(words[2]):
                self._say(f"refused a pulse that was ordered until {now_ms - int(words[2])} ms ago")
                return
            self._pulse(int(words[1]), now_ms)
        elif words == [b"off"]:
            self.drop()
        else:
            self._say("refused an unknown order")
            self.drop()

    def tick(self, now_ms: int) -> None:
        """Drop the strike when its pulse is over."""
        if self.off_at_ms is not None and now_ms >= self.off_at_ms:
            self.drop()

    def drop(self) -> None:
        """Switch off, whatever the state was thought to be."""
        was_on, self.off_at_ms = self.off_at_ms is not None, None
        self._strike.off()
        if was_on:
            self._say("off")

    def _pulse(self, pulse_ms: int, now_ms: int) -> None:
        if not MIN_PULSE_MS <= pulse_ms <= MAX_PULSE_MS:
            self._say(f"refused a pulse of {pulse_ms} ms: it takes {MIN_PULSE_MS} to {MAX_PULSE_MS}")
            return
        if self.off_at_ms is not None:
            self.drop()  # each pulse has its own edge, and none lengthens another
        # Set before the pin moves: should that fail half-way, the deadline stands all the same.
        self.off_at_ms = now_ms + pulse_ms
        self._strike.on()
        self._say("on")


def _is_number(word: bytes) -> bool:
    return word.isdigit() and len(word) <= 15


def run(strike: StrikePin, orders: int, say: Callable[[str], None]) -> None:
    """Guard the strike until the pipe `orders` (a file descriptor) ends. The strike is off when this returns.

    Raises OSError when the hardware is gone.
    """
    guard = Guard(strike, say)
    try:
        say("READY")
        pending = b""
        while True:
            now_ms = _now_ms()
            guard.tick(now_ms)
            wait_s = None if guard.off_at_ms is None else max(0, guard.off_at_ms - now_ms) / 1000
            ready = select.select([orders, *strike.wires], [], [], wait_s)[0]
            if any(wire in ready for wire in strike.wires):
                raise OSError("the strike's hardware is gone")
            if not ready:
                continue
            read = os.read(orders, 4096)
            if not read:
                return
            *lines, pending = (pending + read).split(b"\n")
            if len(pending) > LONGEST_LINE:
                pending = b"?"
            for line in lines:
                guard.order(line, _now_ms())
    finally:
        guard.drop()


def open_pin(named: str) -> StrikePin:
    """The pin that `--pins` names. Raises ValueError for an unknown kind, OSError when it cannot be had."""
    kind, _, where = named.partition(":")
    # Only the adapter that is used is imported: the other one's library may be absent.
    if kind == "board" and where:
        from ostiary.firmware.virtual.pins import BoardStrike

        return BoardStrike(Path(where))
    if kind == "gpio" and where.isdigit():
        from ostiary.firmware.pi.pins_gpio import GpioStrike

        return GpioStrike(int(where))
    raise ValueError(f"{named!r} names no pin: use board:SOCKET or gpio:NUMBER")


def _now_ms() -> int:
    return time.monotonic_ns() // 1_000_000


class _Ended(Exception):
    """SIGTERM came."""


def _end(*_: object) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # a second one must not interrupt the drop
    raise _Ended


def main() -> int:
    """Exit status: 0 at the end of input or SIGTERM, 1 when the pin cannot be had or is lost."""
    parser = argparse.ArgumentParser(prog="strike_guard", description="Drives one strike and always drops it.")
    parser.add_argument("--pins", required=True, help="board:SOCKET or gpio:NUMBER")
    named = parser.parse_args().pins
    signal.signal(signal.SIGTERM, _end)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to the whole group; the node ends its guard itself
    try:
        strike = open_pin(named)
        try:
            run(strike, sys.stdin.fileno(), lambda said: print(said, flush=True))
        finally:
            strike.close()
    except _Ended:
        return 0
    except BrokenPipeError:
        return 0  # the node is gone: the strike was dropped on the way out
    except (OSError, ValueError) as mistake:
        print(f"strike guard: {mistake}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
