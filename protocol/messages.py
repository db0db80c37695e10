"""Every kind of message, coded and checked by its table: both ends check what they send by the same tables.

In Python a message is the dict that its JSON says: bytes stay base64url text, times are integer milliseconds. Further
names are left out when one is read, so that a newer side may say more; another `v` is refused.
"""

from ostiary.protocol import codes, downward, shapes, strict_json, upward
from ostiary.protocol.errors import Refused
from ostiary.protocol.parts import VERSION
from ostiary.protocol.rules import RULES

TYPE_CHECKING = False  # MicroPython has no `typing` to import it from.
if TYPE_CHECKING:
    from typing import Any

MAX_BYTES = 8192

# Live events are the same as the complete ones, only quicker and not sure to arrive.
KINDS: "dict[str, tuple[Any, ...]]" = {
    "ask": upward.ASK,
    "answer": downward.ANSWER,
    "event": upward.EVENT,
    "live": upward.EVENT,
    "status": upward.STATUS,
    "desired": downward.DESIRED,
    "command": downward.COMMAND,
    "release": downward.RELEASE,
    "reported": upward.REPORTED,
    "pack": downward.PACK,
}


def encode(kind: str, message: "dict[str, Any]") -> bytes:
    """`message` as compact JSON in UTF-8, at most 8192 bytes.

    Raises `Refused` for everything that `decode` at the other end would refuse, and for a field that the contract
    does not have.
    """
    data = strict_json.dumps(_checked(kind, message, True))
    if len(data) > MAX_BYTES:
        raise _oversized()
    return data


def decode(kind: str, data: bytes) -> "dict[str, Any]":
    """The message that `data` says, with exactly the fields of its table.

    Raises `Refused`: oversized, malformed, version, or wrong-kind for a kind that has no table.
    """
    if len(data) > MAX_BYTES:
        raise _oversized()
    return _checked(kind, strict_json.loads_object(data), False)


def _checked(kind: str, message: "dict[str, Any]", strict: bool) -> "dict[str, Any]":
    fields = KINDS.get(kind)
    if fields is None:
        raise Refused(codes.WRONG_KIND, "no table for this kind of message")
    # First of all, because nothing is known about the fields of another version.
    if type(message.get("v")) is not int or message["v"] != VERSION:
        raise Refused(codes.VERSION, kind + ".v: expected " + str(VERSION))
    try:
        made: dict[str, Any] = shapes.check(("object", fields), message, strict)
    except Refused as refused:
        raise Refused(refused.code, kind + refused.detail) from None
    rule = RULES.get(kind)
    broken = rule(made) if rule else ""
    if broken:
        raise Refused(codes.MALFORMED, kind + ": " + broken)
    return made


def _oversized() -> Refused:
    return Refused(codes.OVERSIZED, "a message has at most " + str(MAX_BYTES) + " bytes")
