"""The board's two clocks: a monotonic one that decides everything, and a wall clock that is only ever told."""

import time

# Earlier than this software: a board that says so has not learnt the time since it started.
NOT_BEFORE_MS = 1_767_225_600_000  # 2026-01-01
NOT_AFTER_MS = 4_070_908_800_000  # 2099-01-01
_EPOCH_MS = 0 if time.gmtime(0)[0] == 1970 else 946_684_800_000  # an ESP32 counts from 2000
_TURN = 1 << 30  # where `ticks_ms` begins anew; a difference is good to half of it, six days


class Monotonic:
    """Milliseconds since the start that never turn back; asked at least once a day."""

    def __init__(self) -> None:
        self._last = time.ticks_ms()
        self._now_ms = 0

    def now_ms(self) -> int:
        """Monotonic milliseconds, from 0."""
        ticks = time.ticks_ms()
        self._now_ms += time.ticks_diff(ticks, self._last) % _TURN
        self._last = ticks
        return self._now_ms


def wall(now_ms: int) -> "tuple[int, str]":
    """`(offset_ms, confidence)`: Unix time is offset_ms + now_ms; confidence is "set" or "unset"."""
    unix_ms = time.time_ns() // 1_000_000 + _EPOCH_MS
    return unix_ms - now_ms, "set" if NOT_BEFORE_MS <= unix_ms < NOT_AFTER_MS else "unset"
