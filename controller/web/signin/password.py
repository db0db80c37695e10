"""Passwords: what one must be like, and argon2id (RFC 9106), two at a time, since each takes 64 MiB and a while.

A password is never enough here: a code of an authenticator app comes with it. A name that nobody has costs the same
work as one that somebody has, so that the time tells nothing.
"""

import asyncio
from functools import cache

from starlette.concurrency import run_in_threadpool

from ostiary.controller.web.problem import BadForm, TooBusy

SHORTEST, LONGEST = 12, 256
AT_ONCE, WAITING = 2, 20
DIFFERENT = 5


class Hashing:
    """One for the process."""

    def __init__(self) -> None:
        self._places = asyncio.Semaphore(AT_ONCE)
        self._inside = 0

    async def made(self, password: str) -> str:
        """The hash to keep. Raises `TooBusy`."""
        return await self._run(_hash, password)

    async def holds(self, argon2: str | None, password: str) -> bool:
        """Whether this is the password; with no hash to compare with, as much work for a plain no. Raises `TooBusy`."""
        return await self._run(_verify, argon2 or "", password) and argon2 is not None

    async def _run(self, work, *args: str):
        if self._inside >= AT_ONCE + WAITING:
            raise TooBusy("You are not signed in yet.", "Many sign in at this moment.", "Try again in a few seconds.")
        self._inside += 1
        try:
            async with self._places:
                return await run_in_threadpool(work, *args)
        finally:
            self._inside -= 1


def require_good(password: str, *about: str) -> str:
    """The password, when it may be one. `about` are words that must not be most of it. Raises `BadForm`.

    NIST SP 800-63B-4, 3.1.1.2: long, no rules of composition, nothing that an attacker would try first.
    """
    why = ""
    if not SHORTEST <= len(password) <= LONGEST:
        why = f"It has {len(password)} characters, and may have {SHORTEST} to {LONGEST}."
    elif len(set(password)) < DIFFERENT:
        why = f"It has fewer than {DIFFERENT} different characters."
    else:
        rest = password.lower()
        for word in ("ostiary", "password", "passwort", *about):
            rest = rest.replace(word.lower(), "") if len(word) > 2 else rest
        if len(rest) < SHORTEST // 2:
            why = "Most of it is a word that somebody would try first, such as your name or that of this site."
    if why:
        raise BadForm("This cannot be your password.", why, "Choose another one: four unusual words do well.")
    return password


def outdated(argon2: str) -> bool:
    """Whether a hash was made with other parameters than today's."""
    return _hasher().check_needs_rehash(argon2)


@cache
def _hasher():
    import argon2

    return argon2.PasswordHasher.from_parameters(argon2.profiles.RFC_9106_LOW_MEMORY)


@cache
def _nobodys() -> str:
    return _hasher().hash("nobody has this password")


def _hash(password: str) -> str:
    return _hasher().hash(password)


def _verify(argon2: str, password: str) -> bool:
    from argon2.exceptions import VerifyMismatchError

    nobodys = _nobodys()  # made at the first try, whosever that is
    try:
        return _hasher().verify(argon2 or nobodys, password)
    except VerifyMismatchError:
        return False
