"""The log as every page may show it: decisions by their index columns. No key, no name, and no write."""

import contextlib
import threading
from collections.abc import Sequence

from ostiary.controller.record import reading
from ostiary.controller.record.reading import Reading
from ostiary.controller.store import log_db
from ostiary.controller.store.errors import StoreUnavailable
from ostiary.controller.store.log_store import LogPlace, LogReader
from ostiary.controller.web.views import Row

# A decision brings an outcome and some door events with it; a stretch of many records without any is passed over.
STRETCH = 500
MOST_STRETCHES = 20
AROUND, FEW = 4, 16  # records beside a decision, and some more

REASONS = {
    "granted": "every clause holds",
    "suspended": "access is suspended",
    "revoked": "access is revoked",
    "not-member": "not a member",
    "membership-ended": "membership has ended",
    "missing-holding": "a holding is missing",
    "score-below": "score below the bound",
    "outside-hours": "outside the hours",
    "unknown-door": "no rule for this door",
    "no-policy": "no policy is published",
    "claim-missing": "face without a claim",
    "card-unknown": "unknown card",
    "card-revoked": "revoked card",
    "card-not-accepted": "a card alone is not enough",
    "not-enrolled": "no face is enrolled",
    "face-missing": "no face in view",
    "faces-unclear": "several faces, equally near",
    "liveness-missing": "the head was not seen to move",
    "face-mismatch": "the face is not the card holder’s",
    "face-near": "the face nearly matched",
    "face-unknown": "unknown face",
    "several-candidates": "more than one candidate",
    "gallery-too-large": "gallery beyond the door’s budget",
}
QUALITY = "quality-"


def in_words(code: str | None) -> str:
    """A reason code as a few words for a list; the whole sentence stands in the record."""
    if code is None:
        return "no reason given"
    if code.startswith(QUALITY):
        return f"picture not good enough: {code.removeprefix(QUALITY).replace('-', ' ')}"
    return REASONS.get(code, code.replace("-", " "))


class Index:
    """Opens the log when it is there: the web may start before the keeper has made it. Asked from any thread."""

    def __init__(self, place: LogPlace) -> None:
        self._place = place
        self._lock = threading.Lock()
        self._reading: Reading | None = None
        self._watching: LogReader | None = None

    def newest(self, limit: int, before: int | None = None) -> tuple[list[Row], int | None]:
        """Up to `limit` decisions, newest first, and from where to go on: the `before` of the next page, or None."""
        log = self._log()
        found: list[Row] = []
        if log is None:
            return found, None
        stretch = min(STRETCH, FEW + AROUND * limit)  # enough for most pages; where it is not, longer ones follow
        for _ in range(MOST_STRETCHES):
            records = log.newest(stretch, before)
            for record in records:
                if record.kind == "decision":
                    found.append(row_of(record))
                    if len(found) == limit:
                        return found, record.position or None
            if len(records) < stretch:
                return found, None
            before, stretch = records[-1].position, STRETCH
        return found, before

    def since(self, position: int, limit: int) -> tuple[list[Row], int]:
        """The decisions among the `limit` records after `position`, oldest first, and the last position looked at."""
        log = self._log()
        records = log.since(position, limit) if log else []
        upto = records[-1].position if records else position
        return [row_of(record) for record in records if record.kind == "decision"], upto

    def records(self, position: int, limit: int) -> list[reading.Row]:
        """The `limit` records after `position`, of whatever kind, oldest first."""
        log = self._log()
        return log.since(position, limit) if log else []

    def rows_at(self, positions: Sequence[int]) -> list[reading.Row]:
        """The records at these positions, in this order."""
        log = self._log()
        found = (log.at(position) for position in positions) if log else ()
        return [row for row in found if row is not None]

    def last(self) -> int:
        """The position of the newest record; -1 when there is none."""
        log = self._log()
        return log.size() - 1 if log else -1

    def decision_at(self, position: int) -> Row | None:
        log = self._log()
        found = log.at(position) if log and 0 <= position < 2**63 else None
        return row_of(found) if found and found.kind in ("decision", "refusal") else None

    def by_receipt(self, code: str) -> Row | None:
        log = self._log()
        found = log.by_receipt(code) if log else None
        return row_of(found) if found else None

    def mark(self) -> int | None:
        """Changes whenever somebody commits to the log; None while there is no log. Quick enough for an event loop."""
        if self._watching is None:
            with contextlib.suppress(StoreUnavailable):
                self._watching = log_db.open_reader(self._place)
        if self._watching is None:
            return None
        try:
            return self._watching.mark()
        except self._watching.errors:  # the line was cut; the next look opens it again
            self._watching.close()
            self._watching = None
            return None

    def close(self) -> None:
        if self._reading is not None:
            self._reading.close()
        if self._watching is not None:
            self._watching.close()

    def _log(self) -> Reading | None:
        with self._lock:
            if self._reading is None:
                with contextlib.suppress(StoreUnavailable):
                    self._reading = Reading(self._place)
            return self._reading


def row_of(record: reading.Row) -> Row:
    return Row(
        position=record.position,
        at_ms=record.at_ms,
        door=record.door or "no door",
        verdict=record.verdict or record.kind,
        code=record.code or "",
        reason=in_words(record.code),
    )
