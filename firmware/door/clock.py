"""Clock confidence: what the host's wall clock says, whether it can be believed, and that somebody set it."""

from ostiary.protocol import codes

TYPE_CHECKING = False  # MicroPython has no `typing` to import it from.
if TYPE_CHECKING:
    from typing import Any

# Less than this is a clock being steered by its time service, not one being set.
STEP_MS = 10_000


class Clock:
    """Unix time = `offset_ms` + monotonic ms. Nothing is decided by it but what a pack's intervals say."""

    def __init__(self) -> None:
        self.offset_ms = 0
        self.confidence = "unset"
        self._told = False

    def tell(self, offset_ms: int, confidence: str) -> "list[tuple[str, str]]":
        """The host's clock, told as often as the host likes; returns (kind, detail) where it was set meanwhile."""
        first, self._told = not self._told, True
        moved_ms, before = offset_ms - self.offset_ms, self.confidence
        self.offset_ms, self.confidence = offset_ms, confidence
        if first or (before == confidence and -STEP_MS < moved_ms < STEP_MS):
            return []
        return [(codes.CLOCK_SET, f"by {moved_ms} ms, from {before} to {confidence}")]

    def at(self, now_ms: int) -> "dict[str, Any]":
        """The `at` of a message that is made at monotonic `now_ms`."""
        return {"ms": self.unix_ms(now_ms), "clock": self.confidence}

    def unix_ms(self, now_ms: int) -> int:
        """Unix milliseconds at monotonic `now_ms`, as far as the clock knows; never below 0."""
        return max(0, self.offset_ms + now_ms)
