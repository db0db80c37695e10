"""What a store of the log is, whatever keeps it: one transaction that appends, and questions.

`log_sqlite.py` and `log_postgres.py` are the two that there are. The same rules stand in both databases: no
record is changed, none is deleted; only its wraps may become fewer (an erasure). Both writers refuse a gap; PostgreSQL
itself refuses one to anybody.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, Protocol

SCHEMA_VERSION = 2
# Kinds that come with every passage. The others are found by an index that stays small; a query must say this text.
EVERYDAY = "('decision', 'event', 'outcome', 'refusal')"
# The index of receipt tags is built stretch by stretch: tags are random, and one index over all of them would touch a
# page anywhere in it with every record. Each stretch of 2^12 records has its own piece, small enough to stay warm.
STRETCH_BITS = 12
COLUMNS = "position, kind, door, at_ms, verdict, code, receipt_tag, about, commitment, wraps, sealed"


# A record's commitment from its leaf, its sealed bytes and its wraps; None when nobody can open it any more.
CommitmentOf = Callable[[bytes, bytes, bytes], bytes | None]


class RecordRow(NamedTuple):
    """One row of `record`, in the order of its columns. `wraps` is what `record/sealing.py` packs."""

    position: int
    kind: str
    door: str | None
    at_ms: int
    verdict: str | None
    code: str | None
    receipt_tag: bytes | None
    about: int | None
    commitment: bytes
    wraps: bytes
    sealed: bytes


@dataclass(frozen=True, slots=True)
class LogPlace:
    """Where a log is: in the SQLite file `file`, or, with a `dsn`, in that PostgreSQL database.

    Beside `file` stand also, for both, the lock and the tiles.
    """

    file: Path
    dsn: str | None = None

    @property
    def say(self) -> str:
        """In words for a person; a DSN has no password (`log_postgres.py` refuses one)."""
        return str(self.file) if self.dsn is None else f"the database {self.dsn!r}"


class Cursor(Protocol):
    """What a question gives back."""

    def fetchone(self) -> Any: ...

    def fetchall(self) -> list[Any]: ...

    def __iter__(self) -> Iterator[Any]: ...


class LogReader(Protocol):
    """A connection that cannot write. `execute` takes `?` for each value."""

    errors: tuple[type[Exception], ...]

    def execute(self, query: str, values: Sequence[Any] = ()) -> Cursor:
        """Raises one of `errors`, as the cursor does."""
        ...

    def mark(self) -> int:
        """Changes whenever somebody has committed. Quick enough for an event loop."""
        ...

    def close(self) -> None: ...


class LogWriter(LogReader, Protocol):
    """The keeper's connection: handed from thread to thread, never used by two at once."""

    def write(
        self,
        records: Iterable[Sequence[RecordRow]],
        checkpoint: Callable[[], tuple[int, str] | None],
        freshness: Mapping[str, tuple[int, int]],
        journal: Mapping[str, int],
    ) -> None:
        """All of it in one transaction, on the disk when this returns.

        `records` comes piece by piece while it is being made; `checkpoint` is asked after the last of it. What either
        raises is raised, and nothing is written. Raises one of `errors` too: then mostly nothing is written either, but
        the answer to a commit can be lost with the line, so the next writer looks what the store really holds.
        """
        ...
