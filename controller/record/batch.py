"""A batch: records that will be committed together, with the tree as it will be and its one signature."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ostiary.controller.record.reading import receipt_tag
from ostiary.controller.record.receipt import Receipt
from ostiary.controller.record.record import Draft
from ostiary.controller.record.sealing import Sealed
from ostiary.controller.record.tree import Growth
from ostiary.controller.store.log_store import RecordRow


class Entry(NamedTuple):
    """One sealed record before it has a position."""

    draft: Draft
    sealed: Sealed


@dataclass(frozen=True, slots=True)
class Batch:
    """`entries` follow the tree's first `growth.base` leaves; `checkpoint` is signed for all of them.

    `freshness` is node → (boot, seq) and `journal` node → upto, written in the same transaction. `destroyed` says how
    many keys were gone when all entries could be opened.
    """

    entries: Sequence[Entry]
    growth: Growth
    checkpoint: str
    freshness: Mapping[str, tuple[int, int]]
    journal: Mapping[str, int]
    destroyed: int

    def rows(self) -> list[RecordRow]:
        return [
            RecordRow(
                position,
                draft.kind,
                draft.door,
                draft.at_ms,
                draft.verdict,
                draft.code,
                None if draft.receipt_code is None else receipt_tag(draft.receipt_code),
                draft.about,
                sealed.commitment,
                sealed.wraps,
                sealed.sealed,
            )
            for position, (draft, sealed) in enumerate(self.entries, self.growth.base)
        ]

    def receipts(self) -> list[Receipt]:
        """In the order of the entries. Nobody may have one before the batch is durable."""
        growth, size, checkpoint = self.growth, self.growth.size, self.checkpoint
        return [
            Receipt(position, sealed.leaf, sealed.salt, size, proof, checkpoint)
            for position, (_, sealed), proof in zip(
                range(growth.base, size), self.entries, growth.inclusions(), strict=True
            )
        ]
