"""A receipt: one record in its person's hand, with all that shows that the log holds it; nobody's help is needed.

The file is text that can be mailed: our own lines first, then a proof as c2sp.org/tlog-proof writes it. Every byte
counts: `verify` takes one spelling only, and leaves no line unchecked.
"""

import binascii
import json
import re
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from ostiary.controller.record.checkpoint import (
    BadKey,
    BadNote,
    Cosigned,
    checkpoint_in,
    cosignature,
    is_witness,
    open_note,
    signs_with,
    split_note,
)
from ostiary.controller.record.handover import Handover, end_of
from ostiary.controller.record.sealing import SALT_BYTES, leaf_of
from ostiary.controller.record.tree import HASH_BYTES, verify_inclusion
from ostiary.protocol import base64url

FORMAT = "ostiary receipt v1"
PROOF_FORMAT = "c2sp.org/tlog-proof@v1"
MAX_BYTES = 1_000_000
COLUMNS = 76
LATE_S = 86_400  # how far the clocks of a witness and of whoever verifies may be apart
_NUMBER = re.compile(r"0|[1-9][0-9]{0,17}")


class Receipt(NamedTuple):
    """Where a record lies: `leaf` at `position` (from 0) of a tree of `size` leaves, which `checkpoint` signs."""

    position: int
    leaf: bytes
    salt: bytes
    size: int
    proof: tuple[bytes, ...]
    checkpoint: str


@dataclass(frozen=True, slots=True)
class Checked:
    """What a receipt turned out to be. `check` names the check that failed (`""` when all held):

    `form`, `key`, `checkpoint`, `witness`, `position`, `proof`, `record` or `shown`. All that follows is set only when
    `ok`.
    """

    ok: bool
    check: str
    say: str
    position: int = -1
    size: int = -1
    record: dict[str, Any] | None = None
    log_key: str = ""
    witnessed: tuple[Cosigned, ...] = ()
    leaf: bytes = b""
    salt: bytes = b""


@dataclass(frozen=True, slots=True)
class _File:
    """A receipt's parts as they stand in the file, none of them checked."""

    keys: tuple[Handover, ...]
    witnesses: tuple[str, ...]
    salt: bytes
    record: bytes
    position: int
    proof: tuple[bytes, ...]
    checkpoint: str


class _Failed(Exception):
    def __init__(self, check: str, say: str) -> None:
        super().__init__(say)
        self.check, self.say = check, say


def to_file(record: bytes, receipt: Receipt, keys: Sequence[Handover], witnesses: Sequence[str] = ()) -> bytes:
    """The receipt as a file: `record` (the bytes as they were written) with salt, proof and checkpoint.

    `keys` are the log's, the first one first; of the checkpoint's signatures those of the last key are kept, and the
    cosignatures of `witnesses` (verifier keys).
    """
    text, signatures = split_note(receipt.checkpoint)
    cosigned = cosigners(receipt.checkpoint, witnesses)
    lines: list[str] = []
    for wanted in map(signs_with, [keys[-1].key, *cosigned]):
        [line] = [_line(name, blob) for name, blob in signatures if (name, blob[:4]) == wanted][:1]
        lines.append(line)
    note = f"{text}\n{''.join(lines)}"
    return _encode(_File(tuple(keys), tuple(cosigned), receipt.salt, record, receipt.position, receipt.proof, note))


def cosigners(note: str, witnesses: Sequence[str]) -> list[str]:
    """Those of `witnesses` (verifier keys) that a checkpoint has a line of."""
    if not note:
        return []
    there = {(name, blob[:4]) for name, blob in split_note(note)[1]}
    return [key for key in witnesses if signs_with(key) in there]


def verify(file: bytes, key: str | None = None, witnesses: Sequence[str] = (), now_s: int | None = None) -> Checked:
    """Check a receipt. Never raises: whatever `file` is, the result says it.

    `key` is the log's verifier key as the asker knows it (any that it ever had); without one the receipt's own is
    believed. With `witnesses` (verifier keys), at least one of them must have cosigned. `now_s` is the Unix time:
    a cosignature from the future is refused.
    """
    try:
        return _checked(file, key, witnesses, now_s)
    except _Failed as failed:
        return Checked(False, failed.check, failed.say)


def is_as_shown(checked: Checked, shown: str) -> Checked:
    """A receipt that holds, held against what the door showed: `OSTIARY:code:leaf:salt`, the last two in base64url.

    That is all a door says, and it is enough: the leaf binds to the record, and the salt says that it is this one.
    """
    parts = shown.strip().split(":")
    record = checked.record or {}
    if len(parts) != 4 or parts[0] != "OSTIARY":
        return Checked(False, "shown", "What the door showed looks like OSTIARY:code:leaf:salt; this does not.")
    if parts[1].replace("-", "") != record.get("receipt"):
        return Checked(False, "shown", "The door showed another receipt code than this receipt has.")
    if [base64url.encode(checked.leaf), base64url.encode(checked.salt)] != parts[2:]:
        return Checked(False, "shown", "The log holds this record, but it is not the one that the door showed.")
    return checked


def _checked(file: bytes, key: str | None, witnesses: Sequence[str], now_s: int | None) -> Checked:
    held = _decode(file)
    last = _log_key(held.keys, key)
    try:
        text = open_note(held.checkpoint, last)
        checkpoint = checkpoint_in(text)
    except BadNote as error:
        raise _Failed("checkpoint", f"The log's signature does not hold: {error}") from None
    if checkpoint.origin != signs_with(last)[0]:
        raise _Failed("checkpoint", f"The checkpoint is of the log {checkpoint.origin!r}, and the key is another's.")
    seen = _witnessed(held, last, witnesses, now_s)
    if held.position >= checkpoint.size:
        say = f"The checkpoint is older than the record: it signs {checkpoint.size} records, none at {held.position}."
        raise _Failed("position", say)
    leaf = leaf_of(held.salt, held.record)
    if not verify_inclusion(leaf, held.position, checkpoint.size, held.proof, checkpoint.root):
        say = "This record is not the one that the log signed for there: record, salt, proof or checkpoint was changed."
        raise _Failed("proof", say)
    record = _record(held.record)
    if record is None or f"ostiary/{record.get('site')}" != checkpoint.origin:
        raise _Failed("record", "The log holds these bytes, but they are no record of its site.")
    say = (
        f"The log {checkpoint.origin} holds this record at {held.position}, among {checkpoint.size} that it signed for."
    )
    return Checked(True, "", say, held.position, checkpoint.size, record, last, seen, leaf, held.salt)


def _log_key(keys: Sequence[Handover], key: str | None) -> str:
    try:
        if key is not None and is_witness(key):
            raise _Failed("key", "The key to check with is a witness's; the log's is needed.")
    except BadKey as error:
        raise _Failed("key", f"The key to check with is no verifier key: {error}") from None
    try:
        last = end_of(keys)
    except BadKey as error:
        raise _Failed("key", f"The receipt's own keys do not hold: {error}") from None
    if key is not None and key not in [handover.key for handover in keys]:
        raise _Failed("key", f"The receipt is signed with another key than {key}.")
    return last


def _witnessed(held: _File, last: str, known: Sequence[str], now_s: int | None) -> tuple[Cosigned, ...]:
    try:
        wanted = [signs_with(last), *map(signs_with, held.witnesses)]
        found = [(name, blob[:4]) for name, blob in split_note(held.checkpoint)[1]]
        if found != wanted or len(set(wanted)) != len(wanted):
            raise _Failed("witness", "The checkpoint's signatures are not those of the keys that the receipt names.")
        seen = [cosignature(held.checkpoint, key) for key in held.witnesses]
    except (BadKey, BadNote) as error:
        raise _Failed("witness", f"A witness's signature does not hold: {error}") from None
    for one in seen:
        if one is not None and now_s is not None and one.at_s > now_s + LATE_S:
            say = f"The witness {one.name} signed in the future, by this machine's clock: one of the two is wrong."
            raise _Failed("witness", say)
    if known and not set(known) & set(held.witnesses):
        raise _Failed("witness", "None of the witnesses that were asked for has signed this checkpoint.")
    return tuple(one for one in seen if one is not None)


def _encode(held: _File) -> bytes:
    record = b64encode(held.record).decode()
    lines = [FORMAT]
    lines += [handover.line for handover in held.keys]
    lines += [f"witness {key}" for key in held.witnesses]
    lines += [f"salt {b64encode(held.salt).decode()}", "record"]
    lines += [record[at : at + COLUMNS] for at in range(0, len(record), COLUMNS)]
    lines += ["", PROOF_FORMAT, f"index {held.position}"]
    lines += [b64encode(step).decode() for step in held.proof]
    return ("\n".join(lines) + "\n\n" + held.checkpoint).encode()


def _decode(file: bytes) -> _File:
    if len(file) > MAX_BYTES:
        raise _no_receipt(f"it has more than {MAX_BYTES} bytes")
    if file.count(b"\n") == file.count(b"\r\n"):  # mail may have given every line another end
        file = file.replace(b"\r\n", b"\n")
    try:
        text = file.decode()
    except UnicodeDecodeError:
        raise _no_receipt("it is not text in UTF-8") from None
    if any(letter < " " and letter != "\n" for letter in text):
        raise _no_receipt("it has control characters")
    ours, blank, rest = text.partition("\n\n")
    proof, other_blank, checkpoint = rest.partition("\n\n")
    if not blank or not other_blank:
        raise _no_receipt("it is cut short")
    held = _parts(ours.split("\n"), proof.split("\n"), checkpoint)
    # One spelling only: a file that says the same in other bytes was not made by a log.
    if held is None or _encode(held) != file:
        raise _no_receipt("it is not spelled as a log spells it")
    return held


def _parts(ours: list[str], proof: list[str], checkpoint: str) -> _File | None:
    read = [Handover.read(line) for line in ours if line.startswith("log ")]
    keys = [one for at, one in enumerate(read) if one is not None and (one.signature is None) == (at == 0)]
    witnesses = [line.removeprefix("witness ") for line in ours if line.startswith("witness ")]
    after = 1 + len(keys) + len(witnesses)
    if not keys or len(ours) < after + 3 or len(proof) < 2 or not _NUMBER.fullmatch(proof[1].removeprefix("index ")):
        return None
    salt = _base64(ours[after].removeprefix("salt "))
    record = _base64("".join(ours[after + 2 :]))
    steps = [_base64(step) for step in proof[2:]]
    if salt is None or len(salt) != SALT_BYTES or record is None:
        return None
    path = tuple(step for step in steps if step is not None and len(step) == HASH_BYTES)
    position = int(proof[1].removeprefix("index "))
    return _File(tuple(keys), tuple(witnesses), salt, record, position, path, checkpoint)


def _no_receipt(why: str) -> _Failed:
    return _Failed("form", f"This is no receipt, or a damaged one: {why}.")


def _line(name: str, blob: bytes) -> str:
    return f"\u2014 {name} {b64encode(blob).decode()}\n"


def _record(data: bytes) -> dict[str, Any] | None:
    try:
        record = json.loads(data)
    except (ValueError, RecursionError):
        return None
    return record if isinstance(record, dict) else None


def _base64(text: str) -> bytes | None:
    try:
        data = binascii.a2b_base64(text.encode("ascii"), strict_mode=True)
    except ValueError:
        return None
    return data if b64encode(data).decode() == text else None
