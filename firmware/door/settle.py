"""One wire made quiet: its level counts once it has stood still, and a wire that never does counts as open.

A switch bounces for milliseconds, a loose one for as long as somebody leans on it. Neither may fill the journal, and
neither may hide an open door.
"""

SETTLE_MS = 30
UNSURE_MS = 1_000


class Settle:
    """A switch. `closed` is what was said last, None before the first. Times are monotonic ms."""

    def __init__(self, settle_ms: int = SETTLE_MS, unsure_ms: int = UNSURE_MS) -> None:
        self.closed: bool | None = None
        self._settle_ms = settle_ms
        self._unsure_ms = unsure_ms
        self._reads: bool | None = None
        self._changed_ms = 0
        self._quiet_ms = 0
        self._restless = False

    def edge(self, closed: bool, now_ms: int) -> bool | None:
        """The wire reads closed or not. Returns the level to tell, where there is one: see `tick`."""
        told = self.tick(now_ms)
        if closed == self._reads:
            return told
        if not self._restless:
            self._restless = True
            self._quiet_ms = now_ms
        self._reads = closed
        self._changed_ms = now_ms
        return told

    def tick(self, now_ms: int) -> bool | None:
        """The level that counts from now on, closed or not, where it is another than before; else None."""
        if not self._restless:
            return None
        if now_ms - self._changed_ms >= self._settle_ms:
            self._restless = False
            return self._say(self._reads is True)
        if now_ms - self._quiet_ms >= self._unsure_ms:
            return self._say(False)
        return None

    def due_ms(self) -> int | None:
        """When a tick is wanted, while the wire moves."""
        if not self._restless:
            return None
        settled_ms = self._changed_ms + self._settle_ms
        unsure_ms = self._quiet_ms + self._unsure_ms
        return settled_ms if self.closed is False else min(settled_ms, unsure_ms)

    def _say(self, closed: bool) -> bool | None:
        if closed == self.closed:
            return None
        self.closed = closed
        return closed
