"""Journals as a judge reads them: what each node uploaded, without a hole, and what nodes at hand noted themselves."""

import binascii
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Wrong = Callable[[int | None, str, str], None]


@dataclass(frozen=True, slots=True)
class Note:
    """A node wrote down that it had this answer."""

    node: str
    receipt: str


class Journals:
    """The uploads in the log, record by record: each node's numbers follow each other."""

    def __init__(self, wrong: Wrong) -> None:
        self._wrong = wrong
        self._upto: dict[str, int] = {}
        self._unknown = 0

    def heard(self, position: int, body: Mapping[str, Any]) -> None:
        node, number = body.get("node"), body.get("seq")
        if not isinstance(node, str) or type(number) is not int:
            return
        before = self._upto.get(node)
        # Of a record that nobody can read the number is not known; it may be any that is missing.
        if before is not None and number != before + 1 and not (self._unknown and number > before):
            self._wrong(position, "the store", f"the journal of {node} has {number} after {before}")
        self._upto[node] = number

    def again(self) -> None:
        """A backup was restored: what nodes uploaded after it was made is not here, and each goes on where it is."""
        self._upto.clear()

    def unknown(self) -> None:
        self._unknown += 1

    def compare(self, kept: Mapping[str, int]) -> None:
        """Hold the last numbers against what the keeper would tell the nodes."""
        for node in sorted({*kept, *self._upto}):
            if kept.get(node) != self._upto.get(node) and not self._unknown:
                why = f"the journal of {node} is said to be kept up to {kept.get(node)}, and its records end at "
                self._wrong(None, "the store", f"{why}{self._upto.get(node)}")


def notes_of_nodes(nodes: Path, wrong: Wrong) -> Iterator[Note]:
    """What the journals of nodes on this machine say of answers that they had. A torn last line was never durable."""
    for path in sorted(nodes.glob("*/journal*")):
        try:
            data = path.read_bytes()
        except OSError as error:
            wrong(None, f"nodes/{path.parent.name}", f"its journal cannot be read: {error.strerror}")
            continue
        for line in data.split(b"\n")[:-1]:
            try:
                if int(line[:8], 16) != binascii.crc32(line[9:]):
                    continue  # the node itself counts such an entry as lost
                entry = json.loads(line[9:])
                receipts = [entry[6]] if entry[0] == "e" else [*entry[2], *entry[3]]
            except (ValueError, IndexError, TypeError):
                continue
            yield from (Note(path.parent.name, receipt) for receipt in receipts if receipt and isinstance(receipt, str))
