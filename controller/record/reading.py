"""Reading the log without a key: rows by their index columns, through a connection that cannot write."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar

from ostiary.controller.record.sealing import holders_in
from ostiary.controller.store import log_db
from ostiary.controller.store.errors import StoreUnavailable
from ostiary.controller.store.log_store import EVERYDAY, STRETCH_BITS, LogPlace, LogReader, RecordRow

Answer = TypeVar("Answer")

# Crockford base 32 leaves these letters out because they are read as digits.
_AS_TYPED = str.maketrans({"-": None, " ": None, "O": "0", "I": "1", "L": "1"})
_HOUR_MS = 3_600_000
PIECE = 50_000  # positions that one question reads
_BY_TAG = f"""
WITH RECURSIVE stretch (number) AS (
  SELECT max(position) >> {STRETCH_BITS} FROM record
  UNION ALL SELECT number - 1 FROM stretch WHERE number > 0
)
SELECT position, kind, door, at_ms, verdict, code, about FROM stretch CROSS JOIN record
WHERE position >> {STRETCH_BITS} = number AND receipt_tag = ? LIMIT 1
"""  # noqa: S608
_COLUMNS = "position, kind, door, at_ms, verdict, code, about"


@dataclass(frozen=True, slots=True)
class Row:
    """What can be known of a record without opening it. `position` counts from 0; times are Unix milliseconds."""

    position: int
    kind: str
    door: str | None
    at_ms: int
    verdict: str | None
    code: str | None
    about: int | None


def receipt_tag(code: str) -> bytes:
    """How the index knows a receipt code without saying it: SHA-256. The code's 80 random bits cannot be guessed."""
    return sha256(code.encode(errors="replace")).digest()


def row_of(stored: RecordRow) -> Row:
    return Row(*stored[:6], about=stored.about)


class Reading:
    """Questions to one log. May be asked from any thread. Every method raises StoreUnavailable when the disk refuses.

    A row appears once its record is durable, never before.
    """

    def __init__(self, place: LogPlace | Path) -> None:
        """Raises StoreUnavailable when there is no log at `place`, and NewerSchema."""
        self._place = log_db.place_of(place)
        self._db: LogReader | None = log_db.open_reader(self._place)
        self._lock = threading.Lock()

    def close(self) -> None:
        with self._lock:
            self._drop()

    def mark(self) -> int:
        """Changes whenever somebody has committed to the log. Quick enough for an event loop."""
        return self.ask(lambda db: db.mark())

    def at(self, position: int) -> Row | None:
        return self._one("WHERE position = ?", position)

    def newest(self, limit: int, before: int | None = None) -> list[Row]:
        """Up to `limit` rows, newest first; with `before` only those below that position."""
        if before is None:
            return self._rows("ORDER BY position DESC LIMIT ?", limit)
        return self._rows("WHERE position < ? ORDER BY position DESC LIMIT ?", before, limit)

    def since(self, position: int, limit: int = 1000) -> list[Row]:
        """Up to `limit` rows above `position` (-1: from the first), oldest first."""
        return self._rows("WHERE position > ? ORDER BY position LIMIT ?", position, limit)

    def by_receipt(self, code: str) -> Row | None:
        """The record of a receipt code as a person types it: grouped or not, O for 0, I or L for 1."""
        return self.by_receipt_tag(receipt_tag(code.upper().translate(_AS_TYPED)))

    def by_receipt_tag(self, tag: bytes) -> Row | None:
        """The record whose receipt code has this SHA-256."""
        # The index has a piece for each stretch of the log; the newest is looked at first.
        found = self._ask(_BY_TAG, (tag,))
        return Row(*found[0]) if found else None

    def outcome_of(self, position: int) -> Row | None:
        """The record that closes the decision at `position`, or None while it is open.

        A node that is heard late has the last word, so it is the newest one; what it corrects stays in the log.
        """
        return self._one("WHERE about = ? ORDER BY position DESC LIMIT 1", position)

    def last_of(self, kind: str) -> Row | None:
        """The newest record of a kind."""
        seldom = "" if f"'{kind}'" in EVERYDAY else f"AND kind NOT IN {EVERYDAY}"
        return self._one(f"WHERE kind = ? {seldom} ORDER BY position DESC LIMIT 1", kind)

    def all_of(self, kind: str) -> list[Row]:
        """Every record of a kind that is not an everyday one, the newest first."""
        return self._rows(f"WHERE kind = ? AND kind NOT IN {EVERYDAY} ORDER BY position DESC", kind)

    def decisions_of(self, holders: Sequence[bytes], since_ms: int, most: int) -> list[int]:
        """Up to `most` decisions that one of these keys (their ids) opens, made since then; positions, newest first.

        The log has no index of persons, so that its store says nothing about who passed where: this reads all wraps
        since then, a piece at a time.
        """
        return self._held_by(holders, since_ms, most, log_db.decisions_between)

    def records_of(self, holders: Sequence[bytes], since_ms: int, most: int) -> list[int]:
        """The same for records of every kind: what was decided, done, looked at and told about somebody."""
        return self._held_by(holders, since_ms, most, log_db.records_between)

    def held_by(self, position: int, holders: Sequence[bytes]) -> bool:
        """Whether one of these keys (their ids) opens the record at `position`."""
        for _, wraps in self.ask(lambda db: log_db.records_between(db, position, position + 1)):
            return any(holder in holders for holder, _ in holders_in(wraps))
        return False

    def _held_by(
        self,
        holders: Sequence[bytes],
        since_ms: int,
        most: int,
        between: Callable[[LogReader, int, int], list[tuple[int, bytes]]],
    ) -> list[int]:
        first, upto, wanted = self.first_since(since_ms), self.size(), frozenset(holders)
        found: list[int] = []
        while upto > first and len(found) < most:
            lower = max(first, upto - PIECE)
            piece = (lower, upto)
            wrapped = self.ask(lambda db, piece=piece: between(db, *piece))
            found += [at for at, wraps in wrapped if any(holder in wanted for holder, _ in holders_in(wraps))]
            upto = lower
        return found[:most]

    def first_since(self, at_ms: int) -> int:
        """The first position of that time or later; clocks being what they are, an hour earlier to be safe."""
        low, high = 0, self.size()
        while low < high:
            middle = (low + high) // 2
            row = self.at(middle)
            if row is not None and row.at_ms < at_ms - _HOUR_MS:
                low = middle + 1
            else:
                high = middle
        return low

    def count(self, among: int = 10_000) -> dict[str, int]:
        """How many decisions of each verdict there are among the newest `among` records."""
        found = self._ask(
            "SELECT verdict, count(*) FROM"
            " (SELECT kind, verdict FROM record ORDER BY position DESC LIMIT ?)"
            " WHERE kind = 'decision' GROUP BY verdict",
            (among,),
        )
        return dict(found)

    def size(self) -> int:
        """How many records are durable."""
        return self._ask("SELECT coalesce(max(position) + 1, 0) FROM record", ())[0][0]

    def _one(self, where: str, *values: Any) -> Row | None:
        rows = self._rows(where, *values)
        return rows[0] if rows else None

    def _rows(self, where: str, *values: Any) -> list[Row]:
        # Only text of this file is put into the query; values are bound.
        found = self._ask(f"SELECT {_COLUMNS} FROM record {where}", values)  # noqa: S608
        return [Row(*row) for row in found]

    def _ask(self, query: str, values: Sequence[Any]) -> list[Any]:
        return self.ask(lambda db: db.execute(query, values).fetchall())

    def ask(self, question: Callable[[LogReader], Answer]) -> Answer:
        """Any question to the store; `question` must fetch all it wants before it returns.

        A line that was cut meanwhile is opened again, once.
        """
        with self._lock:
            for fresh in (self._db is None, True):
                if self._db is None:
                    self._db = log_db.open_reader(self._place)
                try:
                    return question(self._db)
                except self._db.errors as error:
                    self._drop()
                    if fresh:
                        raise StoreUnavailable(
                            "The log could not be read.",
                            f"The system says: {error}.",
                            f"Check {self._place.say}, and ask again.",
                        ) from error
        raise AssertionError("the second attempt returns or raises")

    def _drop(self) -> None:
        if self._db is not None:
            self._db.close()
            self._db = None
