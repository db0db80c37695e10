"""The shapes that values must have before they are written; the database refuses the same, in fewer words."""

import re

from ostiary.controller.people.errors import Malformed

_PERSON = re.compile(r"p-[a-z2-7]{16}", re.ASCII)
_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)
_WORD = re.compile(r"[a-z0-9-]{1,64}", re.ASCII)
LATEST_MS = 221_845_392_000_000  # the year 9000, as for the policy's facts


def person_id(value: str) -> str:
    return _matching(_PERSON, "The person's id", value, "p- and 16 of a–z and 2–7")


def sha256(name: str, value: str) -> str:
    return _matching(_SHA256, name, value, "64 lower-case hexadecimal digits")


def word(name: str, value: str) -> str:
    return _matching(_WORD, name, value, "1 to 64 of a–z, 0–9 and hyphen")


def said(name: str, value: str, longest: int) -> str:
    """A line for people: something in it, nothing that is not printed, at most `longest` characters; trimmed."""
    trimmed = value.strip()
    if not trimmed or len(trimmed) > longest or not trimmed.isprintable():
        raise Malformed(name, value, f"one line of 1 to {longest} printed characters")
    return trimmed


def text(name: str, value: str, longest: int) -> str:
    """A text for people, which may have several lines; trimmed."""
    trimmed = value.strip()
    if not trimmed or len(trimmed) > longest or "\0" in trimmed:
        raise Malformed(name, value, f"a text of 1 to {longest} characters")
    return trimmed


def moment(name: str, at_ms: int) -> int:
    if type(at_ms) is not int or not 0 <= at_ms <= LATEST_MS:
        raise Malformed(name, at_ms, "milliseconds since 1970 in whole numbers, before the year 9000")
    return at_ms


def _matching(pattern: re.Pattern[str], name: str, value: str, expected: str) -> str:
    if not pattern.fullmatch(value):
        raise Malformed(name, value, expected)
    return value
