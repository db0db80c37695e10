"""Deciding alone: whether this door may, and what its pack says; what speaks against it is a denial with its code."""

import hashlib

from ostiary.firmware.door.clock import Clock
from ostiary.firmware.door.session import DENY, GRANT, RECEIPT_LENGTH
from ostiary.firmware.door.standing import Standing
from ostiary.firmware.door.strike import MAX_PULSE_MS, MIN_PULSE_MS
from ostiary.protocol import topics
from ostiary.protocol.parts import RECEIPT_ALPHABET

TYPE_CHECKING = False  # MicroPython has no `typing` to import it from.
if TYPE_CHECKING:
    from typing import Any, Protocol

    class Verdict(Protocol):
        """What was decided, by which pack; a denial moves nothing. `code` is the reason, and `subject` whom it concerns
        by a reference of the pack's own; `pack_age_ms` is None where the clock cannot tell."""

        @property
        def verdict(self) -> str: ...
        @property
        def code(self) -> str: ...
        @property
        def pulse_ms(self) -> int: ...
        @property
        def held_ms(self) -> int: ...
        @property
        def subject(self) -> "str | None": ...
        @property
        def pack_version(self) -> int: ...
        @property
        def pack_age_ms(self) -> "int | None": ...

    class Alone(Protocol):
        """A pack that can decide: `alone.py` has it."""

        @property
        def version(self) -> int: ...
        def age_ms(self, at_ms: int) -> "int | None": ...
        def decide(self, facts: "dict[str, Any]", at_ms: int, clock: str) -> Verdict: ...


LOCKDOWN = "lockdown"
SAFE_MODE = "safe-mode"
NO_PACK = "pack-missing"
WITHDRAWN = "pack-withdrawn"
CLOCK_UNKNOWN = "clock-unknown"
TOO_OLD = "pack-too-old"
NO_PULSE = "pulse-refused"
EXPIRED = "expired"


class Denial:
    """A verdict for which no pack was asked."""

    def __init__(self, code: str, version: int, age_ms: "int | None") -> None:
        self.verdict = DENY
        self.code = code
        self.subject: "str | None" = None
        self.pulse_ms = 0
        self.held_ms = 0
        self.pack_version = version
        self.pack_age_ms = age_ms


class Offline:
    """The pack that the host gave, if it may be used."""

    def __init__(self, standing: Standing, clock: Clock, safe_mode: bool) -> None:
        self._standing = standing
        self._clock = clock
        self._safe_mode = safe_mode
        self._alone: "Alone | None" = None

    @property
    def version(self) -> int:
        """Of the pack held, 0 without one."""
        return 0 if self._alone is None else self._alone.version

    def take(self, alone: "Alone | None") -> bool:
        """The host has this pack now; whether it is another version than before."""
        before = self.version
        self._alone = alone
        return self.version not in (0, before)

    def withdrawn(self) -> bool:
        """Whether the pack held is below what may be used; it is then held no longer."""
        lowest = self._standing.packs_from
        if self._alone is None or lowest is None or self._alone.version >= lowest:
            return False
        self._alone = None
        return True

    def age_ms(self, now_ms: int) -> "int | None":
        """How old the pack is, where there is one and the clock can tell."""
        if self._alone is None or self._clock.confidence != "set":
            return None
        return self._alone.age_ms(self._clock.unix_ms(now_ms))

    def decide(self, facts: "dict[str, Any]", now_ms: int) -> "Verdict":
        """What this door decides alone about these facts."""
        age_ms = self.age_ms(now_ms)
        why = self._against(age_ms)
        if self._alone is None or why:
            return Denial(why, self.version, age_ms)
        verdict = self._alone.decide(facts, self._clock.unix_ms(now_ms), self._clock.confidence)
        if verdict.verdict == GRANT and not MIN_PULSE_MS <= verdict.pulse_ms <= MAX_PULSE_MS:
            return Denial(NO_PULSE, self.version, age_ms)
        return verdict

    def _against(self, age_ms: "int | None") -> str:
        standing = self._standing
        if standing.lockdown:
            return LOCKDOWN
        if self._safe_mode:
            return SAFE_MODE
        if self._alone is None:
            return NO_PACK
        if age_ms is None and not (self._clock.confidence == "unset" and standing.trusts_unset_clock):
            return CLOCK_UNKNOWN
        if age_ms is not None and age_ms >= standing.max_age_ms:
            return TOO_OLD
        return ""


def receipt_of(nonce: bytes) -> str:
    """The code of a decision made alone: 80 bits of the attempt's nonce, which is random, by way of SHA-256."""
    number = int.from_bytes(hashlib.sha256(b"ostiary/v1/alone" + nonce).digest()[:10], "big")
    code = ""
    for _ in range(RECEIPT_LENGTH):
        code = RECEIPT_ALPHABET[number & 31] + code
        number >>= 5
    return code


def decision(facts: "dict[str, Any]", verdict: "Verdict") -> "dict[str, Any]":
    """The `decision` of the event `decided`."""
    made: "dict[str, Any]" = {
        "verdict": verdict.verdict,
        "credential": facts["credential"],
        "way": way(facts),
        "pack": verdict.pack_version,
        "code": verdict.code.replace("_", "-")[: topics.NAME_LONGEST],  # a measure's name may have what no code has
    }
    if verdict.subject is not None:
        made["subject"] = verdict.subject
    if verdict.pack_age_ms is not None:
        made["pack_age_ms"] = verdict.pack_age_ms
    return made


def way(facts: "dict[str, Any]") -> str:
    """What was presented together: "face", "card", "card+face+pin", …"""
    claim = facts.get("claim")
    if claim is None:
        return "face"
    word: str = claim["kind"]
    if facts["credential"] == "face":
        word += "+face"
    return word + ("+pin" if facts.get("pin") else "")
