"""Refused acts are records too, at a bounded rate: whoever is refused again and again must not fill the log with it."""

import logging

from ostiary.controller.acts.errors import ActError
from ostiary.controller.acts.house import Act, Asked, House
from ostiary.controller.record.record import Draft
from ostiary.controller.store.errors import ThreePartError

KIND = "refused-act"
AT_ONCE = 20  # records
EACH_MS = 10_000  # one more may be written after so long
LETTERS = 200  # what is kept of a text that a stranger chose

_log = logging.getLogger("ostiary.acts")


class Refusals:
    """Writes them down. Those that came too fast are counted, and the next record says how many they were."""

    def __init__(self) -> None:
        self._left = AT_ONCE
        self._since_ms = 0
        self._unrecorded = 0

    async def record(self, house: House, act: Act, asked: Asked, refusal: ActError) -> None:
        """Never raises for a store that refuses: the act is refused either way."""
        at_ms = house.now_ms()
        if not self._may(at_ms):
            self._unrecorded += 1
            return
        unrecorded, self._unrecorded = self._unrecorded, 0
        body = {
            "at_ms": at_ms,
            "act": act.name,
            "operator": _kept(asked.operator),
            "roles": sorted(asked.roles),
            "purpose": None if asked.purpose is None else _kept(asked.purpose),
            "why": _kept(refusal.why),
            "unrecorded_before": unrecorded,
        }
        try:
            await house.log.append([Draft(KIND, at_ms, body, (), code=KIND)])
        except ThreePartError as error:
            self._unrecorded += unrecorded + 1
            _log.error("An act was refused, and that could not be recorded: %s", error)

    def _may(self, at_ms: int) -> bool:
        """Takes one of the records that may be written."""
        more = max(0, at_ms - self._since_ms) // EACH_MS
        if more:
            self._left, self._since_ms = min(AT_ONCE, self._left + more), at_ms
        if at_ms < self._since_ms:
            self._since_ms = at_ms  # the clock was set back
        if not self._left:
            return False
        self._left -= 1
        return True


def _kept(text: str) -> str:
    return text[:LETTERS].encode(errors="replace").decode()
