"""The pieces of which the tables of `upward.py` and `downward.py` are made: bounds and fields that several kinds share.

A field is (name, needed, shape, what it says); `shapes.py` has the shapes.
"""

VERSION = 1
NONCE_BYTES = 16
RECEIPT_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base32: no I, L, O, U to misread
DIGITS = "0123456789"

NEEDED, OPTIONAL = True, False

LONGEST_CARD = 64
LONGEST_PASS = 400
PACK_PART_BYTES = 4096
# 4 MiB of content, half as much again for its seal, and room to spare.
MOST_PACK_PARTS = 2048

COUNT = ("integer", 0, 2147483647)
VERSION_NUMBER = ("integer", 0, 2147483647)
# Milliseconds since 1970 fit, so that a keeper which lost its count can go on above it.
HIGHEST_NUMBER = 4503599627370495
RISING = ("integer", 1, HIGHEST_NUMBER)
MOMENT_MS = ("integer", 0, 253402300799999)
PULSE_MS = ("integer", 1000, 30000)
HELD_MS = ("integer", 0, 600000)
SHA256_HEX = ("word", "0123456789abcdef", 64, 64)
SHA256 = ("bytes", 32, 32)
NONCE = ("bytes", NONCE_BYTES, NONCE_BYTES)
RECEIPT_CODE = ("word", RECEIPT_ALPHABET, 16, 16)
LIVENESS = ("one-of", ("none", "motion", "sensor"))
CLOCK = ("one-of", ("set", "unset"))
ALONE = ("one-of", ("deny", "pack"))
VERDICT = ("one-of", ("grant", "deny"))
CREDENTIAL = ("one-of", ("face", "card", "pass"))
# What can be presented together: a PIN only beside a card or a pass.
WAYS = ("face", "card", "pass", "card+face", "pass+face", "card+pin", "pass+pin", "card+face+pin", "pass+face+pin")

V = ("v", NEEDED, ("integer", VERSION, VERSION), "version of the contract")
BOOT = ("boot", NEEDED, COUNT, "how often the node has started")
TERM = (
    "term",
    NEEDED,
    COUNT,
    "of the lease under which the controller owns the site; a node refuses one below its highest",
)
AT = (
    "at",
    NEEDED,
    (
        "object",
        (
            ("ms", NEEDED, MOMENT_MS, "Unix milliseconds by the node's clock, UTC"),
            ("clock", NEEDED, CLOCK, "whether the node's clock was set since it started"),
        ),
    ),
    "when, as far as the node knows; never used to judge freshness",
)
