"""The shapes that a value in a message can have, and one check for each: the value, or `Refused` (malformed).

A shape is a tuple, its kind first and then its bounds, all inclusive:

    ("integer", low, high)           JSON integers only: 1, not 1.0 and not true
    ("number", low, high)            an integer or a finite fraction
    ("flag",)                        true or false
    ("one-of", words)
    ("name",)                        1 to 40 of a-z, 0-9 and the hyphen
    ("word", alphabet, low, high)    so many characters, all of the alphabet
    ("reason", words, prefix)        one of the words, or the prefix and a measure's name
    ("text", low, high)              so many characters, no control characters
    ("bytes", low, high)             base64url of so many bytes; stays text
    ("numbers", most, low, high)     an object of at most so many measures, each a number within the bounds
    ("set-of", words)                an array with one or more of the words, each once
    ("object", fields)               a field is (name, needed, shape, what it says)
"""

from ostiary.protocol import base64url, codes, strict_json, topics
from ostiary.protocol.errors import Refused

TYPE_CHECKING = False  # MicroPython has no `typing` to import it from.
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

MEASURE_ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789-_"
MEASURE_LONGEST = 40


def check(shape: "tuple[Any, ...]", value: "Any", strict: bool) -> "Any":
    """`value` when it has the `shape`; objects are copied with the names that the shape knows.

    An unknown name is left out, or refused when `strict`. Raises `Refused` (malformed); its detail begins with the
    path to the place: ".probe.scale: expected …".
    """
    return _CHECKS[shape[0]](shape, value, strict)


def _expected(what: str) -> Refused:
    return Refused(codes.MALFORMED, ": expected " + what)


def _integer(shape: "tuple[Any, ...]", value: "Any", strict: bool) -> int:
    # `type`, because on CPython True is an instance of int, and on MicroPython it is not.
    if type(value) is int and shape[1] <= value <= shape[2]:
        return value
    raise _expected("an integer from " + str(shape[1]) + " to " + str(shape[2]))


def _number(shape: "tuple[Any, ...]", value: "Any", strict: bool) -> float:
    if (type(value) is int or isinstance(value, float)) and shape[1] <= value <= shape[2]:
        return value
    raise _expected("a number from " + str(shape[1]) + " to " + str(shape[2]))


def _flag(shape: "tuple[Any, ...]", value: "Any", strict: bool) -> bool:
    if value is True or value is False:
        return value
    raise _expected("true or false")


def _one_of(shape: "tuple[Any, ...]", value: "Any", strict: bool) -> str:
    if isinstance(value, str) and value in shape[1]:
        return value
    raise _expected("one of " + ", ".join(shape[1]))


def _name(shape: "tuple[Any, ...]", value: "Any", strict: bool) -> str:
    if isinstance(value, str) and topics.is_name(value):
        return value
    raise _expected("a name: 1 to 40 of a-z, 0-9 and the hyphen")


def _word(shape: "tuple[Any, ...]", value: "Any", strict: bool) -> str:
    if isinstance(value, str) and shape[2] <= len(value) <= shape[3] and not value.strip(shape[1]):
        return value
    raise _expected(str(shape[2]) + " to " + str(shape[3]) + " of " + shape[1])


def _reason(shape: "tuple[Any, ...]", value: "Any", strict: bool) -> str:
    if isinstance(value, str) and (
        value in shape[1] or (value.startswith(shape[2]) and _is_measure(value[len(shape[2]) :]))
    ):
        return value
    raise _expected("one of " + ", ".join(shape[1]) + ", or " + shape[2] + " and a measure")


def _text(shape: "tuple[Any, ...]", value: "Any", strict: bool) -> str:
    if isinstance(value, str) and shape[1] <= len(value) <= shape[2]:
        # C0, DEL and C1 (ISO/IEC 6429): what moves a cursor has no business on a display or in a log.
        for character in value:
            if character < " " or "\x7f" <= character <= "\x9f":
                break
        else:
            return value
    raise _expected("text of " + str(shape[1]) + " to " + str(shape[2]) + " characters, none of them a control")


def _bytes(shape: "tuple[Any, ...]", value: "Any", strict: bool) -> str:
    if isinstance(value, str) and len(value) <= base64url.longest(shape[2]):
        try:
            if shape[1] <= len(base64url.decode(value)) <= shape[2]:
                return value
        except Refused:
            pass  # It becomes the same refusal as a wrong length, with the place named.
    raise _expected("base64url of " + str(shape[1]) + " to " + str(shape[2]) + " bytes")


def _numbers(shape: "tuple[Any, ...]", value: "Any", strict: bool) -> "dict[str, float]":
    measures = _members(value)
    if len(measures) > shape[1]:
        raise _expected("an object of at most " + str(shape[1]) + " measures")
    low, high = shape[2], shape[3]
    for measure, number in measures.items():
        if not isinstance(measure, str) or not _is_measure(measure):
            raise _expected("measures named with 1 to 40 of a-z, 0-9, - and _")
        if not (type(number) is int or isinstance(number, float)) or not low <= number <= high:
            raise _expected("measures from " + str(low) + " to " + str(high))
    return measures


def _set_of(shape: "tuple[Any, ...]", value: "Any", strict: bool) -> "list[str]":
    items: list[Any] = value if strict_json.is_array(value) else []
    if 0 < len(items) <= len(shape[1]):
        for i in range(len(items)):
            if not isinstance(items[i], str) or items[i] not in shape[1] or items[i] in items[:i]:
                break
        else:
            return items
    raise _expected("an array of one or more of " + ", ".join(shape[1]) + ", each once")


def _object(shape: "tuple[Any, ...]", value: "Any", strict: bool) -> "dict[str, Any]":
    members = _members(value)
    made: dict[str, Any] = {}
    for name, needed, inner, _ in shape[1]:
        if name in members:
            try:
                made[name] = _CHECKS[inner[0]](inner, members[name], strict)
            except Refused as refused:
                raise Refused(refused.code, "." + name + refused.detail) from None
        elif needed:
            raise Refused(codes.MALFORMED, "." + name + ": missing")
    if strict and len(made) != len(members):
        for name in members:
            if name not in made:
                raise Refused(codes.MALFORMED, "." + str(name) + ": the contract has no such field")
    return made


def _members(value: "Any") -> "dict[Any, Any]":
    if not strict_json.is_object(value):
        raise _expected("an object")
    return value


def _is_measure(text: str) -> bool:
    return 0 < len(text) <= MEASURE_LONGEST and not text.strip(MEASURE_ALPHABET)


_CHECKS: "dict[str, Callable[[tuple[Any, ...], Any, bool], Any]]" = {
    "integer": _integer,
    "number": _number,
    "flag": _flag,
    "one-of": _one_of,
    "name": _name,
    "word": _word,
    "reason": _reason,
    "text": _text,
    "bytes": _bytes,
    "numbers": _numbers,
    "set-of": _set_of,
    "object": _object,
}
