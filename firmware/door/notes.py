"""What the door puts on record, numbered without gaps; while the journal cannot be written it is kept in memory."""

from ostiary.protocol import codes

TYPE_CHECKING = False  # MicroPython has no `typing` to import it from.
if TYPE_CHECKING:
    from typing import Any

LONGEST_DETAIL = 120
MOST_OWED = 256
REMEMBERED = 32


class AlreadyClosed(RuntimeError):
    """A second outcome for one decision: the caller lost count."""


class Notes:
    """Makes event entries. `locked` while the journal fails; `owed` waits for it, without numbers that count."""

    def __init__(self, boot: int, last_seq: int, closed: list[str]) -> None:
        self.boot = boot
        self.last_seq = last_seq
        self.locked = False
        self.owed: "list[dict[str, Any]]" = []
        self._closed = list(closed)

    def entry(
        self,
        kind: str,
        at: "dict[str, Any]",
        receipt: str = "",
        detail: str = "",
        decision: "dict[str, Any] | None" = None,
    ) -> "list[tuple[Any, ...]]":
        """The journal effect of one event, or nothing while locked (then it is owed). Raises `AlreadyClosed`."""
        if receipt and kind in codes.OUTCOMES:
            self._close(receipt, kind)
        entry: "dict[str, Any]" = {"v": 1, "boot": self.boot, "seq": self.last_seq + 1, "at": at, "kind": kind}
        if receipt:
            entry["receipt"] = receipt
        if detail:
            entry["detail"] = detail[:LONGEST_DETAIL]
        if decision is not None:
            entry["decision"] = decision
        if not self.locked:
            self.last_seq += 1
            return [("journal", entry)]
        # Memory is finite while a disk is full. Outcomes are few (a locked door asks nothing) and always kept.
        if receipt or len(self.owed) < MOST_OWED:
            self.owed.append(entry)
        return []

    def is_closed(self, receipt: str) -> bool:
        """Whether this decision had its outcome lately."""
        return receipt in self._closed

    def fail(self, unwritten: "list[dict[str, Any]]", free: "int | None") -> None:
        """These entries, the last ones made, did not reach the journal: numbers from `free` are free again."""
        self.locked = True
        if free is not None:
            self.last_seq = min(self.last_seq, free - 1)
        self.owed = unwritten + self.owed

    def refuse(self, entry: "dict[str, Any]", why: str) -> "dict[str, Any]":
        """What an unwritten entry becomes when its decision is not carried out: its outcome."""
        self._close(entry["receipt"], codes.REFUSED)
        refused = dict(entry)
        refused["kind"] = codes.REFUSED
        refused["detail"] = why
        return refused

    def resume(self) -> "list[tuple[Any, ...]]":
        """The journal can be written again: what is owed, numbered, in the order in which it happened."""
        self.locked = False
        effects: "list[tuple[Any, ...]]" = []
        for entry in self.owed:
            self.last_seq += 1
            numbered = dict(entry)
            numbered["seq"] = self.last_seq
            effects.append(("journal", numbered))
        self.owed = []
        return effects

    def _close(self, receipt: str, outcome: str) -> None:
        if receipt in self._closed:
            raise AlreadyClosed(f"{receipt} has its outcome, and now {outcome}")
        self._closed = self._closed[1 - REMEMBERED :]
        self._closed.append(receipt)
