"""Every kind of message, field by field: these tables are the contract, and both ends check what they send by them.

A field is (name, needed, shape, what it says); `shapes.py` has the shapes. In Python a message is the dict that its
JSON says: bytes stay base64url text, times are integer milliseconds. Further names are left out when one is read, so
that a newer side may say more; another `v` is refused.
"""

from ostiary.protocol import codes, shapes, strict_json
from ostiary.protocol.errors import Refused

TYPE_CHECKING = False  # MicroPython has no `typing` to import it from.
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

VERSION = 1
MAX_BYTES = 8192
NONCE_BYTES = 16
RECEIPT_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base32: no I, L, O, U to misread

NEEDED, OPTIONAL = True, False

_COUNT = ("integer", 0, 2147483647)
_SHA256_HEX = ("word", "0123456789abcdef", 64, 64)
_RECEIPT_CODE = ("word", RECEIPT_ALPHABET, 16, 16)

_V = ("v", NEEDED, ("integer", VERSION, VERSION), "version of the contract")
_BOOT = ("boot", NEEDED, _COUNT, "how often the node has started")
_AT = (
    "at",
    NEEDED,
    (
        "object",
        (
            ("ms", NEEDED, ("integer", 0, 253402300799999), "Unix milliseconds by the node's clock, UTC"),
            ("clock", NEEDED, ("one-of", ("set", "unset")), "whether the node's clock was set since it started"),
        ),
    ),
    "when, as far as the node knows; never used to judge freshness",
)

ASK = (
    _V,
    ("door", NEEDED, ("name",), "the door at which the node hangs"),
    ("nonce", NEEDED, ("bytes", NONCE_BYTES, NONCE_BYTES), "random; the answer repeats it"),
    _BOOT,
    ("seq", NEEDED, _COUNT, "number of the ask since the start; (boot, seq) only ever rises"),
    _AT,
    ("credential", NEEDED, ("one-of", ("face", "card")), "what is presented to be decided upon"),
    (
        "claim",
        OPTIONAL,
        (
            "object",
            (
                ("kind", NEEDED, ("one-of", ("card",)), "what asserts the identity"),
                ("value", NEEDED, ("text", 1, 64), "the card's number as read"),
            ),
        ),
        "an asserted identity, which a face may then verify",
    ),
    (
        "probe",
        OPTIONAL,
        (
            "object",
            (
                ("model", NEEDED, _SHA256_HEX, "SHA-256 of the embedder's file"),
                ("runtime", NEEDED, ("text", 1, 64), "what ran it, with its version"),
                ("vector", NEEDED, ("bytes", 64, 1024), "the embedding, one int8 a dimension"),
                ("scale", NEEDED, ("number", 1e-9, 1e6), "what one step of the int8 is worth"),
            ),
        ),
        "the face just captured",
    ),
    (
        "no_probe",
        OPTIONAL,
        ("reason", ("face-missing", "faces-unclear"), "quality-"),
        "why a face was not captured, or which measure of quality it failed",
    ),
    ("quality", OPTIONAL, ("numbers", 12, 0, 1000000), "measures of the captured face, by name"),
    (
        "liveness",
        OPTIONAL,
        (
            "object",
            (("level", NEEDED, ("one-of", ("none", "motion", "sensor")), "what was checked, at most"),),
        ),
        "what speaks for a face of flesh",
    ),
    ("faces", NEEDED, ("integer", 0, 32), "how many faces were in view"),
)

ANSWER = (
    _V,
    ("nonce", NEEDED, ("bytes", NONCE_BYTES, NONCE_BYTES), "of the ask that is answered"),
    ("verdict", NEEDED, ("one-of", ("grant", "deny")), "what was decided"),
    ("pulse_ms", NEEDED, ("integer", 0, 30000), "0, or how long the strike is released: 1000 to 30000"),
    (
        "held_ms",
        OPTIONAL,
        ("integer", 0, 600000),
        "how much longer than usual the door may stand open until it is held",
    ),
    ("term", NEEDED, _COUNT, "of the lease under which the controller owns the site"),
    (
        "receipt",
        OPTIONAL,
        (
            "object",
            (
                ("code", NEEDED, _RECEIPT_CODE, "80 random bits, to look the decision up by"),
                ("leaf", NEEDED, ("bytes", 32, 32), "hash of the decision's leaf in the site's tree"),
                ("salt", NEEDED, ("bytes", 16, 16), "of the commitment in that leaf"),
            ),
        ),
        "what the person takes home",
    ),
    (
        "show",
        NEEDED,
        (
            "object",
            (
                ("say", NEEDED, ("one-of", ("yes", "no", "busy")), "all that a display says"),
                ("learn", NEEDED, ("text", 0, 200), "where to learn more"),
            ),
        ),
        "for the display: never a name, a score or a reason",
    ),
)

EVENT = (
    _V,
    _BOOT,
    ("seq", NEEDED, ("integer", 1, 2147483647), "number of the event, from 1, gap-free across starts"),
    _AT,
    ("kind", NEEDED, ("one-of", codes.EVENTS), "what happened"),
    ("receipt", OPTIONAL, _RECEIPT_CODE, "of the decision that this is about"),
    ("detail", OPTIONAL, ("text", 0, 120), "for the log"),
)

STATUS = (
    _V,
    ("state", NEEDED, ("one-of", ("online", "stopped", "lost")), "lost is said by the last will only"),
    _BOOT,
    ("firmware", NEEDED, ("text", 1, 64), "what runs on the node, with its version"),
    ("roles", NEEDED, ("set-of", ("reader", "strike")), "what the node is at its door"),
    ("virtual", NEEDED, ("flag",), "whether its hardware is pretended"),
)

DESIRED = (
    _V,
    ("journal_upto", NEEDED, _COUNT, "the keeper has every event up to this number; the node may drop them"),
)

# Live events are the same as the complete ones, only quicker and not sure to arrive.
KINDS = {"ask": ASK, "answer": ANSWER, "event": EVENT, "live": EVENT, "status": STATUS, "desired": DESIRED}


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
    rule = _RULES.get(kind)
    broken = rule(made) if rule else ""
    if broken:
        raise Refused(codes.MALFORMED, kind + ": " + broken)
    return made


def _oversized() -> Refused:
    return Refused(codes.OVERSIZED, "a message has at most " + str(MAX_BYTES) + " bytes")


def _ask_rule(ask: "dict[str, Any]") -> str:
    """What an ask's fields say against each other, or nothing."""
    if ask["credential"] == "card":
        if "claim" not in ask:
            return "a card is presented as a claim"
        # A face that is not asked for stays on the node.
        return "a card needs no probe" if "probe" in ask else ""
    if ("probe" in ask) == ("no_probe" in ask):
        return "a face comes with a probe or with the reason why there is none"
    return ""


def _answer_rule(answer: "dict[str, Any]") -> str:
    """What an answer's fields say against each other, or nothing."""
    granted = answer["verdict"] == "grant"
    if 0 < answer["pulse_ms"] < 1000:
        return "a pulse has 1000 to 30000 ms"
    if answer["pulse_ms"] and not granted:
        return "a denial moves no strike"
    if answer.get("held_ms") and not granted:
        return "a denial leaves no door open"
    return "a display says yes to a grant only" if granted != (answer["show"]["say"] == "yes") else ""


_RULES: "dict[str, Callable[[dict[str, Any]], str]]" = {"ask": _ask_rule, "answer": _answer_rule}
