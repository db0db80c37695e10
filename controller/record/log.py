"""The decision log: the one place that appends.

Promise: when `append` returns, its records are on the disk and in the signed tree; when it raises, none of them is.
The tree that others see is never ahead of the disk.
"""

import asyncio
import logging
import os
from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from ostiary.controller.record.batch import CHUNK, Batch, Entry
from ostiary.controller.record.checkpoint import Signer, origin_of
from ostiary.controller.record.erasing import Doomed, Named, erasures, list_of, named
from ostiary.controller.record.errors import LogClosed, RecordFailed
from ostiary.controller.record.group import GroupCommit
from ostiary.controller.record.handover import Handover
from ostiary.controller.record.holders import Holders
from ostiary.controller.record.keyring import HandingOver, Keyring
from ostiary.controller.record.lock import take
from ostiary.controller.record.opening import Erased, Opened, open_record
from ostiary.controller.record.publisher import Publisher
from ostiary.controller.record.reading import Reading
from ostiary.controller.record.rebuild import catch_up, disagrees, published_size, rebuilt
from ostiary.controller.record.receipt import Receipt, cosigners, to_file
from ostiary.controller.record.record import LASTING, Draft, holder_names_since, record_bytes
from ostiary.controller.record.sealing import about, commitment, fresh_bytes, seal, unseal
from ostiary.controller.record.tiles import Tiles
from ostiary.controller.record.tree import EMPTY_ROOT, Growth
from ostiary.controller.record.witnesses import Witnesses, read_witnesses
from ostiary.controller.store import log_db
from ostiary.controller.store.errors import NotDestroyed, StoreUnavailable, ThreePartError
from ostiary.controller.store.keys import KeyStore
from ostiary.controller.store.log_store import LogPlace, LogWriter

_log = logging.getLogger("ostiary.log")

Freshness = Mapping[str, tuple[int, int]]
Journal = Mapping[str, int]


class _Wish(NamedTuple):
    made: Sequence[tuple[Draft, bytes]]
    freshness: Freshness
    journal: Journal


class Log:
    """The log of one site. `Log.start` opens it; one event loop appends, any thread may ask."""

    def __init__(self, place: LogPlace, keys: KeyStore, site: str, random: Callable[[int], bytes], lock: int) -> None:
        """Use `start`, which also holds the store against its own signatures."""
        self._place, self._keys, self._site, self._random, self._lock = place, keys, site, random, lock
        self._said = about(site)
        self._holders = Holders(keys)
        self._tiles = Tiles(tiles_beside(place.file))
        self._closed = False
        self._erasing = asyncio.Lock()
        self._group = GroupCommit(self._opened_for, self.commit, self._told)
        self._db: LogWriter | None = log_db.open_writer(place, self._commitment_of)
        try:
            last = _last_checkpoint(self._db)
            self._ring = Keyring(keys, origin_of(site), self._tiles.directory / "keys", last)
            self._signer: Signer | HandingOver = self._ring.signer
            self._witnesses = Witnesses(read_witnesses(place.file.with_name("witnesses")), self.consistency)
            self._reading = Reading(place)
            self._behind = Reading(place)  # of its own, so that publishing never keeps a question waiting
            self._tree = rebuilt(self._tiles, self._commitments, last, self._ring.keys)
            # Size and checkpoint in one value, so that whoever reads it from another thread has a pair that fits.
            self._signed = last or (0, self._signer.sign(0, EMPTY_ROOT))
            self._publisher = self._published()
            self._finish_at_start()
        except BaseException:
            self._db.close()
            raise

    @classmethod
    def start(
        cls, place: LogPlace | Path, keys: KeyStore, site: str, random: Callable[[int], bytes] = os.urandom
    ) -> "Log":
        """Open the log at `place` (a path: an SQLite file), or begin one; hold the last checkpoint against it.

        Raises LogInUse, LogHeld, Broken (the store disagrees with its signatures: nothing may be appended to it),
        StoreUnavailable, BadDsn and NewerSchema.
        """
        place = log_db.place_of(place)
        lock = take(place.file)
        try:
            return cls(place, keys, site, random, lock)
        except BaseException:
            os.close(lock)
            raise

    @property
    def size(self) -> int:
        """How many records are durable."""
        return self._signed[0]

    @property
    def checkpoint(self) -> str:
        """The newest checkpoint, a signed note."""
        return self._signed[1]

    @property
    def verifier_key(self) -> str:
        """The key that anybody needs to check checkpoints and receipts."""
        return self._signer.verifier_key

    @property
    def witnesses(self) -> list[str]:
        """The verifier keys of those who cosigned the checkpoint that is published now; none: it is unwitnessed."""
        return cosigners(self._publisher.published[1], self._witnesses.keys)

    @property
    def alarms(self) -> list[str]:
        """What witnesses refuse this log for, a sentence each."""
        return list(self._witnesses.alarms.values())

    def inclusion(self, position: int, size: int | None = None) -> tuple[bytes, ...]:
        """The proof that a record is among the first `size` (default: all). Raises IndexError."""
        return self._tree.inclusion(position, self.size if size is None else size)

    def consistency(self, old: int, size: int | None = None) -> tuple[bytes, ...]:
        """The proof that the first `size` records begin with the first `old`. Raises IndexError."""
        return self._tree.consistency(old, self.size if size is None else size)

    def freshness(self) -> dict[str, tuple[int, int]]:
        """node → the highest (boot, seq) that was recorded."""
        return self._reading.ask(log_db.freshness)

    def journal(self) -> dict[str, int]:
        """node → the last journal entry that was recorded."""
        return self._reading.ask(log_db.journal)

    def reading(self) -> Reading:
        """Rows by their index columns. The log closes it."""
        return self._reading

    def open(self, position: int) -> dict[str, Any] | Erased:
        """The body of a record, or Erased. Raises IndexError for no such record and Broken when it was changed."""
        opened = self.opened(position)
        return opened if isinstance(opened, Erased) else opened.body

    def opened(self, position: int) -> Opened | Erased:
        """Like `open`, with the row, the bytes as they were written, and the salt."""
        if not 0 <= position < self.size:
            raise IndexError(f"record {position} of {self.size}")
        return self._reading.ask(lambda db: open_record(db, self._keys, self._site, position, self._tree.leaf))

    def decisions_of(self, person: str, since_ms: int, until_ms: int, most: int) -> list[Opened]:
        """Up to `most` decisions about a person of that time, the newest first; those that were erased are left out.

        Reads much: not for the event loop. Raises Broken when one was changed.
        """
        holders = self._holders_of(person, since_ms, until_ms)
        return self._all_opened(self._reading.decisions_of(holders, since_ms, most) if holders else [])

    def records_of(self, person: str, since_ms: int, until_ms: int, most: int) -> list[Opened]:
        """The same for records of every kind."""
        holders = self._holders_of(person, since_ms, until_ms)
        return self._all_opened(self._reading.records_of(holders, since_ms, most) if holders else [])

    def concerns(self, position: int, person: str) -> bool:
        """Whether a record that is there can be opened with this person's key: it was written about them."""
        row = self._reading.at(position)
        if row is None:
            return False
        holders = self._holders_of(person, row.at_ms, row.at_ms)
        return self._reading.held_by(position, holders)

    def _holders_of(self, person: str, since_ms: int, until_ms: int) -> list[bytes]:
        names = holder_names_since(person, since_ms, until_ms)
        return [key.id for name in names if (key := self._keys.held(name)) is not None]

    def _all_opened(self, positions: Sequence[int]) -> list[Opened]:
        opened = [self.opened(position) for position in positions]
        return [one for one in opened if isinstance(one, Opened)]

    def receipt(self, opened: Opened) -> Receipt:
        """A receipt for a record that was opened: against the published checkpoint, which witnesses may have
        cosigned, or against the newest one while the record is newer than that, or the key that signs is."""
        position = opened.row.position
        size, note = self._publisher.published
        if position >= size or not cosigners(note, [self._ring.chain[-1].key]):
            size, note = self._signed
        return Receipt(position, opened.leaf, opened.salt, size, self._tree.inclusion(position, size), note)

    def receipt_file(self, opened: Opened, receipt: Receipt | None = None) -> bytes:
        """The file that the person takes home; against the published checkpoint unless `receipt` says otherwise."""
        return to_file(opened.data, receipt or self.receipt(opened), self._ring.chain, self._witnesses.keys)

    async def rotate_key(self, record: Callable[[Handover], Draft]) -> Handover:
        """Sign with a new key from now on. `record` makes the record that the old key's last checkpoint covers.

        Raises what `append` raises; then the old key stays.
        """
        handover, new = self._ring.prepare()
        self._signer = HandingOver(self._ring.signer, new)
        try:
            await self.append([record(handover)])
        except BaseException:
            self._signer = self._ring.signer
            raise
        try:
            self._ring.take(handover, new)
        finally:
            self._signer = self._ring.signer
        return handover

    async def append(
        self, drafts: Sequence[Draft], *, freshness: Freshness | None = None, journal: Journal | None = None
    ) -> list[Receipt]:
        """Record all drafts, in order and in one transaction with the given numbers; one receipt for each.

        Raises BadDraft (only this caller's drafts are refused), RecordFailed (nothing was recorded) and LogClosed.
        If the caller is cancelled while it waits, the records may still be written.
        """
        if self._closed:
            raise LogClosed("Nothing was recorded.", "The log is closed.", "Start the keeper again.")
        wish = _Wish(self._made(drafts), freshness or {}, journal or {})
        if self._erasing.locked():
            async with self._erasing:  # a record sealed now could miss its key a moment later
                pass
        return list(await self._group.put(wish))

    async def erase(self, doomed: Sequence[Doomed], record: Callable[[Named], Draft]) -> list[Receipt]:
        """Record an erasure, then destroy its keys, so that nobody can read what only they opened.

        `record` makes a draft of what it names; a long erasure has several. While the last records are looked at and
        the keys go, which takes as long as a commit or two, appends wait, so no record is ever under a key that goes
        meanwhile. A crash in between is finished by the next `start`. Raises what `append` raises, and NotDestroyed.
        """
        keys = {key.id for key in doomed}
        looked = self.size
        found = await asyncio.to_thread(lambda: named(self._behind, keys, 0, looked))
        async with self._erasing:
            await self._group.put(_Wish([], {}, {}))  # whoever was on the way is durable now
            found += await asyncio.to_thread(lambda: named(self._behind, keys, looked, self.size))
            drafts = [record(part) for part in Named.parts(doomed, found)]
            receipts = list(await self._group.put(_Wish(self._made(drafts), {}, {})))
            await asyncio.to_thread(self.finish_erasures)
        return receipts

    def finish_erasures(self) -> None:
        """Destroy what records of erasures name and a crash has left, and publish the list.

        Raises NotDestroyed, StoreUnavailable.
        """
        said = erasures(self._reading, self.open)
        if said:
            self._keys.destroy_all(key for one in said for key in one.keys)
        chain = "".join(f"{handover.line}\n" for handover in self._ring.chain)
        try:
            self._tiles.set_erasures(list_of(self.size, said, chain, self._ring.signer.sign_text))
        except OSError as error:
            raise StoreUnavailable(
                "The list of erasures was not published; the keys are destroyed.",
                f"The system says: {error}.",
                f"Check space and health of {self._tiles.directory}. The next start, or day, publishes it.",
            ) from error

    def stage(
        self, drafts: Sequence[Draft], freshness: Freshness | None = None, journal: Journal | None = None
    ) -> Batch:
        """Seal drafts and sign the tree as it will be with them. Changes nothing that others see. Raises BadDraft."""
        wish = _Wish(self._made(drafts), freshness or {}, journal or {})
        batch = self._opened_for([wish])
        self._fill(batch, [wish])
        return batch

    def commit(self, batch: Batch) -> Batch:
        """Make a batch durable, then visible. Blocks on the disk; runs in one thread at a time.

        Returns the batch as it was committed: staged anew if the log had to catch up with the disk after a failure.
        Raises RecordFailed; then nothing of the batch is anywhere, and the next commit opens the file afresh.
        """
        try:
            db = self._writer()
            if batch.base != self._tree.size:
                batch.wait()
                wish = _Wish([entry[:2] for entry in batch.entries], batch.freshness, batch.journal)
                batch = self._opened_for([wish])
                self._fill(batch, [wish])
            db.write(batch.rows(), lambda: self._checkpoint_of(batch), batch.freshness, batch.journal)
        except BaseException as error:
            expected = (OSError, ThreePartError, *(self._db.errors if self._db else ()))
            self._drop_writer()  # whatever it was, no transaction stays open
            if isinstance(error, expected) and isinstance(error, Exception):
                raise _failed(self._place, error) from error
            raise
        self._tree.adopt(batch.growth)
        self._signed = (batch.growth.size, batch.checkpoint)
        self._publisher.announce(*self._signed)
        return batch

    async def close(self) -> None:
        """Finish what waits, then close the file. Afterwards `append` raises LogClosed."""
        if self._closed:
            return
        self._closed = True
        await self._group.close()
        await asyncio.to_thread(self._publisher.close)
        self._reading.close()
        self._behind.close()
        self._drop_writer()
        os.close(self._lock)

    def _finish_at_start(self) -> None:
        try:
            self.finish_erasures()
        except (NotDestroyed, StoreUnavailable) as error:
            # The rows are gone in any case, or stay as unreadable as before; doors do not wait for it.
            _log.error("An erasure is finished later: %s", error)

    def _made(self, drafts: Sequence[Draft]) -> list[tuple[Draft, bytes]]:
        return [(draft, record_bytes(draft, self._site)) for draft in drafts]

    def _opened_for(self, wishes: Sequence[_Wish]) -> Batch:
        if len(wishes) == 1:
            return Batch(self._tree.size, wishes[0].freshness, wishes[0].journal)
        freshness: dict[str, tuple[int, int]] = {}
        journal: dict[str, int] = {}
        for wish in wishes:
            for node, number in wish.freshness.items():
                freshness[node] = max(number, freshness.get(node, number))
            for node, upto in wish.journal.items():
                journal[node] = max(upto, journal.get(node, upto))
        return Batch(self._tree.size, freshness, journal)

    def _fill(self, batch: Batch, wishes: Sequence[_Wish]) -> None:
        made = wishes[0].made if len(wishes) == 1 else [one for wish in wishes for one in wish.made]
        chunks = (self._sealed(made[first : first + CHUNK]) for first in range(0, len(made), CHUNK))
        batch.fill(chunks, self._grown)

    def _sealed(self, made: Sequence[tuple[Draft, bytes]]) -> list[Entry]:
        said, holders_of = self._said, self._holders.of
        holders = [holders_of(draft.persons, draft.at_ms, draft.kind in LASTING) for draft, _ in made]
        sizes = [fresh_bytes(len(held)) for held in holders]
        # One draw for all: asking the system costs more than what it gives.
        fresh, start = self._random(sum(sizes)), 0
        entries: list[Entry] = []
        for (draft, data), held, size in zip(made, holders, sizes, strict=True):
            entries.append(Entry(draft, data, seal(data, said, held, fresh[start : start + size])))
            start += size
        return entries

    def _grown(self, leaves: Sequence[bytes]) -> tuple[Growth, str]:
        growth = self._tree.grown(leaves)
        return growth, self._signer.sign(growth.size, growth.root()) if leaves else self._signed[1]

    def _checkpoint_of(self, batch: Batch) -> tuple[int, str] | None:
        batch.wait()
        # Before the commit: a record whose key could be lost in a crash must not be on the disk.
        self._keys.keep()
        return (batch.growth.size, batch.checkpoint) if batch.entries else None

    def _told(self, batch: Batch, wishes: Sequence[_Wish]) -> list[Sequence[Receipt]]:
        if not batch.filled:
            self._fill(batch, wishes)
        receipts = iter(batch.receipts())
        return [list(islice(receipts, len(wish.made))) for wish in wishes]

    def _commitment_of(self, leaf: bytes, sealed: bytes, wraps: bytes) -> bytes | None:
        opened = unseal(self._site, leaf, sealed, wraps, self._keys.by_id)
        return None if opened is None else commitment(opened.salt, opened.data)

    def _commitments(self, first: int, limit: int) -> list[bytes]:
        rows = self._behind.ask(lambda db: log_db.commitments(db, first, limit))
        for expected, (position, _) in enumerate(rows, first):
            if position != expected:
                raise disagrees(f"record {expected} is missing")
        return [commitment for _, commitment in rows]

    def _published(self) -> Publisher:
        """The thread that publishes, told of what a crash may have left unpublished."""
        size = published_size(self._tiles, self._ring.keys)
        published = (size, (self._tiles.checkpoint() or "") if size else "")
        publisher = Publisher(self._tiles, self._commitments, published, self._witnesses.cosigned)
        if self._signed[0] > size:
            publisher.announce(*self._signed)
        return publisher

    def _writer(self) -> LogWriter:
        if self._db is None:
            db = log_db.open_writer(self._place, self._commitment_of)
            try:
                # A commit that failed may have reached the disk all the same. Nobody was told, so it simply stays.
                last = _last_checkpoint(db)
                catch_up(self._tree, self._commitments, last, self._ring.keys)
                self._signed = last or self._signed
            except BaseException as error:
                db.close()
                if isinstance(error, db.errors):
                    raise _failed(self._place, error) from error
                raise
            self._db = db
        return self._db

    def _drop_writer(self) -> None:
        if self._db is not None:
            self._db.close()  # rolls back what was not committed
            self._db = None


def tiles_beside(path: Path) -> Path:
    """Where the tiles of the log at `path` are: a directory of its name, beside it."""
    return path.with_suffix("")


def _last_checkpoint(db: LogWriter) -> tuple[int, str] | None:
    """Raises StoreUnavailable, also when the line is cut just after it was opened."""
    try:
        return log_db.last_checkpoint(db)
    except db.errors as error:
        raise StoreUnavailable(
            "The log was not opened.",
            f"The system says: {str(error).strip()}.",
            "The next request tries again.",
        ) from error


def _failed(place: LogPlace, error: BaseException) -> RecordFailed:
    why = error.why if isinstance(error, ThreePartError) else f"The system says: {str(error).strip()}."
    return RecordFailed(
        "Nothing was recorded.",
        why,
        f"Check space and health of {place.say}. The next request tries again by itself.",
    )
