"""Bytes as text: base64url without padding (RFC 4648 §5), one spelling for each value and no other accepted."""

import binascii

from ostiary.protocol import codes
from ostiary.protocol.errors import Refused


def encode(data: bytes) -> str:
    """`data` in the alphabet A–Z a–z 0–9 - _, without padding."""
    text = str(binascii.b2a_base64(data, newline=False), "ascii")
    return text.rstrip("=\n").replace("+", "-").replace("/", "_")


def decode(text: str) -> bytes:
    """The bytes that `encode` makes `text` of. Raises `Refused` (malformed) for any other text."""
    try:
        data = binascii.a2b_base64(text.replace("-", "+").replace("_", "/") + "=" * (-len(text) % 4))
    except ValueError:
        raise Refused(codes.MALFORMED, "not base64url") from None
    # Both interpreters' decoders skip foreign characters and ignore spare bits: only the way back tells.
    if encode(data) != text:
        raise Refused(codes.MALFORMED, "not base64url in its one canonical spelling")
    return data


def longest(size: int) -> int:
    """How many characters `size` bytes take."""
    return (size * 4 + 2) // 3
