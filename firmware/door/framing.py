"""One line of the journal: its checksum, and whether what it says has the shape of a line (`journal.py` has those)."""

import binascii
import json

from ostiary.protocol import strict_json

TYPE_CHECKING = False  # MicroPython has no `typing` to import it from.
if TYPE_CHECKING:
    from typing import Any

DECISION_FIELDS = 7


def framed(fields: "list[Any]") -> bytes:
    body = json.dumps(fields, separators=(",", ":")).encode()
    return f"{binascii.crc32(body):08x} ".encode() + body + b"\n"


def unframed(framed: bytes) -> "list[Any] | None":
    """The list in one line, or None when the line is damaged."""
    body = framed[9:]
    if framed[8:9] != b" " or framed[:8] != f"{binascii.crc32(body):08x}".encode():
        return None
    try:
        fields: "Any" = json.loads(body)
    except (ValueError, RuntimeError):  # RuntimeError: nested deeper than a board's stack
        return None
    if not strict_json.is_array(fields) or not fields:
        return None
    if fields[0] == "e":
        return fields if _is_entry(fields) else None
    return fields if fields[0] == "u" and _is_head(fields) else None


def _is_entry(fields: "list[Any]") -> bool:
    if len(fields) not in (8, 9) or not _counts(fields[1:4]) or not fields[2]:
        return False
    if len(fields) == 9 and not (strict_json.is_array(fields[8]) and len(fields[8]) == DECISION_FIELDS):
        return False
    return _texts(fields[4:6]) and _texts([field for field in fields[6:8] if field is not None])


def _is_head(fields: "list[Any]") -> bool:
    if len(fields) not in (4, 6) or not _counts(fields[1:2]):
        return False
    if not strict_json.is_array(fields[2]) or not strict_json.is_array(fields[3]) or not _texts(fields[2] + fields[3]):
        return False
    if len(fields) == 4 or (_counts(fields[4:5]) and fields[5] is None):
        return True
    pairs: "Any" = fields[5]
    if not _counts(fields[4:5]) or not strict_json.is_array(pairs):
        return False
    return all(strict_json.is_array(pair) and len(pair) == 2 and _texts(pair[:1]) for pair in pairs)


def _counts(values: "list[Any]") -> bool:
    return all(type(value) is int and value >= 0 for value in values)


def _texts(values: "list[Any]") -> bool:
    return all(isinstance(value, str) for value in values)
