"""A batch: records that will be committed together, with the tree as it will be and its one signature."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ostiary.controller.record.reading import receipt_tag
from ostiary.controller.record.receipt import Receipt
from ostiary.controller.record.record import Draft
from ostiary.controller.record.sealing import Sealed
from ostiary.controller.record.tree import Growth
from ostiary.controller.store.log_db import RecordRow


@dataclass(frozen=True, slots=True)
class Entry:
    """One sealed record before it has a position."""

    draft: Draft
    sealed: Sealed


@dataclass(frozen=True, slots=True)
class Batch:
    """`entries` follow the tree's first `growth.base` leaves; `checkpoint` is signed for all of them.

    `freshness` is node → (boot, seq) and `journal` node → upto, written in the same transaction.
    """

    entries: tuple[Entry, ...]
    growth: Growth
    checkpoint: str
    freshness: Mapping[str, tuple[int, int]]
    journal: Mapping[str, int]

    def rows(self) -> list[RecordRow]:
        return [_row(position, entry) for position, entry in enumerate(self.entries, self.growth.base)]

    def wraps(self) -> list[tuple[int, bytes, bytes]]:
        return [
            (position, holder, wrapped)
            for position, entry in enumerate(self.entries, self.growth.base)
            for holder, wrapped in entry.sealed.wraps
        ]

    def receipts(self) -> Sequence[Receipt]:
        """In the order of the entries. Nobody may have one before the batch is durable."""
        growth = self.growth
        return [
            Receipt(
                position,
                entry.sealed.leaf,
                entry.sealed.salt,
                growth.size,
                growth.inclusion(position),
                self.checkpoint,
            )
            for position, entry in enumerate(self.entries, growth.base)
        ]


def _row(position: int, entry: Entry) -> RecordRow:
    draft, sealed = entry.draft, entry.sealed
    return RecordRow(
        position,
        draft.kind,
        draft.door,
        draft.at_ms,
        draft.verdict,
        draft.code,
        None if draft.receipt_code is None else receipt_tag(draft.receipt_code),
        draft.about,
        sealed.commitment,
        sealed.sealed,
    )
