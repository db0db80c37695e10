"""What a keeper says to a node, field by field: answers, what moves or orders it, what it shall be, and packs."""

from ostiary.protocol import codes
from ostiary.protocol.parts import (
    ALONE,
    COUNT,
    HELD_MS,
    LIVENESS,
    MOMENT_MS,
    MOST_PACK_PARTS,
    NEEDED,
    NONCE,
    OPTIONAL,
    PACK_PART_BYTES,
    PULSE_MS,
    RECEIPT_CODE,
    RISING,
    SHA256,
    TERM,
    VERDICT,
    VERSION_NUMBER,
    V,
)

_HELD = ("held_ms", OPTIONAL, HELD_MS, "how much longer than usual the door may stand open until it is held")
_STATUS_NONCE = ("nonce", NEEDED, NONCE, "one of the last two that this node's status said")
_THIS_BOOT = ("boot", NEEDED, COUNT, "the boot of the node in which that status was said")
_NUMBER = ("number", NEEDED, RISING, "rises with each `release` and `command` of one boot")

ANSWER = (
    V,
    ("nonce", NEEDED, NONCE, "of the ask that is answered"),
    ("verdict", NEEDED, VERDICT, "what was decided"),
    (
        "code",
        OPTIONAL,
        ("one-of", (codes.DENIED, codes.EXPIRED)),
        "which annunciation a denial is; `denied` where it is not said. Never the reason",
    ),
    (
        "pulse_ms",
        NEEDED,
        ("integer", 0, 30000),
        "how long the strike is released: 1000 to 30000; 0 for a denial, and where the strike hangs on another node",
    ),
    _HELD,
    TERM,
    (
        "receipt",
        OPTIONAL,
        (
            "object",
            (
                ("code", NEEDED, RECEIPT_CODE, "80 random bits, to look the decision up by"),
                ("leaf", NEEDED, SHA256, "hash of the decision's leaf in the site's tree"),
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

RELEASE = (
    V,
    _STATUS_NONCE,
    _THIS_BOOT,
    _NUMBER,
    TERM,
    ("pulse_ms", NEEDED, PULSE_MS, "how long the strike is released"),
    _HELD,
    ("receipt", NEEDED, RECEIPT_CODE, "of the decision that granted it"),
)

COMMAND = (
    V,
    _STATUS_NONCE,
    _THIS_BOOT,
    _NUMBER,
    TERM,
    ("do", NEEDED, ("one-of", ("release-once", "locate", "reboot")), "what is ordered"),
    ("pulse_ms", OPTIONAL, PULSE_MS, "with release-once: how long the strike is released"),
    ("receipt", OPTIONAL, RECEIPT_CODE, "with release-once: of the record of the act that ordered it"),
    ("seconds", OPTIONAL, ("integer", 1, 600), "with locate: how long the node shows where it is"),
)

DESIRED = (
    V,
    TERM,
    ("number", NEEDED, RISING, "rises with each `desired` of one term; an older one is not taken"),
    ("journal_upto", NEEDED, COUNT, "the keeper has every event up to this number; the node may drop them"),
    ("liveness", OPTIONAL, LIVENESS, "what the door asks to speak for a face of flesh; none where it is not said"),
    ("lockdown", NEEDED, ("flag",), "whether nobody is let in; leaving is free all the same"),
    ("face", NEEDED, ("flag",), "whether faces are looked at"),
    ("pin", OPTIONAL, ("flag",), "whether a card at the reader waits for its PIN; it does not where it is not said"),
    ("limit_ms", OPTIONAL, ("integer", 200, 5000), "how long an ask waits for its answer"),
    ("held_ms", OPTIONAL, ("integer", 1000, 600000), "how long the door may stand open until it is held"),
    ("offline", NEEDED, ALONE, "what the node does without its keeper"),
    ("offline_max_age_ms", OPTIONAL, MOMENT_MS, "with offline: pack: a pack older than this decides nothing"),
    ("unknown_clock", OPTIONAL, ALONE, "the same while the node's clock was not set; deny where it is not said"),
    ("pack_version", OPTIONAL, VERSION_NUMBER, "of the newest pack that is meant for this node"),
    ("packs_from", OPTIONAL, VERSION_NUMBER, "no pack of a lower version decides any more"),
    ("pass_key", OPTIONAL, ("bytes", 32, 32), "the site's public key for passes (Ed25519, RFC 8032 §5.1.5)"),
)

PACK = (
    V,
    ("version", NEEDED, ("integer", 1, 2147483647), "of the pack; a later one has a higher"),
    ("part", NEEDED, ("integer", 0, MOST_PACK_PARTS - 1), "number of this part, from 0"),
    ("parts", NEEDED, ("integer", 1, MOST_PACK_PARTS), "how many there are"),
    ("sha256", NEEDED, SHA256, "SHA-256 of all parts' data, one after the other: the pack as it was sealed"),
    ("data", NEEDED, ("bytes", 1, PACK_PART_BYTES), "4096 bytes of it; the last part may have fewer"),
)
