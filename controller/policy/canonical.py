"""One spelling for each value, so that equal content has an equal hash: JSON, keys sorted, no spaces, UTF-8."""

import hashlib
import json
from typing import Any


def canonical(value: Any) -> bytes:
    """The canonical bytes of a value of JSON types. Raises `ValueError` for a number that is not finite."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode()


def sha256_of(value: Any) -> str:
    """The sha256 of the canonical bytes, 64 hex digits (FIPS 180-4)."""
    return hashlib.sha256(canonical(value)).hexdigest()
