"""Reviewing: what of a record only a reviewer may read. In the record, and in every receipt, it is noise.

A similarity told to the person, or to whoever finds the receipt, teaches how near an impostor came. It is sealed with
AES-256-GCM under the site's reviewers' key of the month and bound to its record by the receipt code.
"""

import json
from collections.abc import Callable
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ostiary.controller.record.errors import Broken
from ostiary.controller.record.record import month_of
from ostiary.controller.store.keys import KeyStore
from ostiary.protocol import base64url

NONCE_BYTES = 12
FIELD = "for_reviewers"


def key_name(at_ms: int) -> str:
    return f"review/{month_of(at_ms)}"


def hide(said: dict[str, Any], code: str, at_ms: int, keys: KeyStore, random: Callable[[int], bytes]) -> str:
    """`said` as base64url, for the field FIELD of the body of the record with this receipt code."""
    nonce = random(NONCE_BYTES)
    data = json.dumps(said, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()
    return base64url.encode(nonce + AESGCM(keys.offer(key_name(at_ms)).secret).encrypt(nonce, data, code.encode()))


def show(hidden: str, code: str, at_ms: int, keys: KeyStore) -> dict[str, Any] | None:
    """What was hidden; None when the month's key is destroyed. Raises Broken when it was changed."""
    secret = keys.get(key_name(at_ms))
    if secret is None:
        return None
    held = base64url.decode(hidden)
    try:
        return json.loads(AESGCM(secret).decrypt(held[:NONCE_BYTES], held[NONCE_BYTES:], code.encode()))
    except (InvalidTag, ValueError) as error:
        raise Broken(
            "What the record keeps for reviewers was not opened.",
            "It does not belong to this record: something was changed.",
            "Keep the log as it is, and compare it with a backup.",
        ) from error
