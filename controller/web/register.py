"""The log's index columns again, arranged for pages: any filter, any depth, no pause; and decisions by the hour.

The file is the web's own and holds nothing that the index columns do not say in clear; deleted, it is made again. Every
record belongs to one *sort*: kind, door, verdict and code together. There are few sorts however many records there are,
so a filter is a choice of sorts, and a page the newest positions of each, merged.
"""

import heapq
import itertools
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ostiary.controller.record.reading import Row

VERSION = 1
HOUR_MS = 3_600_000
AGAIN_MS = 60_000  # whoever is let in so soon after a face was not recognised was probably the same person
FACE_CODES = ("face-near", "face-mismatch", "face-unknown", "faces-unclear", "quality-")
_SCHEMA = f"""
CREATE TABLE sort (
  id INTEGER PRIMARY KEY, kind TEXT NOT NULL, door TEXT, verdict TEXT, code TEXT
) STRICT;
CREATE TABLE record (position INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, sort INTEGER NOT NULL) STRICT;
CREATE INDEX record_sort ON record (sort, position);
CREATE TABLE tally (
  hour INTEGER, sort INTEGER, count INTEGER NOT NULL, PRIMARY KEY (hour, sort)
) STRICT, WITHOUT ROWID;
CREATE TABLE again (hour INTEGER, door TEXT, count INTEGER NOT NULL, PRIMARY KEY (hour, door)) STRICT, WITHOUT ROWID;
PRAGMA user_version = {VERSION};
"""


@dataclass(frozen=True, slots=True)
class Filter:
    """What a page of the log shows; None: whatever it is. Times in Unix milliseconds, `until_ms` not included."""

    kind: str | None = None
    door: str | None = None
    verdict: str | None = None
    code: str | None = None
    since_ms: int | None = None
    until_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Choices:
    """What a filter may choose among: what there is."""

    kinds: tuple[str, ...]
    doors: tuple[str, ...]
    codes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Count:
    """So many records of a sort in an hour, or in as many as were asked for, from `hour_ms` on."""

    hour_ms: int
    kind: str
    door: str
    verdict: str
    code: str
    count: int


class Register:
    """One writer, `take`; asked from any thread."""

    def __init__(self, path: Path) -> None:
        """Opens the file, and makes it anew when it is missing, of another version, or broken."""
        self._lock = threading.Lock()
        self._db = _opened(path)
        self._sorts: dict[tuple[str, str | None, str | None, str | None], int] = {
            (kind, door, verdict, code): number
            for number, kind, door, verdict, code in self._db.execute("SELECT id, kind, door, verdict, code FROM sort")
        }
        self._denied: dict[str, int] = {}

    def upto(self) -> int:
        """The last position taken; -1 before the first."""
        with self._lock:
            return self._db.execute("SELECT coalesce(max(position), -1) FROM record").fetchone()[0]

    def take(self, rows: Sequence[Row]) -> None:
        """Records, in the order of the log, the first after the last taken."""
        with self._lock, self._db:
            records, tally, again = [], dict[tuple[int, int], int](), dict[tuple[int, str], int]()
            for row in rows:
                sort, hour = self._sort(row), row.at_ms // HOUR_MS
                records.append((row.position, row.at_ms, sort))
                tally[hour, sort] = tally.get((hour, sort), 0) + 1
                if self._recognised_late(row):
                    again[hour, row.door or ""] = again.get((hour, row.door or ""), 0) + 1
            self._db.executemany("INSERT INTO record VALUES (?, ?, ?)", records)
            more = "ON CONFLICT DO UPDATE SET count = count + excluded.count"
            counts = ((hour, sort, count) for (hour, sort), count in tally.items())
            self._db.executemany(f"INSERT INTO tally VALUES (?, ?, ?) {more}", counts)  # noqa: S608 - our own text
            counts = ((hour, door, count) for (hour, door), count in again.items())
            self._db.executemany(f"INSERT INTO again VALUES (?, ?, ?) {more}", counts)  # noqa: S608 - our own text

    def agrees(self, row: Row | None) -> bool:
        """Whether the last record taken is this one of the log; a restored backup has another there, or none."""
        with self._lock:
            held = self._db.execute("SELECT position, at_ms FROM record ORDER BY position DESC LIMIT 1").fetchone()
        return held is None if row is None else held == (row.position, row.at_ms)

    def clear(self) -> None:
        """Forget everything, to take it again."""
        with self._lock, self._db:
            for table in ("record", "tally", "again"):
                self._db.execute(f"DELETE FROM {table}")  # noqa: S608 - our own text

    def page(self, wanted: Filter, limit: int, *, before: int | None = None) -> list[int]:
        """Up to `limit` positions that fit, the newest first; with `before` those below it."""
        with self._lock:
            upper = before if before is not None else 1 << 62
            lower = -1
            if wanted.until_ms is not None:
                upper = min(upper, self._first_at(wanted.until_ms))
            if wanted.since_ms is not None:
                lower = self._first_at(wanted.since_ms) - 1
            return list(itertools.islice(self._newest(self._fitting(wanted), lower, upper), limit))

    def choices(self) -> Choices:
        with self._lock:
            known = list(self._sorts)
        kinds, doors = {kind for kind, *_ in known}, {door for _, door, *_ in known if door}
        return Choices(tuple(sorted(kinds)), tuple(sorted(doors)), tuple(sorted({code for *_, code in known if code})))

    def counts(self, since_ms: int, step_hours: int = 1, door: str | None = None) -> list[Count]:
        """Every sort since then by the hour, or by so many hours; with `door` those of that door alone."""
        query = (
            "SELECT hour / :step * :step AS slot, kind, door, verdict, code, sum(count)"
            " FROM tally JOIN sort ON sort.id = tally.sort"
            " WHERE hour >= :since AND (:door IS NULL OR door = :door) GROUP BY slot, sort.id ORDER BY slot"
        )
        asked = {"step": step_hours, "since": since_ms // HOUR_MS, "door": door}
        with self._lock:
            found = self._db.execute(query, asked).fetchall()
        return [
            Count(slot * HOUR_MS, kind, door or "", verdict or "", code or "", count)
            for slot, kind, door, verdict, code, count in found
        ]

    def late(self, since_ms: int) -> list[tuple[int, str, int]]:
        """How often, by hour and door, somebody was let in just after a face was not recognised there."""
        query = "SELECT hour, door, count FROM again WHERE hour >= ? ORDER BY hour"
        with self._lock:
            found = self._db.execute(query, (since_ms // HOUR_MS,)).fetchall()
        return [(hour * HOUR_MS, door, count) for hour, door, count in found]

    def close(self) -> None:
        with self._lock:
            self._db.close()

    def _sort(self, row: Row) -> int:
        key = (row.kind, row.door, row.verdict, row.code)
        known = self._sorts.get(key)
        if known is None:
            known = len(self._sorts) + 1
            self._db.execute("INSERT INTO sort VALUES (?, ?, ?, ?, ?)", (known, *key))
            self._sorts[key] = known
        return known

    def _recognised_late(self, row: Row) -> bool:
        if row.kind != "decision" or row.door is None:
            return False
        if row.verdict == "grant":
            denied_ms = self._denied.pop(row.door, None)
            return denied_ms is not None and 0 <= row.at_ms - denied_ms <= AGAIN_MS
        if (row.code or "").startswith(FACE_CODES):
            self._denied[row.door] = row.at_ms
        return False

    def _fitting(self, wanted: Filter) -> list[int] | None:
        """The sorts that fit; None for all of them."""
        asked = (wanted.kind, wanted.door, wanted.verdict, wanted.code)
        if asked == (None,) * 4:
            return None
        return [
            number
            for key, number in self._sorts.items()
            if all(want is None or want == held for want, held in zip(asked, key, strict=True))
        ]

    def _newest(self, sorts: list[int] | None, lower: int, upper: int) -> Iterator[int]:
        bounds = (lower, upper)
        if sorts is None:
            query = "SELECT position FROM record WHERE position > ? AND position < ? ORDER BY position DESC"
            return self._positions(query, bounds)
        query = "SELECT position FROM record WHERE sort = ? AND position > ? AND position < ? ORDER BY position DESC"
        return heapq.merge(*(self._positions(query, (sort, *bounds)) for sort in sorts), reverse=True)

    def _positions(self, query: str, values: Iterable[int]) -> Iterator[int]:
        for (position,) in self._db.execute(query, tuple(values)):
            yield position

    def _first_at(self, at_ms: int) -> int:
        """The first position of that time or later, as far as the clock went forward."""
        low = 0
        high = self._db.execute("SELECT coalesce(max(position) + 1, 0) FROM record").fetchone()[0]
        while low < high:
            middle = (low + high) // 2
            held = self._db.execute("SELECT at_ms FROM record WHERE position = ?", (middle,)).fetchone()
            if held is not None and held[0] < at_ms:
                low = middle + 1
            else:
                high = middle
        return low


def _opened(path: Path) -> sqlite3.Connection:
    db = _connected(path)
    try:
        if db.execute("PRAGMA user_version").fetchone()[0] == VERSION:
            return db
    except sqlite3.DatabaseError:
        pass
    db.close()
    for left in (path, path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm")):
        left.unlink(missing_ok=True)
    db = _connected(path)
    db.executescript(_SCHEMA)
    return db


def _connected(path: Path) -> sqlite3.Connection:
    path.touch(mode=0o600)
    db = sqlite3.connect(path, check_same_thread=False)
    try:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = NORMAL")  # what a crash loses is taken again
    except sqlite3.DatabaseError:  # found out again, and mended, by who asks for its version
        pass
    return db
