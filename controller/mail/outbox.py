"""The outbox: what is still to be told to whom, durable, each news once for each receiver. mail.db holds no more of
anything than a mail does, and what was sent is gone from it."""

import contextlib
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ostiary.controller.mail.letters import News
from ostiary.controller.store.sqlite_file import open_writer

GAP_MS = 60_000
"""Between two mails about one topic to one receiver; what happens meanwhile comes in one."""
FIRST_PAUSE_MS, LONGEST_PAUSE_MS = 5_000, 3_600_000
KEEP_MS = 3 * 86_400_000
"""News that no server took for so long are given up: they stand in the log and in the panel."""
VERSION = 1
_SCHEMA = """
CREATE TABLE seen (topic TEXT PRIMARY KEY, upto INTEGER NOT NULL) STRICT;
CREATE TABLE way (
  topic TEXT, receiver TEXT, tries INTEGER NOT NULL DEFAULT 0, next_ms INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (topic, receiver)
) STRICT;
CREATE TABLE news (
  topic TEXT, receiver TEXT, number INTEGER, at_ms INTEGER NOT NULL, door TEXT NOT NULL, kind TEXT NOT NULL,
  since_ms INTEGER NOT NULL, PRIMARY KEY (topic, receiver, number)
) STRICT;
"""


@dataclass(frozen=True, slots=True)
class Way:
    """A topic's way to one receiver. `tries` failed since the last success; `news` wait, the oldest first."""

    topic: str
    receiver: str
    tries: int
    news: tuple[News, ...]


class Outbox:
    """One process has it open. Raises `StoreUnavailable` when the file cannot be opened, sqlite3.Error later."""

    def __init__(self, path: Path) -> None:
        self._db = open_writer(path, _SCHEMA, VERSION, secure_delete=True)
        # Whoever starts the site anew may have mended the settings, and wants to see it.
        self._db.execute("UPDATE way SET next_ms = 0 WHERE tries > 0")

    def close(self) -> None:
        self._db.close()

    def upto(self, topic: str) -> int | None:
        """The last number looked at; None before the first look."""
        found = self._db.execute("SELECT upto FROM seen WHERE topic = ?", (topic,)).fetchone()
        return None if found is None else found[0]

    def take(self, topic: str, upto: int, news: Iterable[News], receivers: Sequence[str], now_ms: int) -> None:
        """Everything up to `upto` has been looked at, and these news are for these receivers: both, or neither."""
        with self._whole():
            self._db.execute("INSERT OR REPLACE INTO seen VALUES (?, ?)", (topic, upto))
            for one in news:
                for receiver in receivers:
                    self._db.execute("INSERT OR IGNORE INTO way (topic, receiver) VALUES (?, ?)", (topic, receiver))
                    self._db.execute(
                        "INSERT OR IGNORE INTO news VALUES (?, ?, ?, ?, ?, ?, ?)",
                        (topic, receiver, one.number, one.at_ms, one.door, one.kind, now_ms),
                    )

    def keep_only(self, ways: Iterable[tuple[str, str]]) -> None:
        """Whoever is named no more (topic, receiver) is told no more."""
        kept = set(ways)
        with self._whole():
            for way in self._db.execute("SELECT topic, receiver FROM way").fetchall():
                if way not in kept:
                    for table in ("way", "news"):
                        self._db.execute(f"DELETE FROM {table} WHERE topic = ? AND receiver = ?", way)  # noqa: S608

    def due(self, now_ms: int) -> list[Way]:
        """The ways that something waits for, or that failed last, and whose time has come. What is too old goes."""
        self._db.execute("DELETE FROM news WHERE since_ms < ?", (now_ms - KEEP_MS,))
        # A clock that was set back must not keep anybody waiting longer than a pause.
        found = self._db.execute(
            "SELECT topic, receiver, tries FROM way WHERE next_ms <= ? OR next_ms > ? ORDER BY topic, receiver",
            (now_ms, now_ms + LONGEST_PAUSE_MS),
        ).fetchall()
        ways = [Way(topic, receiver, tries, self._news(topic, receiver)) for topic, receiver, tries in found]
        return [way for way in ways if way.news or way.tries]

    def sent(self, way: Way, now_ms: int) -> None:
        """The server has taken it."""
        with self._whole():
            for one in way.news:
                named = (way.topic, way.receiver, one.number)
                self._db.execute("DELETE FROM news WHERE topic = ? AND receiver = ? AND number = ?", named)
            self._next(way, 0, now_ms + GAP_MS)

    def failed(self, way: Way, now_ms: int) -> None:
        """The server has not taken it; the next try waits twice as long."""
        pause_ms = min(FIRST_PAUSE_MS << min(way.tries, 20), LONGEST_PAUSE_MS)
        self._next(way, way.tries + 1, now_ms + pause_ms)

    def failing(self) -> bool:
        """Whether the last mail on any way was not taken."""
        return self._db.execute("SELECT EXISTS (SELECT 1 FROM way WHERE tries > 0)").fetchone()[0] == 1

    def _news(self, topic: str, receiver: str) -> tuple[News, ...]:
        found = self._db.execute(
            "SELECT number, at_ms, door, kind FROM news WHERE topic = ? AND receiver = ? ORDER BY number",
            (topic, receiver),
        )
        return tuple(News(*row) for row in found)

    def _next(self, way: Way, tries: int, next_ms: int) -> None:
        self._db.execute(
            "UPDATE way SET tries = ?, next_ms = ? WHERE topic = ? AND receiver = ?",
            (tries, next_ms, way.topic, way.receiver),
        )

    @contextlib.contextmanager
    def _whole(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")


BROKEN = sqlite3.Error
"""What the file itself may raise later on."""
