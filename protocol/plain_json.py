"""Reads JSON (RFC 8259, with the bounds of `strict_json.py`) with nothing of the interpreter's own `json`.

MicroPython's parser takes what JSON forbids, and a dict of its result no longer tells; so this one is used there. On
CPython it serves where its parser would take too much, and as the second reading that tests compare with.
"""

from ostiary.protocol import codes
from ostiary.protocol.errors import Refused

TYPE_CHECKING = False  # MicroPython has no `typing` to import it from.
if TYPE_CHECKING:
    from typing import Any

MAX_DEPTH = 8
MAX_INTEGER = 9_007_199_254_740_991
MAX_NUMBER = 1e30
MAX_NUMBER_CHARACTERS = 32

_ESCAPES = {34: '"', 92: "\\", 47: "/", 98: "\b", 102: "\f", 110: "\n", 114: "\r", 116: "\t"}
_LITERALS = ((b"true", True), (b"false", False), (b"null", None))
_HEX = b"0123456789abcdefABCDEF"
_DIGITS = "0123456789"


def malformed(detail: str) -> Refused:
    """The one refusal that reading JSON knows."""
    return Refused(codes.MALFORMED, detail)


def integer(text: str) -> int:
    """The integer that a JSON number without fraction and exponent says. Raises `Refused` beyond ±(2^53 - 1)."""
    if len(text) > 17 or not -MAX_INTEGER <= (value := int(text)) <= MAX_INTEGER:
        raise malformed("an integer beyond 2^53 - 1")
    return value


def number(text: str) -> float:
    """What a JSON number with fraction or exponent says. Raises `Refused` beyond ±1e30 and 32 characters."""
    if len(text) > MAX_NUMBER_CHARACTERS or not -MAX_NUMBER <= (value := float(text)) <= MAX_NUMBER:
        raise malformed("a number beyond 1e30 or of more than 32 characters")
    return value


def loads(data: bytes) -> "Any":
    """The value that `data` says. Raises `Refused` (malformed), nothing else."""
    check_utf8(data)
    value, i = _value(data, _skip(data, 0), 0)
    if _skip(data, i) != len(data):
        raise malformed("something follows the JSON value")
    return value


def _skip(data: bytes, i: int) -> int:
    while i < len(data) and data[i] in b" \t\n\r":
        i += 1
    return i


def _value(data: bytes, i: int, depth: int) -> "tuple[Any, int]":
    first = data[i] if i < len(data) else 0
    if first == 0x22:
        return _string(data, i + 1)
    if first == 0x7B or first == 0x5B:
        if depth == MAX_DEPTH:
            raise malformed("nested more than 8 deep")
        return _object(data, i + 1, depth + 1) if first == 0x7B else _array(data, i + 1, depth + 1)
    if first == 0x2D or 0x30 <= first <= 0x39:
        return _number(data, i)
    for word, value in _LITERALS:
        if data[i : i + len(word)] == word:
            return value, i + len(word)
    raise malformed("not JSON")


def _object(data: bytes, i: int, depth: int) -> "tuple[dict[str, Any], int]":
    made: dict[str, Any] = {}
    i = _skip(data, i)
    if data[i : i + 1] == b"}":
        return made, i + 1
    while True:
        if data[i : i + 1] != b'"':
            raise malformed("an object needs a name here")
        name, i = _string(data, i + 1)
        i = _skip(data, i)
        if data[i : i + 1] != b":":
            raise malformed("an object needs a colon here")
        if name in made:
            raise malformed("a name stands twice in one object")
        made[name], i = _value(data, _skip(data, i + 1), depth)
        i = _skip(data, i)
        end = data[i : i + 1]
        if end == b"}":
            return made, i + 1
        if end != b",":
            raise malformed("an object needs a comma or its end here")
        i = _skip(data, i + 1)


def _array(data: bytes, i: int, depth: int) -> "tuple[list[Any], int]":
    made: list[Any] = []
    i = _skip(data, i)
    if data[i : i + 1] == b"]":
        return made, i + 1
    while True:
        value, i = _value(data, i, depth)
        made.append(value)
        i = _skip(data, i)
        end = data[i : i + 1]
        if end == b"]":
            return made, i + 1
        if end != b",":
            raise malformed("an array needs a comma or its end here")
        i = _skip(data, i + 1)


def _number(data: bytes, i: int) -> tuple[int | float, int]:
    start = i
    while i < len(data) and data[i] in b"0123456789+-.eE":
        i += 1
    text = str(data[start:i], "ascii")
    mantissa, e, exponent = text.lower().partition("e")
    whole, dot, fraction = mantissa.partition(".")
    if whole[:1] == "-":
        whole = whole[1:]
    if exponent[:1] in ("+", "-"):
        exponent = exponent[1:]
    parts = [whole] + ([fraction] if dot else []) + ([exponent] if e else [])
    if (whole[:1] == "0" and len(whole) > 1) or not all(part and not part.strip(_DIGITS) for part in parts):
        raise malformed("not a number")
    return (number(text) if dot or e else integer(text)), i


def _string(data: bytes, i: int) -> tuple[str, int]:
    pieces: list[str] = []
    while True:
        end = data.find(b'"', i)
        if end < 0:
            raise malformed("a string without its end")
        slash = data.find(b"\\", i, end)
        piece = data[i : end if slash < 0 else slash]
        if piece and min(piece) < 0x20:
            raise malformed("a control character in a string")
        pieces.append(str(piece, "utf-8"))
        if slash < 0:
            return "".join(pieces), end + 1
        escape = data[slash + 1]
        if escape == 0x75:
            character, i = _unicode_escape(data, slash)
        else:
            character, i = _ESCAPES.get(escape, ""), slash + 2
        if not character:
            raise malformed("an unknown escape in a string")
        pieces.append(character)


def _unicode_escape(data: bytes, i: int) -> tuple[str, int]:
    point = _four_hex(data, i)
    if 0xD800 <= point < 0xDC00:
        second = _four_hex(data, i + 6)
        if 0xDC00 <= second < 0xE000:
            return chr(0x10000 + ((point - 0xD800) << 10) + (second - 0xDC00)), i + 12
        point = second
    if 0xD800 <= point < 0xE000:
        raise malformed("half a surrogate pair")
    return chr(point), i + 6


def _four_hex(data: bytes, i: int) -> int:
    digits = data[i + 2 : i + 6]
    if data[i : i + 2] != b"\\u" or len(digits) != 4 or digits.strip(_HEX):
        raise malformed("an unknown escape in a string")
    return int(str(digits, "ascii"), 16)


def check_utf8(data: bytes) -> None:
    """Well-formed UTF-8 (Unicode 16, table 3-7): neither overlong, nor a surrogate, nor beyond U+10FFFF."""
    if not data or max(data) < 0x80:
        return
    i, size = 0, len(data)
    while i < size:
        lead = data[i]
        more = 0 if lead < 0x80 else 1 if 0xC2 <= lead < 0xE0 else 2 if 0xE0 <= lead < 0xF0 else 3
        if (lead >= 0x80 and not 0xC2 <= lead <= 0xF4) or i + more >= size:
            raise malformed("not UTF-8")
        low = {0xE0: 0xA0, 0xF0: 0x90}.get(lead, 0x80)
        high = {0xED: 0x9F, 0xF4: 0x8F}.get(lead, 0xBF)
        for offset in range(1, more + 1):
            if not low <= data[i + offset] <= high:
                raise malformed("not UTF-8")
            low, high = 0x80, 0xBF
        i += more + 1
