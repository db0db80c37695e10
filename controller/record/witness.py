"""Witness: a second party's memory of somebody's log. It cosigns what continues what it saw, and never two histories.

c2sp.org/tlog-witness, `add-checkpoint`. Promise: what was cosigned is on the disk before anybody hears of it, and two
histories that a log signed are kept, both, as evidence that needs no trust in the witness.
"""

import binascii
import os
import re
import threading
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from ostiary.controller.record.checkpoint import (
    BadKey,
    BadNote,
    Checkpoint,
    Cosigner,
    checkpoint_in,
    is_witness,
    open_note,
    signs_with,
    split_note,
)
from ostiary.controller.record.tree import EMPTY_ROOT, HASH_BYTES, verify_consistency
from ostiary.controller.store.errors import ThreePartError
from ostiary.controller.store.sqlite_file import sync_directory

MOST_STEPS = 63
_OLD = re.compile(r"old (0|[1-9][0-9]{0,17})")
TEXT, SIZE = "text/plain; charset=utf-8", "text/x.tlog.size"


class BadMemory(ThreePartError, ValueError):
    """What the witness remembers of a log cannot be read, or its key cannot."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP status, its content type and its body."""

    status: int
    text: str
    kind: str = TEXT


class Witness:
    """Remembers in `directory`. `now_s` is the Unix time; `alarm` hears a sentence when a log showed two histories."""

    def __init__(
        self, directory: Path, cosigner: Cosigner, logs: Sequence[str], now_s: Callable[[], int],
        alarm: Callable[[str], None],
    ) -> None:  # fmt: skip
        """`logs` are the verifier keys of the logs to follow; one log may have several. Raises BadKey, BadMemory."""
        self._directory, self._cosigner, self._now_s, self._alarm = directory, cosigner, now_s, alarm
        self._keys: dict[str, list[str]] = {}
        for key in logs:
            if is_witness(key):
                raise BadKey(f"{key} is a witness's key; a log's is needed.")
            self._keys.setdefault(signs_with(key)[0], []).append(key)
        self._lock = threading.Lock()
        self._seen: Mapping[str, str] = {origin: self._read(origin) for origin in self._keys}

    def seen(self) -> dict[str, str]:
        """Log → the newest checkpoint that was cosigned, as the log signed it; empty text for none."""
        return dict(self._seen)

    def evidence(self) -> list[Path]:
        """The files that show two histories of a log."""
        return sorted((self._directory / "evidence").glob("*.txt"))

    def add(self, body: bytes) -> Answer:
        """Answer one `add-checkpoint`. Checking and remembering are one step: two callers never cross."""
        try:
            old, proof, note = _read(body)
            checkpoint = checkpoint_in(split_note(note)[0])
        except (BadNote, ValueError) as error:
            return Answer(400, f"The request is no add-checkpoint: {error}\n")
        if checkpoint.origin not in self._keys:
            return Answer(404, "This witness does not follow that log.\n")
        signed = _signed_with(note, self._keys[checkpoint.origin])
        if signed is None:
            return Answer(403, "No key that this witness knows for the log signed the checkpoint.\n")
        if old > checkpoint.size:
            return Answer(400, "The old size is larger than the checkpoint's.\n")
        with self._lock:
            return self._judged(old, proof, signed, checkpoint)

    def _judged(self, old: int, proof: Sequence[bytes], note: str, checkpoint: Checkpoint) -> Answer:
        origin, known_note = checkpoint.origin, self._seen[checkpoint.origin]
        known = checkpoint_in(split_note(known_note)[0]) if known_note else Checkpoint(origin, 0, EMPTY_ROOT)
        if checkpoint.size == known.size and checkpoint.root != known.root:
            self._two_histories(origin, known_note, note, proof, f"two roots for {known.size} records")
            return Answer(409, f"{known.size}\n", SIZE)
        if old != known.size:
            if checkpoint.size < known.size:
                self._alarm(f"{origin} showed {checkpoint.size} records after {known.size}: it went back, or repeats.")
            return Answer(409, f"{known.size}\n", SIZE)
        if not verify_consistency(known.size, checkpoint.size, known.root, checkpoint.root, proof):
            self._two_histories(origin, known_note, note, proof, f"no proof from {known.size} to {checkpoint.size}")
            return Answer(422, "The proof does not lead from the checkpoint that was cosigned to this one.\n")
        try:
            _replace(self._memory(origin), note)
        except OSError as error:
            return Answer(503, f"Nothing was cosigned: the witness cannot remember ({error.strerror}).\n")
        self._seen = {**self._seen, origin: note}
        return Answer(200, self._cosigner.line(split_note(note)[0], self._now_s()))

    def _two_histories(self, origin: str, known: str, shown: str, proof: Sequence[bytes], why: str) -> None:
        steps = "".join(f"{b64encode(step).decode()}\n" for step in proof)
        text = (
            f"{origin}: {why}\n\n--- cosigned before ---\n{known}\n--- shown now ---\n{shown}\n--- proof ---\n{steps}"
        )
        name = f"{_short(origin)}-{sha256(text.encode()).hexdigest()[:16]}.txt"
        path = self._directory / "evidence" / name
        if path.exists():  # shown again; one alarm is enough
            return
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            _replace(path, text)
        except OSError as error:
            self._alarm(f"The evidence against {origin} could not be kept ({error.strerror}). It is:\n{text}")
        self._alarm(
            f"{origin} shows two histories ({why}). Both are kept in {path}. Ask the site, and show it to others."
        )

    def _memory(self, origin: str) -> Path:
        return self._directory / f"{_short(origin)}.checkpoint"

    def _read(self, origin: str) -> str:
        path = self._memory(origin)
        try:
            note = path.read_text()
        except FileNotFoundError:
            return ""
        except (OSError, UnicodeDecodeError):
            note = ""
        # A memory that cannot be read must not become an empty one: that would cosign any history.
        if _signed_with(note, self._keys[origin]) is None:
            raise BadMemory(
                "The witness did not start.",
                f"What it remembers of {origin} in {path} is no checkpoint that a known key of the log signed.",
                "Put the file back from a backup, or add the log's earlier key with --log. Do not delete it.",
            )
        return note


def _signed_with(note: str, keys: Sequence[str]) -> str | None:
    """The note, reduced to the signature of the first of `keys` that signed it."""
    for key in keys:
        try:
            text = open_note(note, key)
        except BadNote:
            continue
        line = next(
            f"\u2014 {name} {b64encode(blob).decode()}\n"
            for name, blob in split_note(note)[1]
            if (name, blob[:4]) == signs_with(key)
        )
        return f"{text}\n{line}"
    return None


def _read(body: bytes) -> tuple[int, list[bytes], str]:
    """(old size, proof, note). Raises ValueError saying what is wrong."""
    head, blank, note = body.decode().partition("\n\n")
    if not blank:
        raise ValueError("it has no empty line before the checkpoint")
    first, *steps = head.split("\n")
    old = _OLD.fullmatch(first)
    if old is None:
        raise ValueError("its first line is not the old size")
    if len(steps) > MOST_STEPS:
        raise ValueError(f"it has more than {MOST_STEPS} lines of proof")
    proof = [binascii.a2b_base64(step, strict_mode=True) for step in steps]
    if any(len(step) != HASH_BYTES for step in proof) or [b64encode(step).decode() for step in proof] != steps:
        raise ValueError("a line of the proof is not a hash")
    return int(old[1]), proof, note


def _short(origin: str) -> str:
    return sha256(origin.encode()).hexdigest()[:16]


def _replace(path: Path, text: str) -> None:
    """Durable: the old file or the new one, whatever happens."""
    beside = path.with_name(path.name + ".new")
    with beside.open("w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
    sync_directory(path.parent)
