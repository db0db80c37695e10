"""Which journal entries to publish when: in order, a bounded number unacknowledged, again after a while."""

TYPE_CHECKING = False  # MicroPython has no `typing` to import it from.
if TYPE_CHECKING:
    from typing import Any


class Upload:
    """Times are monotonic ms. The keeper counts an entry once, however often it comes."""

    def __init__(self, window: int = 32, again_ms: int = 2_000) -> None:
        self._window = window
        self._again_ms = again_ms
        self._sent_upto = 0
        self._sent_ms: "int | None" = None

    def due(self, entries: "list[dict[str, Any]]", now_ms: int) -> "list[dict[str, Any]]":
        """The entries to publish now, of all that are unacknowledged (in order of `seq`)."""
        if not entries:
            self._sent_ms = None
            return []
        if self._sent_ms is None or now_ms - self._sent_ms >= self._again_ms:
            self._sent_upto = entries[0]["seq"] - 1
        batch = [entry for entry in entries[: self._window] if entry["seq"] > self._sent_upto]
        if batch:
            self._sent_upto = batch[-1]["seq"]
            self._sent_ms = now_ms
        return batch

    def again(self) -> None:
        """Begin anew: the connection is another one."""
        self._sent_ms = None

    def due_ms(self, entries: "list[dict[str, Any]]") -> "int | None":
        """When `due` is wanted again, while something is unacknowledged."""
        return None if not entries or self._sent_ms is None else self._sent_ms + self._again_ms
