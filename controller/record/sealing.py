"""Sealing: each record under a key of its own, that key and the salt wrapped for everybody whom it concerns.

Promise: without the key of at least one holder neither bytes nor salt can be read, and the salted commitment in the
tree says nothing about the bytes. Destroying a holder's key is erasure; nothing is encoded again.
"""

import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ostiary.controller.record.errors import Broken
from ostiary.controller.record.tree import leaf_hash
from ostiary.controller.store.keys import ID_BYTES, Key

FORMAT = b"ostiary/record/1\x00"
KEY_BYTES = 32
SALT_BYTES = 16
NONCE_BYTES = 12
_SECRET_BYTES = KEY_BYTES + SALT_BYTES
TAG_BYTES = 16
WRAP_BYTES = ID_BYTES + NONCE_BYTES + _SECRET_BYTES + TAG_BYTES
# A record's key seals one record, so its nonce need not differ from any other (NIST SP 800-38D, 8.2: unique per key).
ONLY_NONCE = bytes(NONCE_BYTES)


class Holder(NamedTuple):
    """Somebody whom a record concerns: the key's id, and its cipher made once for many records."""

    id: bytes
    cipher: AESGCM


class Sealed(NamedTuple):
    """A record as it is stored, and its leaf in the tree.

    `wraps` has a piece of WRAP_BYTES for each holder, sorted by the key's id.
    """

    commitment: bytes
    leaf: bytes
    salt: bytes
    sealed: bytes
    wraps: bytes


@dataclass(frozen=True, slots=True)
class Unsealed:
    """The record's bytes as they were written, and the salt of its commitment."""

    data: bytes
    salt: bytes


def commitment(salt: bytes, data: bytes) -> bytes:
    """HMAC-SHA256(salt, bytes): binds to the bytes, and hides them from whoever has not the salt."""
    return hmac.digest(salt, data, "sha256")


def leaf_of(salt: bytes, data: bytes) -> bytes:
    """The record's leaf in the tree."""
    return leaf_hash(commitment(salt, data))


def holder_of(key: Key) -> Holder:
    return Holder(key.id, AESGCM(key.secret))


def fresh_bytes(holders: int) -> int:
    """How many random bytes `seal` wants for a record with so many holders."""
    return KEY_BYTES + SALT_BYTES + NONCE_BYTES * holders


def about(site: str) -> bytes:
    """What is sealed along with every record of a site, so that none can pass for another site's."""
    return FORMAT + site.encode() + b"\x00"


def seal(data: bytes, said: bytes, holders: Sequence[Holder], fresh: bytes) -> Sealed:
    """`data` sealed with AES-256-GCM for each holder (sorted by id). `said` is `about(site)`.

    `fresh` are `fresh_bytes(len(holders))` bytes of a cryptographic source that are used for nothing else.
    """
    salt = fresh[KEY_BYTES:_SECRET_BYTES]
    committed = commitment(salt, data)
    leaf = leaf_hash(committed)
    sealed = AESGCM(fresh[:KEY_BYTES]).encrypt(ONLY_NONCE, data, said)
    # The leaf is named, so a wrap cannot be moved to another record.
    secret, bound, wraps, start = fresh[:_SECRET_BYTES], said + leaf, b"", _SECRET_BYTES
    for key_id, cipher in holders:
        nonce = fresh[start : start + NONCE_BYTES]
        wraps += key_id + nonce + cipher.encrypt(nonce, secret, bound)
        start += NONCE_BYTES
    return Sealed(committed, leaf, salt, sealed, wraps)


def holders_in(wraps: bytes) -> list[tuple[bytes, bytes]]:
    """(key id, nonce and wrapped key and salt) for each holder. Raises Broken when `wraps` has a torn piece."""
    if len(wraps) % WRAP_BYTES:
        raise _broken()
    pieces = [wraps[start : start + WRAP_BYTES] for start in range(0, len(wraps), WRAP_BYTES)]
    return [(piece[:ID_BYTES], piece[ID_BYTES:]) for piece in pieces]


def unseal(
    site: str,
    leaf: bytes,
    sealed: bytes,
    wraps: bytes,
    secret_of: Callable[[bytes], bytes | None],
) -> Unsealed | None:
    """The record, opened by any one wrap; None when there is no wrap any more, or no wrap's key.

    `secret_of` gives the key of a holder's key id, or None. Raises Broken when a key exists and yet the record does
    not open, or when bytes, commitment and leaf disagree.
    """
    said = about(site)
    known = [(secret, wrapped) for holder, wrapped in holders_in(wraps) if (secret := secret_of(holder)) is not None]
    if not known:
        return None
    for secret, wrapped in known:
        try:
            fresh = AESGCM(secret).decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], said + leaf)
            data = AESGCM(fresh[:KEY_BYTES]).decrypt(ONLY_NONCE, sealed, said)
        except (InvalidTag, ValueError):
            continue  # another holder's wrap may be whole
        salt = fresh[KEY_BYTES:]
        if not hmac.compare_digest(leaf_of(salt, data), leaf):
            break
        return Unsealed(data, salt)
    raise _broken()


def _broken() -> Broken:
    return Broken(
        "The record was not opened.",
        "Its sealed bytes, its key and its leaf in the tree do not belong together: something was changed.",
        "Keep the file as it is, and compare it with a backup.",
    )
