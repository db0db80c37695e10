"""A pack in virtual time: who may pass, by their cards; the mind's own rules about it hold as ever."""

from __future__ import annotations

from typing import Any

from ostiary.firmware.door.alone import GRANTED, NOT_IN_PACK, Verdict


class QuickPacks:
    """The packs on a node's disk, of which at most one is there at once, and whole."""

    def __init__(self) -> None:
        self.pass_key: bytes | None = None
        self.held: QuickAlone | None = None

    def started(self) -> list[tuple[Any, ...]]:
        """What the mind is told at the start of a boot."""
        return [("pack", self.held)]

    def take(self, message: dict[str, Any]) -> list[tuple[Any, ...]]:
        """No parts come in virtual time: a pack is put here whole."""
        return []

    def forget(self) -> None:
        """The pack held was withdrawn."""
        self.held = None


class QuickAlone:
    """Gives what `firmware/door/alone.py` gives, from a list of cards instead of sealed bytes."""

    def __init__(self, version: int, made_ms: int, cards: frozenset[str], pulse_ms: int) -> None:
        self.version, self.made_ms = version, made_ms
        self._cards, self._pulse_ms = cards, pulse_ms

    def age_ms(self, at_ms: int) -> int:
        """How old it is."""
        return max(0, at_ms - self.made_ms)

    def decide(self, facts: dict[str, Any], at_ms: int, clock: str) -> Verdict:
        """Whether whoever shows this is in it. What a pack cannot hold, a PIN among it, opens nothing."""
        known = (facts.get("claim") or {}).get("value") in self._cards
        verdict = Verdict(
            GRANTED if known else NOT_IN_PACK, None, self.version, self.age_ms(at_ms) if clock == "set" else None
        )
        if known:
            verdict.pulse_ms = self._pulse_ms
        return verdict
