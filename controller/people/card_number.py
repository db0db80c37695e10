"""A card's number, sealed for the keeper: the tag by which it is known cannot be read back, and a pack needs another.

Whoever takes people.db reads no number. The keeper opens them to make each deciding node a hash of the node's own.
"""

from ostiary.controller.people.errors import CardUnreadable

CARD_NUMBERS = "site/card-number"  # the key's name in keys.db
_FORM = b"\x01"
_NONCE, _TAG, _BLOCK = 12, 16, 64


def seal_number(number: str, key: bytes, tag: str, nonce: bytes) -> bytes:
    """AES-256-GCM over the number, padded so that its length says little, bound to the card's tag.

    `key` is the keeper's own 32 bytes for numbers, `nonce` 12 random bytes that were never used with it.
    """
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    data = number.encode()
    padded = bytes([len(data)]) + data + bytes(-(len(data) + 1) % _BLOCK)
    return _FORM + nonce + AESGCM(key).encrypt(nonce, padded, _bound(tag))


def open_number(sealed: bytes, key: bytes, tag: str) -> str:
    """The number again. Raises `CardUnreadable` for another key or tag, or changed bytes."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    if sealed[:1] != _FORM or len(sealed) < 1 + _NONCE + _TAG:
        raise CardUnreadable
    try:
        padded = AESGCM(key).decrypt(sealed[1 : 1 + _NONCE], sealed[1 + _NONCE :], _bound(tag))
    except InvalidTag as refused:
        raise CardUnreadable from refused
    return padded[1 : 1 + padded[0]].decode()


def _bound(tag: str) -> bytes:
    return b"ostiary/card-number\n" + tag.encode()
