"""Erasing: which records fall with a key, what the record of an erasure says, and the list by which a restored backup
learns of it.

An erasure is a record first and a destruction second. Its record names every record that was sealed for one of the keys
(`indices`: positions, or pairs of a first and a last one) and the ids of the keys (random bytes that name nobody), so
that a crash in between, and a backup that still has the keys, can be brought to the same end.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from ostiary.controller.record.checkpoint import BadKey, BadNote, open_note
from ostiary.controller.record.errors import BadErasures
from ostiary.controller.record.handover import Handover, end_of
from ostiary.controller.record.reading import Reading
from ostiary.controller.record.record import LASTING
from ostiary.controller.record.sealing import ID_BYTES, WRAP_BYTES
from ostiary.controller.store.log_store import EVERYDAY

_FIRST = "ostiary erasures v1"
AT_ONCE = 4096
SPANS, KEYS = 1500, 600  # of one record, which may have 64 KiB

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Doomed:
    """A key that will be destroyed: its name in the key store, and its id."""

    name: str
    id: bytes


@dataclass(frozen=True, slots=True)
class Said:
    """What one record says was erased. `subject` is `subject_of` the person, None where it is about nobody."""

    position: int
    keys: tuple[bytes, ...]
    subject: str | None


@dataclass(frozen=True, slots=True)
class Named:
    """What one record of an erasure will name."""

    spans: tuple[Span, ...]
    keys: tuple[bytes, ...]

    @property
    def body(self) -> dict[str, Any]:
        """`indices` and `keys`, as they stand in the record."""
        indices = [first if first == last else [first, last] for first, last in self.spans]
        return {"indices": indices, "keys": [key.hex() for key in self.keys]}

    @staticmethod
    def parts(doomed: Sequence[Doomed], spans: Sequence[Span]) -> "list[Named]":
        """All of it, in pieces that each fit into a record."""
        keys = sorted(key.id for key in doomed)
        number = max(-(-len(spans) // SPANS), -(-len(keys) // KEYS))
        parts: list[Named] = []
        for at in range(number):
            # Each record names something: keys that need one more say again what the last one said.
            held = spans[at * SPANS : (at + 1) * SPANS] or spans[-1:]
            parts.append(Named(tuple(held), tuple(keys[at * KEYS : (at + 1) * KEYS])))
        return parts


def subject_of(person: str) -> str:
    """How the list knows a person: the SHA-256 of their id, whose 80 random bits nobody can guess."""
    return sha256(b"ostiary person\x00" + person.encode()).hexdigest()


def named(reading: Reading, keys: set[bytes], first: int, upto: int) -> list[Span]:
    """The records in [first, upto) that were sealed for one of these keys, as spans. Reads each of them once."""
    spans: list[Span] = []
    query = "SELECT position, wraps FROM record WHERE position >= ? AND position < ? ORDER BY position LIMIT ?"
    while first < upto:
        rows = reading.ask(lambda db, at=first: db.execute(query, (at, upto, AT_ONCE)).fetchall())
        if not rows:
            break
        for position, wraps in rows:
            if any(wraps[at : at + ID_BYTES] in keys for at in range(0, len(wraps), WRAP_BYTES)):
                if spans and spans[-1][1] == position - 1:
                    spans[-1] = (spans[-1][0], position)
                else:
                    spans.append((position, position))
        first = rows[-1][0] + 1
    return spans


def needed_for_ever(reading: Reading) -> set[bytes]:
    """The ids of keys under which a record stands that must outlive them."""
    marks = ", ".join("?" * len(LASTING))
    query = f"SELECT wraps FROM record WHERE kind IN ({marks}) AND kind NOT IN {EVERYDAY}"  # noqa: S608
    rows = reading.ask(lambda db: db.execute(query, sorted(LASTING)).fetchall())
    return {bytes(wraps[at : at + ID_BYTES]) for (wraps,) in rows for at in range(0, len(wraps), WRAP_BYTES)}


def erasures(reading: Reading, opened: Callable[[int], Any]) -> list[Said]:
    """What the log says was erased, in its order. `opened` gives a record's body."""
    kinds = "('erase', 'forget', 'withdraw-face')"
    query = f"SELECT position FROM record WHERE kind IN {kinds} AND kind NOT IN {EVERYDAY} ORDER BY position"  # noqa: S608
    found: list[Said] = []
    for (position,) in reading.ask(lambda db: db.execute(query).fetchall()):
        body = opened(position)
        if isinstance(body, dict) and body.get("keys"):
            found.append(Said(position, tuple(map(bytes.fromhex, body["keys"])), body.get("subject")))
    return found


def list_of(size: int, said: Iterable[Said], chain: str, sign: Callable[[str], str]) -> str:
    """The list as it is published: what was erased while the log had `size` records, signed.

    A signed note, then the log's chain of keys, then a line for each record of an erasure; the note has the SHA-256 of
    what follows it.
    """
    lines = [f"{one.position} {one.subject or '-'} {','.join(key.hex() for key in one.keys)}\n" for one in said]
    rest = "".join([*chain.splitlines(keepends=True), "\n", *lines])
    note = sign(f"{_FIRST}\n{size}\n{sha256(rest.encode()).hexdigest()}\n")
    return f"{note}\n{rest}"


def read_list(data: bytes, first_key: str) -> tuple[int, list[Said]]:
    """The (size, erasures) of a list. Raises BadErasures unless the log whose first key this is has signed it."""
    try:
        text = data.decode()
        head, blank, tail = text.partition("\n\n")
        note, _, rest = tail.partition("\n\n")
        note = f"{head}{blank}{note}\n"
        keys, _, lines = rest.partition("\n\n")
        chain = [held for line in keys.splitlines() if (held := Handover.read(line)) is not None]
        newest = end_of(chain)
        if chain[0].key != first_key:
            raise BadKey("It is the list of another log.")
        first, size, digest = open_note(note, newest).splitlines()
        if first != _FIRST or digest != sha256(rest.encode()).hexdigest():
            raise BadNote("It was changed after it was signed.")
        said = [_said(line) for line in lines.splitlines()]
        return int(size), said
    except (BadKey, BadNote, ValueError, IndexError, UnicodeDecodeError) as error:
        raise BadErasures(
            "The list of erasures was not believed.",
            f"It is not what this log signed ({error}).",
            "Fetch it again, from the site (/log/SITE/erasures) or from whoever keeps a copy of what it publishes.",
        ) from error


def _said(line: str) -> Said:
    position, subject, keys = line.split(" ")
    return Said(int(position), tuple(map(bytes.fromhex, keys.split(","))), None if subject == "-" else subject)
