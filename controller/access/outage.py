"""Outage: the store refuses. Nothing is granted meanwhile, operators are told once, and the log keeps what it cost."""

import logging

from ostiary.controller.record.record import Draft
from ostiary.controller.store.errors import ThreePartError

_log = logging.getLogger("ostiary.keeper")


class Outage:
    """Whether the store works. Speaks when that changes, and never twice."""

    def __init__(self) -> None:
        self._since_ms: int | None = None
        self._why = ""
        self._unanswered = 0

    @property
    def alarm(self) -> dict[str, object] | None:
        """What the panel shows while nothing can be recorded."""
        if self._since_ms is None:
            return None
        return {"since_ms": self._since_ms, "why": self._why, "unanswered": self._unanswered}

    def failed(self, error: ThreePartError, asks: int, at_ms: int) -> None:
        """Nothing was recorded, so `asks` doors were told *busy*."""
        self._unanswered += asks
        if self._since_ms is None:
            self._since_ms, self._why = at_ms, error.why
            _log.error("ALARM: nothing can be recorded, so no door opens by the keeper. %s", error)

    def over(self, site: str, at_ms: int) -> Draft | None:
        """Something was recorded again; the record of the outage, if there was one."""
        if self._since_ms is None:
            return None
        body = {"at_ms": at_ms, "site": site, **(self.alarm or {})}
        _log.warning("The store takes records again; %d asks were told busy meanwhile.", self._unanswered)
        self._since_ms, self._why, self._unanswered = None, "", 0
        return Draft("alarm", at_ms, body, (), code="store-failed")
