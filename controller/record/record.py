"""What becomes a record: a draft, its checks, and the bytes that are written once and never encoded again."""

import math
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from msgspec.json import decode as _decode
from msgspec.json import encode as _encode

from ostiary.controller.record.errors import BadDraft

VERSION = 1
MAX_BYTES = 65_536
MAX_POSITION = 2**53
DAY_MS = 86_400_000
ALWAYS = "always"
# What these say must outlive every month: what ruled when, who spoke for a door, what was erased, whose keys hold.
LASTING = frozenset(
    ("erase", "face-off", "face-on", "fleet", "forget", "lockdown", "log-key", "publish", "restore", "resume", "shadow")
)
# The last millisecond of the year 9999: beyond it a month has no name.
MAX_AT_MS = 253_402_300_799_999


@dataclass(frozen=True, slots=True)
class Draft:
    """One record to be.

    `persons` are those whom it concerns (each of their keys opens it); `door`, `at_ms`, `verdict` and `code` can be
    read by the panel without a key, so they must say nothing about a person. `about` is the position of the decision
    that this record closes. `body` holds JSON values; floats must be finite. Whoever made it of such values alone may
    say so with `exact`; of any other body it is found out whether it reads back as it was.
    """

    kind: str
    at_ms: int
    body: dict[str, Any]
    persons: tuple[str, ...]
    door: str | None = None
    verdict: str | None = None
    code: str | None = None
    receipt_code: str | None = None
    about: int | None = None
    exact: bool = False


def canonical(value: dict[str, Any], *, exact: bool = False) -> bytes:
    """JSON with sorted keys, without spaces, in UTF-8. Raises BadDraft for what JSON cannot say exactly.

    Only what reads back as the same value is taken: text keys, finite numbers, no lone surrogates; a tuple counts as
    a list.
    """
    try:
        data = _encode(value, order="sorted")
        # Reading back costs a fifth of walking through the value, and almost always says that all is well.
        if not exact and _decode(data) != value:
            _check(value)
    except BadDraft:
        raise
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        raise _bad(f"it cannot be said in JSON ({error})") from error
    if len(data) > MAX_BYTES:
        raise _bad(f"it has {len(data)} bytes, and a record may have {MAX_BYTES}")
    return data


def record_bytes(draft: Draft, site: str) -> bytes:
    """The bytes of a record. Every index column is in them, so that a changed column shows. Raises BadDraft."""
    if type(draft.at_ms) is not int or not 0 <= draft.at_ms <= MAX_AT_MS:
        raise _bad(f"at_ms is {draft.at_ms!r}, not milliseconds since 1970 within the year 9999")
    if draft.about is not None and (type(draft.about) is not int or not 0 <= draft.about <= MAX_POSITION):
        raise _bad(f"about is {draft.about!r}, not a position in the log")
    for value in (draft.door, draft.verdict, draft.code, draft.receipt_code):
        if value is not None and not isinstance(value, str):
            raise _bad(f"{value!r} stands where a text should")
    if not isinstance(draft.kind, str):
        raise _bad(f"kind is {draft.kind!r}, not text")
    for person in draft.persons:
        if not isinstance(person, str) or not person or "/" in person or person == "site":
            raise _bad(f"{person!r} is no person's id")
    persons = draft.persons if len(draft.persons) < 2 else sorted(set(draft.persons))
    return canonical(
        {
            "v": VERSION,
            "site": site,
            "kind": draft.kind,
            "at_ms": draft.at_ms,
            "door": draft.door,
            "verdict": draft.verdict,
            "code": draft.code,
            "receipt": draft.receipt_code,
            "about": draft.about,
            "persons": persons,
            "body": draft.body,
        },
        exact=draft.exact,
    )


def holder_names(persons: tuple[str, ...], at_ms: int, *, lasting: bool = False) -> list[str]:
    """The names of the keys that open a record: each person's key of the month, else the site's. Months are UTC.

    A `lasting` record that concerns nobody is under a key of the site that no month ends.
    """
    month = ALWAYS if lasting and not persons else month_of(at_ms)
    return [f"record/{holder}/{month}" for holder in sorted(set(persons)) or ("site",)]


def holder_names_since(person: str, since_ms: int, until_ms: int) -> list[str]:
    """The names of the keys that open a person's records of a time, the oldest first."""
    days = [*range(since_ms, until_ms, DAY_MS), until_ms]
    return list(dict.fromkeys(holder_names((person,), day)[0] for day in days))


def month_of(at_ms: int) -> str:
    """The month of a key, in UTC: `2026-03`."""
    return _month(at_ms // DAY_MS)


@lru_cache(maxsize=32)
def _month(day: int) -> str:
    return datetime.fromtimestamp(day * DAY_MS // 1000, UTC).strftime("%Y-%m")


def _check(value: Any) -> None:
    """Say what it is that does not read back as it was written."""
    if isinstance(value, dict):
        for key, held in value.items():
            if type(key) is not str:
                raise _bad(f"the key {key!r} is not text")
            _check(held)
    elif isinstance(value, list | tuple):
        for held in value:
            _check(held)
    elif isinstance(value, float):
        if not math.isfinite(value):
            raise _bad(f"{value!r} is no number that JSON knows")
    elif value is not None and not isinstance(value, str | int):
        raise _bad(f"{type(value).__name__} is nothing that JSON knows")


def _bad(why: str) -> BadDraft:
    return BadDraft("Nothing was recorded.", f"The draft is no record: {why}.", "Correct what made the draft.")
