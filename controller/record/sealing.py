"""Sealing: each record under a key of its own, that key and the salt wrapped for everybody whom it concerns.

Promise: without the key of at least one holder neither bytes nor salt can be read, and the salted commitment in the
tree says nothing about the bytes. Destroying a holder's key is erasure; nothing is encoded again.
"""

import hmac
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ostiary.controller.record.errors import Broken
from ostiary.controller.record.tree import leaf_hash
from ostiary.controller.store.keys import Key

FORMAT = b"ostiary/record/1\x00"
KEY_BYTES = 32
SALT_BYTES = 16
NONCE_BYTES = 12
# A record's key seals one record, so its nonce need not differ from any other (NIST SP 800-38D, 8.2: unique per key).
ONLY_NONCE = bytes(NONCE_BYTES)


@dataclass(frozen=True, slots=True)
class Sealed:
    """A record as it is stored. `wraps` are (holder's key id, wrapped key and salt), sorted."""

    commitment: bytes
    salt: bytes
    sealed: bytes
    wraps: tuple[tuple[bytes, bytes], ...]

    @property
    def leaf(self) -> bytes:
        """Its leaf in the tree."""
        return leaf_hash(self.commitment)


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


def seal(data: bytes, site: str, holders: Sequence[Key], random: Callable[[int], bytes] = os.urandom) -> Sealed:
    """`data` sealed with AES-256-GCM for each holder. `random` must be a cryptographic source."""
    fresh = random(KEY_BYTES + SALT_BYTES)
    key, salt = fresh[:KEY_BYTES], fresh[KEY_BYTES:]
    committed = commitment(salt, data)
    leaf = leaf_hash(committed)
    sealed = AESGCM(key).encrypt(ONLY_NONCE, data, _about(site))
    wraps: list[tuple[bytes, bytes]] = []
    for holder in holders:
        nonce = random(NONCE_BYTES)
        # The leaf is named, so a wrap cannot be moved to another record.
        wraps.append((holder.id, nonce + AESGCM(holder.secret).encrypt(nonce, fresh, _about(site) + leaf)))
    return Sealed(committed, salt, sealed, tuple(sorted(wraps)))


def unseal(
    site: str,
    leaf: bytes,
    sealed: bytes,
    wraps: Sequence[tuple[bytes, bytes]],
    secret_of: Callable[[bytes], bytes | None],
) -> Unsealed | None:
    """The record, opened by any one wrap; None when no wrap's key exists any more.

    `secret_of` gives the key of a holder's key id, or None. Raises Broken when a key exists and yet the record does
    not open, or when bytes, commitment and leaf disagree.
    """
    known = [(secret, wrapped) for holder, wrapped in wraps if (secret := secret_of(holder)) is not None]
    if not known and wraps:
        return None
    for secret, wrapped in known:
        try:
            fresh = AESGCM(secret).decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], _about(site) + leaf)
            data = AESGCM(fresh[:KEY_BYTES]).decrypt(ONLY_NONCE, sealed, _about(site))
        except (InvalidTag, ValueError):
            continue  # another holder's wrap may be whole
        salt = fresh[KEY_BYTES:]
        if not hmac.compare_digest(leaf_of(salt, data), leaf):
            break
        return Unsealed(data, salt)
    raise Broken(
        "The record was not opened.",
        "Its sealed bytes, its key and its leaf in the tree do not belong together: something was changed.",
        "Keep the file as it is, and compare it with a backup.",
    )


def _about(site: str) -> bytes:
    return FORMAT + site.encode() + b"\x00"
