"""A card or a pass, and the digits typed beside it, become one attempt; a PIN alone becomes none.

Digits may come before the card or after it. `#` ends the digits, `*` takes everything back. Whoever is too slow begins
anew. Where the door wants a PIN (`wants_pin`) a card waits for it; elsewhere it is asked about at once. Two different
cards within one entry are two people, or one person who tries: neither is chosen, and nothing is asked.

Each method returns a list of:

    ("attempt", facts)     see `session.FACTS`; with the claim, and the PIN where one was typed
    ("refused", why)       "alone", "digits", "late" or "two-cards"; never what was typed

Times are monotonic ms. What a PIN that is wrong or one under duress means is the keeper's to say.
"""

TYPE_CHECKING = False  # MicroPython has no `typing` to import it from.
if TYPE_CHECKING:
    from typing import Any

FEWEST_DIGITS = 4
MOST_DIGITS = 12
NEXT_KEY_MS = 5_000
WHOLE_MS = 20_000
# A reader says the same card again and again while it is held there.
AGAIN_MS = 2_000

ALONE = "alone"
DIGITS = "digits"
LATE = "late"
TWO_CARDS = "two-cards"


class Entry:
    """One person at one reader with a keypad."""

    def __init__(self, wants_pin: bool = False) -> None:
        self.wants_pin = wants_pin
        self._digits = bytearray()
        self._pin: bytearray | None = None
        self._claim: "dict[str, str] | None" = None
        self._until_ms: int | None = None
        self._next_ms: int | None = None
        self._asked: "tuple[str, int] | None" = None

    @property
    def begun(self) -> bool:
        """Whether something was presented or typed and more is waited for."""
        return self._until_ms is not None

    def key(self, key: str, now_ms: int) -> "list[tuple[str, Any]]":
        """One key: a digit, `#` or `*`."""
        done = self.tick(now_ms)
        if key == "*":
            self._clear()
            return done
        self._go_on(now_ms)
        if key != "#":
            if self._pin is not None:
                # Digits after `#` and before the card: the first ones are not what was meant.
                self._wipe_pin()
            if len(self._digits) == MOST_DIGITS:
                self._clear()
                return done + [("refused", DIGITS)]
            self._digits.append(ord(key))
            return done
        if len(self._digits) < FEWEST_DIGITS:
            self._clear()
            return done + [("refused", DIGITS)]
        self._pin, self._digits = self._digits, bytearray()
        return done + (self._ask(now_ms) if self._claim is not None else [])

    def claim(self, kind: str, value: str, now_ms: int) -> "list[tuple[str, Any]]":
        """A card (`kind` card) or a pass (pass) was presented."""
        done = self.tick(now_ms)
        if self._asked is not None and self._asked[0] == value and now_ms - self._asked[1] < AGAIN_MS:
            self._asked = (value, now_ms)
            return done
        if self._claim is not None:
            if self._claim["value"] == value:
                return done
            self._clear()
            return done + [("refused", TWO_CARDS)]
        self._claim = {"kind": kind, "value": value}
        if self._pin is None and (self.wants_pin or self._digits):
            self._go_on(now_ms)
            return done
        return done + self._ask(now_ms)

    def tick(self, now_ms: int) -> "list[tuple[str, Any]]":
        """Begin anew when it took too long. A PIN that no card came to was alone; a card without one was late."""
        due_ms = self.due_ms()
        if due_ms is None or now_ms < due_ms:
            return []
        why = LATE if self._claim is not None else ALONE
        self._clear()
        return [("refused", why)]

    def due_ms(self) -> int | None:
        """When the patience with what was begun ends."""
        if self._until_ms is None or self._next_ms is None:
            return None
        return min(self._until_ms, self._next_ms)

    def _ask(self, now_ms: int) -> "list[tuple[str, Any]]":
        claim = self._claim
        if claim is None:
            return []
        facts: "dict[str, Any]" = {"credential": claim["kind"], "claim": claim, "faces": 0}
        if self._pin is not None:
            facts["pin"] = bytes(self._pin).decode()
        self._asked = (claim["value"], now_ms)
        self._clear()
        return [("attempt", facts)]

    def _go_on(self, now_ms: int) -> None:
        if self._until_ms is None:
            self._until_ms = now_ms + WHOLE_MS
        self._next_ms = now_ms + NEXT_KEY_MS

    def _clear(self) -> None:
        for at in range(len(self._digits)):
            self._digits[at] = 0
        self._digits = bytearray()
        self._wipe_pin()
        self._claim = None
        self._until_ms = self._next_ms = None

    def _wipe_pin(self) -> None:
        if self._pin is not None:
            for at in range(len(self._pin)):
                self._pin[at] = 0
            self._pin = None
