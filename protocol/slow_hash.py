"""What a pack knows a card or a pass by: a slow hash under a key of the node's own, so that a pack names no card.

PBKDF2 (RFC 8018 §5.2) with HMAC-SHA-256 over HMAC-SHA-256(key, kind and value). The key keeps a stolen pack mute; the
rounds make whoever has a stolen node, its key and all, pay for each number that they try.
"""

import hashlib

from ostiary.protocol.keys import hmac_sha256

TAG_BYTES = 16
LEAST_ROUNDS, MOST_ROUNDS = 1, 1_000_000
KINDS = ("card", "pass")
_BLOCK = 64


def tag(key: bytes, kind: str, value: str, salt: bytes, rounds: int) -> bytes:
    """The 16 bytes that stand in a pack for a card's number or a pass's id, as `kind` says."""
    return pbkdf2(hmac_sha256(key, kind.encode() + b"\x00" + value.encode()), salt, rounds)[:TAG_BYTES]


if hasattr(hashlib, "pbkdf2_hmac"):

    def pbkdf2(password: bytes, salt: bytes, rounds: int) -> bytes:
        """The first block of PBKDF2-HMAC-SHA-256: 32 bytes. `password` has at most 64 bytes."""
        return hashlib.pbkdf2_hmac("sha256", password, salt, rounds)  # pyright: ignore[reportAttributeAccessIssue]

else:  # MicroPython

    def pbkdf2(password: bytes, salt: bytes, rounds: int) -> bytes:
        """The first block of PBKDF2-HMAC-SHA-256: 32 bytes. `password` has at most 64 bytes."""
        sha256 = hashlib.sha256
        padded = password + bytes(_BLOCK - len(password))
        inner = bytes([byte ^ 0x36 for byte in padded])
        outer = bytes([byte ^ 0x5C for byte in padded])
        turn = sha256(outer + sha256(inner + salt + b"\x00\x00\x00\x01").digest()).digest()
        made = int.from_bytes(turn, "big")
        for _ in range(rounds - 1):
            turn = sha256(outer + sha256(inner + turn).digest()).digest()
            made ^= int.from_bytes(turn, "big")
        return made.to_bytes(32, "big")
