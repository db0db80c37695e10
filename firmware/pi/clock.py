"""The node's two clocks: a monotonic one that decides everything, and a wall clock that is only ever told.

How long the second lives without power is on the checklist (clock).
"""

from __future__ import annotations

import time

# Earlier than this software: a machine that says so has not learnt the time since it started.
NOT_BEFORE_MS = 1_767_225_600_000  # 2026-01-01
NOT_AFTER_MS = 4_070_908_800_000  # 2099-01-01


def now_ms() -> int:
    """Monotonic milliseconds; comparable within one boot of the machine, between its processes too."""
    return time.monotonic_ns() // 1_000_000


def stopwatch() -> float:
    """Milliseconds, as exact as the machine has them, for measuring."""
    return time.perf_counter() * 1000


def wall() -> tuple[int, str]:
    """`(offset_ms, confidence)`: Unix time is offset_ms + now_ms(); confidence is "set" or "unset"."""
    unix_ms = time.time_ns() // 1_000_000
    return unix_ms - now_ms(), "set" if NOT_BEFORE_MS <= unix_ms < NOT_AFTER_MS else "unset"
