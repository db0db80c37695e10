"""Wiegand: pulses on two wires become a card, a key, or a refusal that says why; nothing is guessed.

A reader pulls D0 low for a 0 and D1 low for a 1. Times are those of SIA AC-01 (1996), 3: pulses of 20 to 100 µs, 200 µs
to 20 ms apart. The host stamps each falling edge with monotonic microseconds that do not wrap, in order.

    edge(line, now_us)    line 0 or 1; what ended before it
    tick(now_us)          what ended by now; wanted at `due_us()`

Both return a list of:

    ("card", "26-FACILITY-NUMBER")    26 bits (H10301): 8 bits of facility, 16 of number
    ("card", "34-FACILITY-NUMBER")    34 bits (H10306): 16 and 16
    ("card", "37-NUMBER")             37 bits (H10302): 35 bits of number
    ("key", "0".."9" | "*" | "#")     4 bits, or 8 bits whose upper half is the lower one inverted
    ("refused", why)                  "noise", "length" or "parity"
"""

TYPE_CHECKING = False  # MicroPython has no `typing` to import it from.
if TYPE_CHECKING:
    from typing import Any

# Half of what the standard allows: an interrupt may be stamped late. Anything closer is no reader's pulse.
SOONEST_US = 100
# The standard's longest gap and a quarter; after it the frame is over.
END_US = 25_000
LONGEST_BITS = 64

KEYS = "0123456789*#"
# Bits in a frame → bits of facility, and how many data bits each of the two parity bits looks over.
CARDS = {26: (8, 12), 34: (16, 16), 37: (0, 18)}

NOISE = "noise"
LENGTH = "length"
PARITY = "parity"


class Wiegand:
    """The two wires of one reader."""

    def __init__(self) -> None:
        self._bits: list[int] = []
        self._count = 0
        self._last_us: int | None = None
        self._noisy = False

    def edge(self, line: int, now_us: int) -> "list[tuple[str, str]]":
        """A falling edge on D0 (`line` 0) or D1 (1)."""
        ended = self.tick(now_us)
        if self._last_us is not None and now_us - self._last_us < SOONEST_US:
            self._noisy = True
        self._last_us = now_us
        self._count += 1
        # What is longer than any card is counted and not kept: a wire that rattles must not fill memory.
        if self._count <= LONGEST_BITS:
            self._bits.append(1 if line else 0)
        return ended

    def tick(self, now_us: int) -> "list[tuple[str, str]]":
        """The frame that silence has ended by now, if any."""
        if self._last_us is None or now_us - self._last_us < END_US:
            return []
        bits, count, noisy = self._bits, self._count, self._noisy
        self._bits, self._count, self._last_us, self._noisy = [], 0, None, False
        if noisy:
            return [("refused", NOISE)]
        if count > LONGEST_BITS:
            return [("refused", LENGTH)]
        return [decode(bits)]

    def due_us(self) -> int | None:
        """When the frame that has begun is over, should nothing more come."""
        return None if self._last_us is None else self._last_us + END_US


def decode(bits: list[int]) -> "tuple[str, str]":
    """What one whole frame of 0s and 1s, first bit first, amounts to."""
    count = len(bits)
    if count in (4, 8):
        return _key(bits)
    if count not in CARDS:
        return ("refused", LENGTH)
    facility_bits, over = CARDS[count]
    # Even parity over the first half, odd over the last; in 37 bits the halves share their middle bit.
    if sum(bits[: over + 1]) % 2 != 0 or sum(bits[-over - 1 :]) % 2 != 1:
        return ("refused", PARITY)
    data = bits[1:-1]
    number = _number(data[facility_bits:])
    if not facility_bits:
        return ("card", f"{count}-{number}")
    return ("card", f"{count}-{_number(data[:facility_bits])}-{number}")


def encode(card: str) -> list[int]:
    """The frame of a card, as `decode` names it. Raises ValueError for what no frame can hold."""
    parts: "list[Any]" = [int(part) for part in card.split("-")]
    count = parts[0]
    facility_bits, over = CARDS.get(count, (0, 0))
    numbers = parts[1:]
    widths = [facility_bits, count - 2 - facility_bits] if facility_bits else [count - 2]
    if not over or len(numbers) != len(widths):
        raise ValueError(f"{card!r} is no card of 26, 34 or 37 bits")
    data: list[int] = []
    for number, width in zip(numbers, widths):
        if not 0 <= number < 1 << width:
            raise ValueError(f"{number} does not fit into {width} bits")
        data += [number >> shift & 1 for shift in range(width - 1, -1, -1)]
    return [sum(data[:over]) % 2] + data + [1 - sum(data[-over:]) % 2]


def _key(bits: list[int]) -> "tuple[str, str]":
    value = _number(bits)
    if len(bits) == 8:
        if value >> 4 != 15 - (value & 15):
            return ("refused", PARITY)
        value &= 15
    return ("key", KEYS[value]) if value < len(KEYS) else ("refused", PARITY)


def _number(bits: list[int]) -> int:
    number = 0
    for bit in bits:
        number = number << 1 | bit
    return number
