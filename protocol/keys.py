"""HMAC, HKDF and the key of each kind of message: one secret a node, one key a purpose and direction."""

import hashlib
import sys

from ostiary.protocol import codes, topics
from ostiary.protocol.errors import Refused

SECRET_BYTES = 32
KEY_BYTES = 32

if sys.implementation.name == "micropython":

    def hmac_sha256(key: bytes, data: bytes) -> bytes:
        """HMAC-SHA256 (RFC 2104, FIPS 180-4): 32 bytes."""
        if len(key) > 64:
            key = hashlib.sha256(key).digest()
        key = key + bytes(64 - len(key))
        inner = hashlib.sha256(bytes([byte ^ 0x36 for byte in key]))
        inner.update(data)
        outer = hashlib.sha256(bytes([byte ^ 0x5C for byte in key]))
        outer.update(inner.digest())
        return outer.digest()

    def equal(a: bytes, b: bytes) -> bool:
        """Whether two byte strings are the same, in a time that depends on their lengths only."""
        if len(a) != len(b):
            return False
        difference = 0
        for i in range(len(a)):
            difference |= a[i] ^ b[i]
        return difference == 0

else:
    import hmac

    def hmac_sha256(key: bytes, data: bytes) -> bytes:
        """HMAC-SHA256 (RFC 2104, FIPS 180-4): 32 bytes."""
        return hmac.digest(key, data, "sha256")

    def equal(a: bytes, b: bytes) -> bool:
        """Whether two byte strings are the same, in a time that depends on their lengths only."""
        return hmac.compare_digest(a, b)


def hkdf(ikm: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    """HKDF-SHA256 (RFC 5869 §2): `length` bytes, 1 to 8160, else `Refused`. An empty `salt` is 32 zero bytes."""
    if not 0 < length <= 255 * 32:
        raise Refused(codes.MALFORMED, "HKDF-SHA256 gives 1 to 8160 bytes")
    pseudorandom = hmac_sha256(salt or bytes(32), ikm)
    block = made = b""
    counter = 1
    while len(made) < length:
        block = hmac_sha256(pseudorandom, block + info + bytes([counter]))
        made += block
        counter += 1
    return made[:length]


def message_key(node_secret: bytes, site: str, node: str, purpose: str) -> bytes:
    """The 32-byte key that seals one node's messages of one purpose; its direction follows from the purpose.

    HKDF-SHA256 with the salt "ostiary/v1" and, as info, each of "message", site, node, purpose and direction after
    a byte with its length: no two different sets share an info. Raises `Refused` for names that no topic has and
    for a secret that is not 32 bytes.
    """
    if len(node_secret) != SECRET_BYTES:
        raise Refused(codes.MALFORMED, "a node's secret has 32 bytes")
    topics.topic(site, node, purpose)
    info = b""
    for part in ("message", site, node, purpose, topics.DIRECTION[purpose]):
        encoded = part.encode()
        info += bytes([len(encoded)]) + encoded
    return hkdf(node_secret, topics.ROOT.encode(), info, KEY_BYTES)
