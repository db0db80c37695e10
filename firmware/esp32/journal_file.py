"""The journal on flash: an entry is durable before anything else happens, and nothing before any damage is lost.

The bytes are those of `door/journal.py`, the behaviour that of `pi/journal_file.py`; a test plays both the same.
"""

from ostiary.firmware.door import journal
from ostiary.firmware.esp32 import flash

TYPE_CHECKING = False  # MicroPython has no `typing` to import it from.
if TYPE_CHECKING:
    from typing import Any

COMPACT_BYTES = 16 * 1024  # it is read into memory at a start


class JournalFile:
    """Append-only, one owner. `kept` is what the file says, always: it changes only after the flash has."""

    def __init__(self, path: str, compact_bytes: int = COMPACT_BYTES) -> None:
        """Read what is there; cut off or damaged parts are replaced at once. Raises OSError when the flash refuses."""
        self._path = path
        self._compact_bytes = compact_bytes
        self._file = flash.Appended(path)
        data = flash.read(path)
        self.kept = journal.recover(data)
        self._size = len(data)
        if not data or not self.kept.clean or self._size > compact_bytes:
            self.mend()
        else:
            self._file.open()

    @property
    def entries(self) -> "list[dict[str, Any]]":
        """Entries that the keeper has not acknowledged, in order."""
        return self.kept.entries

    def append(self, entry: "dict[str, Any]") -> None:
        """Make one entry durable. Raises OSError when that is not sure; call `mend` before the next one."""
        self._write(journal.line(entry), True)
        self.kept.follow(entry)

    def acknowledge(self, upto: int) -> None:
        """Forget entries up to `upto`, which the keeper has. Raises OSError; call `mend` then."""
        if upto <= self.kept.upto:
            return
        self.kept.acknowledge(upto)
        # Not synced: when a power cut takes this line, entries are uploaded again, and the keeper knows their numbers.
        self._write(journal.head(self.kept), False)
        if self._size > self._compact_bytes:
            self.mend()

    def remember(self, term: int, desired: "dict[str, Any] | None") -> None:
        """Make the highest term and what is desired durable. Raises OSError when that is not sure; `mend` then."""
        kept = self.kept.term, self.kept.desired
        self.kept.term, self.kept.desired = term, desired
        try:
            self._write(journal.head(self.kept), True)
        except OSError:
            self.kept.term, self.kept.desired = kept
            raise

    def mend(self) -> None:
        """Replace the file by what is known to be durable, at the shortest. Raises OSError while the flash refuses."""
        self.close()
        data = journal.compacted(self.kept)
        flash.replace(self._path, data)
        self.kept.clean = True
        self._size = len(data)
        self._file.open()

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def _write(self, data: bytes, sync: bool) -> None:
        self._file.add(data, sync)
        self._size += len(data)
