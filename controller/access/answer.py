"""Step 5, answer: what the node is told, sealed. A display learns yes or no and where to learn more, nothing else."""

from typing import Any

from ostiary.controller.access.intake import Standing
from ostiary.controller.policy.door import Door
from ostiary.controller.record.receipt import Receipt
from ostiary.protocol import base64url, messages
from ostiary.protocol.seal import seal

IV_BYTES = 16


def times(door: Door, more_time: bool) -> tuple[int, int]:
    """`pulse_ms` and `held_ms` of a grant at this door. `more_time` is the person's own setting: only the strike and
    the contact feel it. Nothing is shown of it, and no record keeps it, because nothing was decided by it."""
    return (door.pulse_ms + door.more_time.pulse_ms, door.more_time.held_ms) if more_time else (door.pulse_ms, 0)


def decided(
    nonce: str,
    granted: bool,
    pulse_ms: int,
    held_ms: int,
    term: int,
    code: str,
    receipt: Receipt,
    learn: str,
    *,
    busy: bool = False,
) -> dict[str, Any]:
    """The answer to a recorded ask. `receipt` is what the person takes home; it names nobody. `busy`: the denial is
    the site's own doing, so the display says *busy* and not *no*."""
    return {
        "v": 1,
        "nonce": nonce,
        "verdict": "grant" if granted else "deny",
        "pulse_ms": pulse_ms if granted else 0,
        "held_ms": held_ms if granted else 0,
        "term": term,
        "receipt": {
            "code": code,
            "leaf": base64url.encode(receipt.leaf),
            "salt": base64url.encode(receipt.salt),
        },
        "show": {"say": "yes" if granted else "busy" if busy else "no", "learn": learn},
    }


def busy(nonce: str, term: int, learn: str) -> dict[str, Any]:
    """The answer when nothing could be recorded, and so nothing was decided: never a grant."""
    return {
        "v": 1,
        "nonce": nonce,
        "verdict": "deny",
        "pulse_ms": 0,
        "term": term,
        "show": {"say": "busy", "learn": learn},
    }


def seal_for(standing: Standing, purpose: str, message: dict[str, Any], iv: bytes) -> bytes:
    """The bytes for a node's topic. `iv` must be 16 fresh random bytes (NIST SP 800-38A, Appendix C)."""
    return seal(standing.keys[purpose], standing.node, purpose, messages.encode(purpose, message), iv)
