"""Failed face attempts: after 5 in a row 30 s between two, after 50 no face until another credential succeeds.

NIST SP 800-63B-4 §3.2.3 for biometric comparison, in its stricter form: the larger allowance for presentation-attack
detection is not taken. Counted for each claim. Without a claim (a door that identifies) there is only the delay, so
that no passer-by can switch faces off for all. A denial never says why, so each one counts for which a face was
compared, a closed hour's as well. Counts live in memory: a reboot begins anew.
"""

import hashlib

from ostiary.protocol import codes

TYPE_CHECKING = False  # MicroPython has no `typing` to import it from.
if TYPE_CHECKING:
    from typing import Any

FREE = 5
PAUSE_MS = 30_000
MOST = 50
REMEMBERED = 64


def key_of(facts: "dict[str, Any]") -> bytes:
    """Whose attempts these count among: a hash of the claim, so that no card's number stays; empty without a claim."""
    claim = facts.get("claim")
    if claim is None:
        return b""
    return hashlib.sha256((claim["kind"] + ":" + claim["value"]).encode()).digest()[:16]


class Attempts:
    """Failures in a row, by `key_of`; of more than 64 claims the one with the fewest is forgotten."""

    def __init__(self) -> None:
        self._failed: "dict[bytes, tuple[int, int]]" = {}

    def bar(self, key: bytes, now_ms: int) -> str:
        """Why no face is looked at for this key now, or nothing."""
        count, last_ms = self._failed.get(key, (0, 0))
        if key and count >= MOST:
            return f"{count} faces failed: none until another credential succeeds"
        if count >= FREE and now_ms - last_ms < PAUSE_MS:
            return f"{count} faces failed: {PAUSE_MS // 1000} s between two"
        return ""

    def failed(self, key: bytes, now_ms: int) -> "list[tuple[str, str]]":
        """A face was compared and not accepted; returns (kind, detail) when that was one too many."""
        count = self._failed.get(key, (0, 0))[0] + 1
        if key not in self._failed and len(self._failed) >= REMEMBERED:
            del self._failed[min(self._failed, key=self._rank)]
        self._failed[key] = count, now_ms
        if count == FREE or (count == MOST and key):
            return [(codes.ATTEMPTS_EXHAUSTED, self.bar(key, now_ms))]
        return []

    def succeeded(self, key: bytes, by_face: bool) -> None:
        """Somebody was let in: the count begins anew; where faces are off, another credential alone does that."""
        if not by_face or self._failed.get(key, (0, 0))[0] < MOST or not key:
            self._failed.pop(key, None)

    def _rank(self, key: bytes) -> "tuple[int, int]":
        return self._failed[key]
