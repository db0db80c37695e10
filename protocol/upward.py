"""What a node says to its keeper, field by field: asks, events, its status, and what it took of what is desired."""

from ostiary.protocol import codes
from ostiary.protocol.parts import (
    AT,
    BOOT,
    CLOCK,
    COUNT,
    CREDENTIAL,
    DIGITS,
    HIGHEST_NUMBER,
    LIVENESS,
    LONGEST_PASS,
    MOMENT_MS,
    MOST_PACK_PARTS,
    NEEDED,
    NONCE,
    OPTIONAL,
    RECEIPT_CODE,
    SHA256_HEX,
    TERM,
    VERDICT,
    VERSION_NUMBER,
    WAYS,
    V,
)

ASK = (
    V,
    ("door", NEEDED, ("name",), "the door at which the node hangs"),
    ("nonce", NEEDED, NONCE, "random; the answer repeats it"),
    BOOT,
    ("seq", NEEDED, COUNT, "number of the ask since the start; (boot, seq) only ever rises"),
    AT,
    ("credential", NEEDED, CREDENTIAL, "what is presented to be decided upon"),
    (
        "claim",
        OPTIONAL,
        (
            "object",
            (
                ("kind", NEEDED, ("one-of", ("card", "pass")), "what asserts the identity"),
                (
                    "value",
                    NEEDED,
                    ("text", 1, LONGEST_PASS),
                    "the card's number as read, at most 64 characters, or the pass's whole text",
                ),
            ),
        ),
        "an asserted identity, which a face may then verify",
    ),
    ("pin", OPTIONAL, ("word", DIGITS, 4, 12), "typed beside a card or pass; in no journal, and wiped like a probe"),
    (
        "probe",
        OPTIONAL,
        (
            "object",
            (
                ("model", NEEDED, SHA256_HEX, "SHA-256 of the embedder's file"),
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
            (("level", NEEDED, LIVENESS, "what was checked, at most"),),
        ),
        "what speaks for a face of flesh",
    ),
    ("faces", NEEDED, ("integer", 0, 32), "how many faces were in view"),
)

EVENT = (
    V,
    BOOT,
    ("seq", NEEDED, ("integer", 1, 2147483647), "number of the event, from 1, gap-free across starts"),
    AT,
    ("kind", NEEDED, ("one-of", codes.EVENTS), "what happened"),
    ("receipt", OPTIONAL, RECEIPT_CODE, "of the decision that this is about; of one made alone, 80 bits of the node's"),
    ("detail", OPTIONAL, ("text", 0, 120), "for the log"),
    (
        "decision",
        OPTIONAL,
        (
            "object",
            (
                ("verdict", NEEDED, VERDICT, "what was decided"),
                ("credential", NEEDED, CREDENTIAL, "what it was decided upon"),
                ("way", NEEDED, ("one-of", WAYS), "all that was presented"),
                ("subject", OPTIONAL, ("bytes", 12, 12), "whose it was, by a reference that this pack alone knows"),
                ("pack", NEEDED, VERSION_NUMBER, "version of the pack that decided; 0 where none was held"),
                ("pack_age_ms", OPTIONAL, MOMENT_MS, "since the pack was made, where the clock can tell"),
                ("code", NEEDED, ("name",), "the reason"),
            ),
        ),
        "with the kind `decided`: what the node decided alone",
    ),
)

STATUS = (
    V,
    ("state", NEEDED, ("one-of", ("online", "stopped", "lost")), "lost is said by the last will only"),
    BOOT,
    ("firmware", NEEDED, ("text", 1, 64), "what runs on the node, with its version"),
    ("roles", NEEDED, ("set-of", ("reader", "strike")), "what the node is at its door"),
    ("virtual", NEEDED, ("flag",), "whether its hardware is pretended"),
    ("nonce", OPTIONAL, NONCE, "random, new every 5 s while online: a release or command names one of the last two"),
    ("clock", NEEDED, CLOCK, "whether the node's clock was set since it started"),
    (
        "pack_age_ms",
        OPTIONAL,
        MOMENT_MS,
        "since the making of the pack in use, where there is one and the clock can tell",
    ),
    (
        "safe_mode",
        NEEDED,
        ("flag",),
        "whether it failed to start so often that it looks at no face and decides nothing alone",
    ),
)

REPORTED = (
    V,
    BOOT,
    TERM,
    ("number", NEEDED, ("integer", 0, HIGHEST_NUMBER), "of the `desired` last taken; 0 where none was yet"),
    ("lockdown", NEEDED, ("flag",), "whether the door is locked down"),
    ("face", NEEDED, ("flag",), "whether faces are looked at"),
    (
        "pack",
        OPTIONAL,
        (
            "object",
            (
                ("version", NEEDED, VERSION_NUMBER, "of the pack that is arriving"),
                ("next_part", NEEDED, ("integer", 0, MOST_PACK_PARTS), "number of the first part that is missing"),
            ),
        ),
        "how far the next pack has come, so that its sender can go on there",
    ),
    ("pack_version", NEEDED, VERSION_NUMBER, "of the pack in use; 0 where there is none"),
    ("usable_from", OPTIONAL, VERSION_NUMBER, "the `packs_from` that is in force: no older pack decides any more"),
)
