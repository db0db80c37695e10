"""How often an outside system may report: a bucket of tokens for each name that is claimed, and one for all."""

import time
from collections import OrderedDict
from collections.abc import Callable

from ostiary.controller.web.problem import TooOften

PER_SOURCE = (10.0, 50.0)
"""Tokens a second, and the most that wait."""
TOGETHER = (50.0, 200.0)
MOST_NAMES = 200  # whoever makes names up must not fill the memory


class _Bucket:
    def __init__(self, bound: tuple[float, float], now_s: float) -> None:
        self._rate, self._most = bound
        self._tokens, self._at_s = self._most, now_s

    def take(self, now_s: float) -> bool:
        self._tokens = min(self._most, self._tokens + max(0.0, now_s - self._at_s) * self._rate)
        self._at_s = now_s
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True


class Often:
    """Counts reports by the name that they claim. `clock` gives seconds that only rise."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._all = _Bucket(TOGETHER, clock())
        self._named: OrderedDict[str, _Bucket] = OrderedDict()

    def take(self, source: str) -> None:
        """Count one report. Raises `TooOften` when this source, or all together, sent too many."""
        now_s = self._clock()
        name = source[:64]
        bucket = self._named.setdefault(name, _Bucket(PER_SOURCE, now_s))
        self._named.move_to_end(name)
        if len(self._named) > MOST_NAMES:
            self._named.popitem(last=False)
        if not bucket.take(now_s) or not self._all.take(now_s):
            raise TooOften(
                "The report was not taken.",
                f"Reports may come {PER_SOURCE[0]:g} times a second from one source, and {TOGETHER[0]:g} from all.",
                "Wait a second and send it again; a report that was taken before changes nothing.",
            )
