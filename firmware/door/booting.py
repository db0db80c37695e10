"""The start of a boot: what the last one left open is closed, and whether this one turns out good."""

from ostiary.firmware.door.deeds import Deeds
from ostiary.protocol import codes

# A start is bad until it has run for so long, or until its keeper has answered.
GOOD_AFTER_MS = 120_000


class Booting:
    """One boot. `open_receipts`: grants that moved the strike in an earlier one and have no outcome."""

    def __init__(self, deeds: Deeds, open_receipts: "list[str]", safe_mode: bool) -> None:
        self._deeds = deeds
        self._open = list(open_receipts)
        self._safe_mode = safe_mode
        self._good_at_ms: int | None = None

    def start(self) -> None:
        """The first event."""
        self._deeds.strike(0)
        self._good_at_ms = self._deeds.now_ms + GOOD_AFTER_MS
        self._deeds.note(codes.BOOT)
        if self._safe_mode:
            self._deeds.note(codes.SAFE_MODE, "", "too many starts in a row went wrong")
        for receipt in self._open:
            self._deeds.note(codes.UNUSED, receipt, "the node stopped before the door was seen to open")
        self._open = []

    def good(self) -> None:
        """This boot works."""
        if self._good_at_ms is not None:
            self._good_at_ms = None
            self._deeds.do("boot-good")

    def tick(self) -> None:
        """Running for a while is good enough."""
        if self._good_at_ms is not None and self._deeds.now_ms >= self._good_at_ms:
            self.good()

    def dues(self) -> "list[int | None]":
        """When `tick` is wanted."""
        return [self._good_at_ms]
