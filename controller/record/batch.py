"""A batch: records that are committed together, with the tree as it will be and its one signature.

It is handed to the writer's thread open, and filled meanwhile: what is sealed is inserted while the next is being
sealed, and the signature is made while the last of it is inserted.
"""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from queue import SimpleQueue
from typing import NamedTuple

from ostiary.controller.record.reading import receipt_tag
from ostiary.controller.record.receipt import Receipt
from ostiary.controller.record.record import Draft
from ostiary.controller.record.sealing import Sealed
from ostiary.controller.record.tree import Growth
from ostiary.controller.store.log_store import RecordRow

CHUNK = 32  # records that are sealed before the writer hears of them


class Entry(NamedTuple):
    """One record before it has a position: its draft, its bytes, and how it is sealed."""

    draft: Draft
    data: bytes
    sealed: Sealed


class Batch:
    """Records that will stand from `base` on. `freshness` is node → (boot, seq) and `journal` node → upto, written in
    the same transaction. `growth`, `checkpoint` and `entries` are there once it is filled.
    """

    def __init__(self, base: int, freshness: Mapping[str, tuple[int, int]], journal: Mapping[str, int]) -> None:
        self.base, self.freshness, self.journal = base, freshness, journal
        self.entries: list[Entry] = []
        self.growth: Growth
        self.checkpoint: str
        self._chunks: SimpleQueue[list[RecordRow] | None] = SimpleQueue()
        self._filled = threading.Event()
        self._failure: BaseException | None = None

    @property
    def filled(self) -> bool:
        return self._filled.is_set()

    def fill(self, entries: Iterator[Sequence[Entry]], sign: Callable[[Sequence[bytes]], tuple[Growth, str]]) -> None:
        """Take the entries chunk by chunk, then grow and sign the tree for all of them. Once."""
        try:
            for chunk in entries:
                first = self.base + len(self.entries)
                self.entries += chunk
                self._chunks.put([_row(position, entry) for position, entry in enumerate(chunk, first)])
            self.growth, self.checkpoint = sign([entry.sealed.leaf for entry in self.entries])
        except BaseException as error:
            self._failure = error
            raise
        finally:
            self._chunks.put(None)
            self._filled.set()

    def rows(self) -> Iterator[list[RecordRow]]:
        """Chunk by chunk, waiting for each. Once. Raises what kept the batch from being filled."""
        while (chunk := self._chunks.get()) is not None:
            yield chunk
        self.wait()

    def wait(self) -> None:
        """Until it is filled. Raises what kept it from that."""
        self._filled.wait()
        if self._failure is not None:
            raise self._failure

    def receipts(self) -> list[Receipt]:
        """In the order of the entries. Nobody may have one before the batch is durable."""
        growth, size, checkpoint = self.growth, self.growth.size, self.checkpoint
        return [
            Receipt(position, sealed.leaf, sealed.salt, size, proof, checkpoint)
            for position, (_, _, sealed), proof in zip(
                range(growth.base, size), self.entries, growth.inclusions(), strict=True
            )
        ]


def _row(position: int, entry: Entry) -> RecordRow:
    draft, _, sealed = entry
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
        sealed.wraps,
        sealed.sealed,
    )
