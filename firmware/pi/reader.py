"""What a reader's two wires and its keys say, made into attempts in a thread of its own; whose wires they are is told
by whoever stamps the edges."""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Callable
from typing import Any

from ostiary.firmware.door.keypad import Entry
from ostiary.firmware.door.wiegand import Wiegand

KEYS = frozenset("0123456789*#")


class Reader:
    """Hands each attempt's facts to `attempt`. `log` gets reasons and counts, never what was presented or typed.
    `now_us` is the clock by which edges are stamped, monotonic microseconds."""

    def __init__(
        self,
        attempt: Callable[[dict[str, Any]], None],
        log: Callable[[str], None],
        now_us: Callable[[], int],
    ) -> None:
        self._attempt = attempt
        self._log = log
        self._now_us = now_us
        self._refusals: dict[str, int] = {}
        self._wires = Wiegand()
        self._entry = Entry()
        self._came: queue.SimpleQueue[tuple[int | str, int] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="reader", daemon=True)

    def want_pin(self, wanted: bool) -> None:
        """Whether the next card waits for its PIN; from any thread."""
        self._entry.wants_pin = wanted

    def start(self) -> None:
        """Begin to listen."""
        self._thread.start()

    def edge(self, line: int, at_us: int) -> None:
        """D0 (`line` 0) or D1 (1) fell; from any thread, in order."""
        self._came.put((line, at_us))

    def key(self, key: str, at_us: int) -> None:
        """A key was typed: a digit, `*` or `#`; from any thread, in order. Anything else is no key."""
        if key in KEYS:
            self._came.put((key, at_us))

    def close(self) -> None:
        """Listen no more."""
        self._came.put(None)
        if self._thread.ident is not None:
            self._thread.join()

    def _run(self) -> None:
        while (came := self._next()) is not None:
            what, at_us = came
            if isinstance(what, int):
                read = self._wires.edge(what, at_us)
            else:
                read = [*self._wires.tick(at_us), *([("key", what)] if what else [])]
            self._follow(read, at_us // 1000)

    def _next(self) -> tuple[int | str, int] | None:
        with contextlib.suppress(queue.Empty):
            return self._came.get(timeout=self._wait_s())
        # Looked at after the clock: what was stamped before now must not be taken for silence.
        now_us = self._now_us()
        with contextlib.suppress(queue.Empty):
            return self._came.get_nowait()
        return "", now_us

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

    def _wait_s(self) -> float | None:
        due_us, due_ms = self._wires.due_us(), self._entry.due_ms()
        dues = [due for due in (due_us, None if due_ms is None else due_ms * 1000) if due is not None]
        return max(0, min(dues) - self._now_us()) / 1_000_000 + 0.0005 if dues else None
