"""An answer that costs the keeper something is asked once for all who look within a little while."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any


class Kept:
    """Answers by a key, each for `for_s` seconds; a second asker waits for the first one's. `clock` only rises."""

    def __init__(self, for_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._for_s, self._clock = for_s, clock
        self._held: dict[Any, tuple[float, dict[str, Any]]] = {}
        self._turn = asyncio.Lock()

    async def get(self, key: Any, make: Callable[[], Awaitable[dict[str, Any]]]) -> dict[str, Any]:
        """The answer for `key`, made now or a little while ago. Raises what `make` raises, and keeps nothing then."""
        async with self._turn:
            held = self._held.get(key)
            if held is None or self._clock() - held[0] > self._for_s:
                held = self._held[key] = (self._clock(), await make())
            return held[1]
