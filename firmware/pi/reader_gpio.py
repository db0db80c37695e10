"""A Wiegand reader with or without keys on two pins: what it sends becomes attempts. Levels are on the checklist:
most readers drive 5 V, and a Pi's pins take 3.3 V."""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Callable, Mapping
from typing import Any

from ostiary.firmware.door.keypad import Entry
from ostiary.firmware.door.wiegand import Wiegand
from ostiary.hardware.profile import Wire

LINES = ("wiegand-d0", "wiegand-d1")


class GpioReader:
    """Hands each attempt's facts to `attempt`, from a thread of its own. `log` gets reasons and counts, never what was
    presented or typed."""

    def __init__(
        self,
        wires: Mapping[str, Wire],
        attempt: Callable[[dict[str, Any]], None],
        log: Callable[[str], None],
        factory: Any = None,
    ) -> None:
        """Take the two pins. Raises what gpiozero raises where they cannot be had."""
        from gpiozero import Device

        self._attempt = attempt
        self._log = log
        self._refusals: dict[str, int] = {}
        self._wires = Wiegand()
        self._entry = Entry()
        self._edges: queue.SimpleQueue[tuple[int, int] | None] = queue.SimpleQueue()
        if factory is None:
            Device.ensure_pin_factory()
            factory = Device.pin_factory
        self._factory: Any = factory
        self._pins = [self._factory.pin(wires[name].pin) for name in LINES]
        # The factory stamps each edge when it happened; a callback through a Button would lose that. gpiozero keeps
        # these functions by weak reference only.
        self._heard = [self._hear(line) for line in range(len(LINES))]
        for pin, heard in zip(self._pins, self._heard, strict=True):
            pin.input_with_pull("up")
            pin.edges = "falling"
            pin.when_changed = heard
        self._thread = threading.Thread(target=self._run, name="reader", daemon=True)

    def start(self) -> None:
        """Begin to listen."""
        self._thread.start()

    def close(self) -> None:
        """Let go of the pins."""
        for pin in self._pins:
            pin.when_changed = None
            pin.close()
        self._edges.put(None)
        if self._thread.ident is not None:
            self._thread.join()

    def _hear(self, line: int) -> Callable[[float, int], None]:
        return lambda ticks, state: self._edges.put((line, int(ticks * 1_000_000)))

    def _run(self) -> None:
        while True:
            edge = self._next()
            if edge is None:
                return
            line, now_us = edge
            came = self._wires.tick(now_us) if line < 0 else self._wires.edge(line, now_us)
            self._follow(came, now_us // 1000)

    def _next(self) -> tuple[int, int] | None:
        with contextlib.suppress(queue.Empty):
            return self._edges.get(timeout=self._wait_s())
        # Looked at after the clock: what was stamped before now must not be taken for silence.
        now_us = self._now_us()
        with contextlib.suppress(queue.Empty):
            return self._edges.get_nowait()
        return -1, now_us

    def _follow(self, came: list[tuple[str, str]], now_ms: int) -> None:
        done: list[tuple[str, Any]] = list(self._entry.tick(now_ms))
        for kind, value in came:
            if kind == "key":
                done += self._entry.key(value, now_ms)
            elif kind == "card":
                done += self._entry.claim("card", value, now_ms)
            else:
                done.append((kind, value))
        for kind, told in done:
            if kind == "attempt":
                self._attempt(told)
            else:
                self._refused(told)

    def _refused(self, why: str) -> None:
        count = self._refusals[why] = self._refusals.get(why, 0) + 1
        # A wire that rattles must not fill the disk: told at 1, 2, 4, 8, …
        if count & (count - 1) == 0:
            self._log(f"the reader's entry was refused ({count} times): {why}")

    def _now_us(self) -> int:
        return int(self._factory.ticks() * 1_000_000)

    def _wait_s(self) -> float | None:
        due_us, due_ms = self._wires.due_us(), self._entry.due_ms()
        dues = [due for due in (due_us, None if due_ms is None else due_ms * 1000) if due is not None]
        return max(0, min(dues) - self._now_us()) / 1_000_000 + 0.0005 if dues else None
