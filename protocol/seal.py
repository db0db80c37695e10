"""Seals a message for one node, purpose and direction: a compact JWE (RFC 7516 §7.1) with `alg` "dir" and `enc`
"A128CBC-HS256" (RFC 7518 §5.2.3), with everything pinned, so that nothing about it can be negotiated.
"""

from ostiary.protocol import base64url, codes, strict_json
from ostiary.protocol.cipher import aes_cbc_decrypt, aes_cbc_encrypt
from ostiary.protocol.errors import Refused
from ostiary.protocol.keys import KEY_BYTES, equal, hmac_sha256

BLOCK_BYTES = 16
TAG_BYTES = 16
MAX_PLAINTEXT_BYTES = 8192
# 8 KiB and its padding are 10,944 characters of base64url; header, initialisation vector, tag and dots at most 226.
MAX_SEALED_BYTES = 11_200

_LABEL_ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789-."
_LABEL_LONGEST = 40
_HEADER_LONGEST = 512


def seal(key: bytes, kid: str, typ: str, plaintext: bytes, iv: bytes) -> bytes:
    """`plaintext` (at most 8 KiB) sealed with the 32-byte `key`; what travels is ASCII.

    `kid` names the key and `typ` the purpose: 1 to 40 of a–z, 0–9, hyphen and dot each. `iv` must be 16 bytes that
    nobody can foretell (NIST SP 800-38A, Appendix C). Raises `Refused` when one of these is not so.
    """
    if len(plaintext) > MAX_PLAINTEXT_BYTES:
        raise Refused(codes.OVERSIZED, "a message has at most 8192 bytes before it is sealed")
    if len(iv) != BLOCK_BYTES:
        raise Refused(codes.MALFORMED, "an initialisation vector has 16 bytes")
    header = _header(kid, typ)
    encrypted, tag = encrypt(key, iv, header.encode(), plaintext)
    return ".".join((header, "", base64url.encode(iv), base64url.encode(encrypted), base64url.encode(tag))).encode()


def unseal(key: bytes, kid: str, typ: str, sealed: bytes) -> bytes:
    """The plaintext of what `seal` made with the same `key`, `kid` and `typ`.

    Raises `Refused` for everything else: oversized, malformed, wrong-kind (another `typ`, `alg`, `enc` or any further
    header member), wrong-key (another `kid`), unauthentic.
    """
    if len(sealed) > MAX_SEALED_BYTES:
        raise Refused(codes.OVERSIZED, "a sealed message has at most " + str(MAX_SEALED_BYTES) + " bytes")
    try:
        parts = str(sealed, "ascii").split(".")
    except ValueError:
        raise Refused(codes.MALFORMED, "a sealed message is ASCII") from None
    if len(parts) != 5:
        raise Refused(codes.MALFORMED, "a compact JWE has five parts")
    header, wrapped_key, iv, encrypted, tag = parts
    if header != _header(kid, typ):
        raise _not_ours(header, typ)
    if wrapped_key:
        raise Refused(codes.WRONG_KIND, "a JWE with alg dir has no encrypted key")
    return decrypt(key, base64url.decode(iv), header.encode(), base64url.decode(encrypted), base64url.decode(tag))


def encrypt(key: bytes, iv: bytes, associated: bytes, plaintext: bytes) -> tuple[bytes, bytes]:
    """AES_128_CBC_HMAC_SHA_256 (RFC 7518 §5.2.2.1): `(encrypted, tag)`. `key` has 32 bytes, else `Refused`."""
    spare = BLOCK_BYTES - len(plaintext) % BLOCK_BYTES
    mac_key, cipher_key = _halves(key)
    encrypted = aes_cbc_encrypt(cipher_key, iv, plaintext + bytes([spare]) * spare)
    return encrypted, _tag(mac_key, associated, iv, encrypted)


def decrypt(key: bytes, iv: bytes, associated: bytes, encrypted: bytes, tag: bytes) -> bytes:
    """The way back (RFC 7518 §5.2.2.2). Raises `Refused`: malformed for wrong lengths, else unauthentic."""
    if len(iv) != BLOCK_BYTES or len(tag) != TAG_BYTES or not encrypted or len(encrypted) % BLOCK_BYTES:
        raise Refused(codes.MALFORMED, "a part of the sealed message does not have its length")
    mac_key, cipher_key = _halves(key)
    # Before anything is decrypted: else the padding could be asked about, byte by byte (RFC 7518 §8.8).
    if not equal(tag, _tag(mac_key, associated, iv, encrypted)):
        raise Refused(codes.UNAUTHENTIC, "the tag does not match")
    padded = aes_cbc_decrypt(cipher_key, iv, encrypted)
    spare = padded[-1]
    if not 0 < spare <= BLOCK_BYTES or padded[-spare:] != bytes([spare]) * spare:
        raise Refused(codes.UNAUTHENTIC, "the padding is not PKCS #7")
    return padded[:-spare]


def _halves(key: bytes) -> tuple[bytes, bytes]:
    if len(key) != KEY_BYTES:
        raise Refused(codes.MALFORMED, "a message key has 32 bytes")
    return key[:16], key[16:]


def _tag(mac_key: bytes, associated: bytes, iv: bytes, encrypted: bytes) -> bytes:
    bits = (len(associated) * 8).to_bytes(8, "big")
    return hmac_sha256(mac_key, associated + iv + encrypted + bits)[:TAG_BYTES]


def _header(kid: str, typ: str) -> str:
    # Written, not serialised: these are the only bytes that a header may have, so none is ever interpreted.
    for label in (kid, typ):
        if not 0 < len(label) <= _LABEL_LONGEST or label.strip(_LABEL_ALPHABET):
            raise Refused(codes.MALFORMED, "kid and typ are 1 to 40 of a-z, 0-9, hyphen and dot")
    return base64url.encode(('{"alg":"dir","enc":"A128CBC-HS256","kid":"' + kid + '","typ":"' + typ + '"}').encode())


def _not_ours(header: str, typ: str) -> Refused:
    """Why a header that is not the pinned one is refused. It is unproven: this only chooses the word for the log."""
    other_kind = Refused(codes.WRONG_KIND, "the header is not the pinned one for this purpose")
    if len(header) > _HEADER_LONGEST:
        return other_kind
    try:
        kid = strict_json.loads_object(base64url.decode(header)).get("kid")
    except Refused:
        return Refused(codes.MALFORMED, "the header is not base64url of a JSON object")
    try:
        if isinstance(kid, str) and header == _header(kid, typ):
            return Refused(codes.WRONG_KEY, "sealed with a key of another name")
    except Refused:
        pass  # No key of ours could have such a name.
    return other_kind
