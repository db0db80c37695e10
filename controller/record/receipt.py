"""A receipt: one record in its person's hand, with all that shows that the log holds it; nobody's help is needed."""

import binascii
import json
from base64 import b64encode
from dataclasses import dataclass
from typing import Any, NamedTuple

from ostiary.controller.record.checkpoint import BadKey, BadNote, read_checkpoint
from ostiary.controller.record.sealing import SALT_BYTES, leaf_of
from ostiary.controller.record.tree import HASH_BYTES, verify_inclusion

FORMAT = "ostiary-receipt/1"
MAX_BYTES = 1_000_000
_FIELDS = {
    "format": str,
    "position": int,
    "record": str,
    "salt": str,
    "proof": list,
    "checkpoint": str,
}


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

    `form`, `key`, `checkpoint`, `position`, `proof` or `record`. `record` is set only when `ok`.
    """

    ok: bool
    check: str
    say: str
    position: int | None = None
    size: int | None = None
    record: dict[str, Any] | None = None


def to_file(record: bytes, receipt: Receipt) -> bytes:
    """The receipt as a file: `record` (the bytes as they were written) with salt, proof and checkpoint, as JSON."""
    return _encode(
        {
            "format": FORMAT,
            "position": receipt.position,
            "record": record.decode(),
            "salt": b64encode(receipt.salt).decode(),
            "proof": [b64encode(step).decode() for step in receipt.proof],
            "checkpoint": receipt.checkpoint,
        }
    )


def verify(file: bytes, verifier_key: str) -> Checked:
    """Check a receipt against the log's verifier key. Never raises: whatever `file` is, the result says it."""
    held = _decode(file)
    if isinstance(held, str):
        return _failed("form", f"This is no receipt: {held}.")
    salt = _base64(held["salt"], SALT_BYTES)
    proof = [_base64(step, HASH_BYTES) for step in held["proof"]]
    if salt is None or None in proof:
        return _failed("form", "This is no receipt: its salt or its proof is damaged.")
    try:
        checkpoint = read_checkpoint(held["checkpoint"], verifier_key)
    except BadKey as error:
        return _failed("key", f"The key to check with is no verifier key: {error}")
    except BadNote as error:
        return _failed("checkpoint", f"The log's signature does not hold: {error}")
    position = held["position"]
    if not 0 <= position < checkpoint.size:
        return _failed("position", f"The signed log has {checkpoint.size} records, and none at {position}.")
    data = held["record"].encode()
    steps = [step for step in proof if step is not None]
    if not verify_inclusion(leaf_of(salt, data), position, checkpoint.size, steps, checkpoint.root):
        return _failed("proof", "This record is not the one that the log holds there: record or proof was changed.")
    record = _record(data)
    if record is None or f"ostiary/{record.get('site')}" != checkpoint.origin:
        return _failed("record", "The log holds these bytes, but they are no record of its site.")
    say = f"The log {checkpoint.origin} holds this record at {position}, among {checkpoint.size} that it signed for."
    return Checked(True, "", say, position, checkpoint.size, record)


def _failed(check: str, say: str) -> Checked:
    return Checked(False, check, say)


def _encode(value: dict[str, Any]) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _decode(file: bytes) -> dict[str, Any] | str:
    if len(file) > MAX_BYTES:
        return f"it has more than {MAX_BYTES} bytes"
    try:
        held = json.loads(file.decode())
        # One spelling only: a file that says the same in other bytes was not made by a log.
        if not isinstance(held, dict) or _encode(held) != file:
            return "it is not spelled as a log spells it"
    except (ValueError, RecursionError):
        return "it is not JSON, or cut short"
    if held.keys() != _FIELDS.keys() or any(type(held[name]) is not kind for name, kind in _FIELDS.items()):
        return "a part is missing or added"
    if held["format"] != FORMAT:
        return f"its format is {held['format']!r}, and {FORMAT!r} is known here"
    if not all(type(step) is str for step in held["proof"]):
        return "its proof is damaged"
    return held


def _record(data: bytes) -> dict[str, Any] | None:
    try:
        record = json.loads(data)
    except (ValueError, RecursionError):
        return None
    return record if isinstance(record, dict) else None


def _base64(text: str, length: int) -> bytes | None:
    try:
        data = binascii.a2b_base64(text.encode("ascii"), strict_mode=True)
    except ValueError:
        return None
    return data if len(data) == length and b64encode(data).decode() == text else None
