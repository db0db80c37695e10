"""JSON (RFC 8259) with one verdict on both interpreters: what one of them refuses, the other refuses too.

CPython's `json` takes NaN, duplicate names, lone surrogates and endless numbers; MicroPython's takes missing and
trailing commas, control characters, any backslash and broken UTF-8. Here all of that is refused, and so are more than
8 nested containers, integers beyond 2^53 - 1 (RFC 7493 §2.2) and numbers beyond 1e30, which a board with 32-bit
floats could not read. A fraction is the same on both to the precision of the board's floats, not to the last bit.
"""

import json
import sys

from ostiary.protocol import plain_json
from ostiary.protocol.errors import Refused
from ostiary.protocol.plain_json import MAX_DEPTH, malformed

TYPE_CHECKING = False  # MicroPython has no `typing` to import it from.
if TYPE_CHECKING:
    from typing import Any


def loads_object(data: bytes) -> "dict[str, Any]":
    """The JSON object that `data` is. Raises `Refused` (malformed) when it is anything else."""
    value = loads(data)
    if not is_object(value):
        raise malformed("not a JSON object")
    return value


def is_object(value: "Any") -> bool:
    """Whether a value is what `loads` makes of a JSON object."""
    return isinstance(value, dict)


def is_array(value: "Any") -> bool:
    """Whether a value is what `loads` makes of a JSON array."""
    return isinstance(value, list)


if sys.implementation.name == "micropython":
    loads = plain_json.loads

    def dumps(value: "dict[str, Any]") -> bytes:
        """Compact JSON in UTF-8. Raises `Refused` for what JSON cannot say; `loads` may refuse more."""
        data = json.dumps(value, separators=(",", ":")).encode()
        plain_json.check_utf8(data)
        return data

else:

    def _object_of(pairs: "list[tuple[str, Any]]") -> "dict[str, Any]":
        made = dict(pairs)
        if len(made) != len(pairs):
            raise malformed("a name stands twice in one object")
        return made

    def _no_constant(text: str) -> None:
        raise malformed("not a number")

    _DECODER = json.JSONDecoder(
        object_pairs_hook=_object_of,
        parse_int=plain_json.integer,
        parse_float=plain_json.number,
        parse_constant=_no_constant,
    )
    _ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))

    def loads(data: bytes) -> "Any":
        """The value that `data` says. Raises `Refused` (malformed), nothing else."""
        # The interpreter's own parser is eight times faster and agrees, but for depth and lone surrogates; where
        # neither can occur it is used.
        if b"\\u" in data or data.count(b"{") + data.count(b"[") > MAX_DEPTH:
            return plain_json.loads(data)
        try:
            return _DECODER.decode(data.decode())
        except Refused:
            raise
        except ValueError:
            raise malformed("not JSON in UTF-8") from None

    def dumps(value: "dict[str, Any]") -> bytes:
        """Compact JSON in UTF-8. Raises `Refused` for what JSON cannot say; `loads` may refuse more."""
        try:
            return _ENCODER.encode(value).encode()
        except (TypeError, ValueError, RecursionError):
            raise malformed("cannot be said in JSON") from None
