"""The words of a board profile, all of them closed sets; a word outside them is met with the nearest one inside."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

OUTPUTS = ("strike", "led", "buzzer")
INPUTS = ("contact", "rex", "fire", "tamper", "power", "wiegand-d0", "wiegand-d1")
FUNCTIONS = OUTPUTS + INPUTS

RUNS = ("pi", "esp32")
HANGS = ("inside", "outside")
CAMERAS = ("none", "by-cable", "on-board")
# What a pin does by itself from power-on until the program sets it.
LEVELS = ("low", "high", "floats", "pulses")
ACTIVE = ("high", "low")

TOP = (
    "board",
    "title",
    "chip",
    "runs",
    "hangs",
    "camera",
    "sources",
    "boot",
    "strapping",
    "input-only",
    "taken",
    "functions",
)
WIRE = ("pin", "active", "pull-down-ohm", "pull-up-ohm", "open-drain")


def nearest(word: str, words: Iterable[str]) -> str:
    """ "Did you mean …" where one word is near, else the whole list."""
    near = get_close_matches(word, list(words), n=1, cutoff=0.5)
    return f"Did you mean {near[0]}?" if near else f"Use one of: {', '.join(words)}."
