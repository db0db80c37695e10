"""Virtual time: what is to happen when, in order; a thousand hours pass as quickly as what happens in them."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable


class Clockwork:
    """One world's time, in milliseconds from its beginning. What is due at the same moment happens in its order."""

    def __init__(self, now_ms: int = 1_000_000) -> None:
        self.now_ms = now_ms
        self._due: list[tuple[int, int, Callable[[], None]]] = []
        self._order = itertools.count()

    def after(self, ms: int, call: Callable[[], None]) -> None:
        """Let this happen so much later."""
        heapq.heappush(self._due, (self.now_ms + max(0, ms), next(self._order), call))

    def next_ms(self) -> int | None:
        """When the next thing is due."""
        return self._due[0][0] if self._due else None

    def run(self, until_ms: int) -> None:
        """Let time pass until then, with everything that is due."""
        while self._due and self._due[0][0] <= until_ms:
            at_ms, _, call = heapq.heappop(self._due)
            self.now_ms = max(self.now_ms, at_ms)
            call()
        self.now_ms = max(self.now_ms, until_ms)
