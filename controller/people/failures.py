"""How often somebody was wrong who wanted to sign in, and how long they wait; it outlives a restart, as guessing would.

What is counted is a name that was tried, known or not, so that the wait tells nobody which names there are; and an
address, so that one machine cannot try all names. A passkey cannot be guessed and waits for nothing: whoever guesses at
an operator's password keeps that operator from the password alone.
"""

import hashlib

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects.sqlite import insert

from ostiary.controller.store import signin_tables as tables

FREE = 5
"""As many mistakes as cost nothing."""
FIRST_MS = 15_000
LONGEST_MS = 15 * 60_000
FORGOTTEN_MS = 24 * 3_600_000
ADDRESS_FREE = 30


def about(kind: str, who: str) -> bytes:
    return hashlib.sha256(f"{kind}\0{who.strip().lower()[:200]}".encode(errors="replace")).digest()


def wait_ms(times: int, free: int = FREE) -> int:
    """How long after so many mistakes nobody is listened to: twice as long each time, from 15 s to 15 min."""
    return 0 if times < free else min(LONGEST_MS, FIRST_MS << min(times - free, 20))


def left_ms(conn: Connection, key: bytes, at_ms: int, free: int = FREE) -> int:
    """How much of the wait is left; 0: go on."""
    row = conn.execute(select(tables.failure).where(tables.failure.c.about == key)).first()
    if row is None or at_ms - row.last_at_ms >= FORGOTTEN_MS:
        return 0
    # A clock that was set back neither opens a gate nor closes one for longer than the wait itself.
    wait = wait_ms(row.times, free)
    return min(wait, max(0, row.last_at_ms + wait - at_ms))


def failed(conn: Connection, key: bytes, at_ms: int) -> None:
    """One more mistake; those of a day without another are forgotten."""
    table = tables.failure
    conn.execute(delete(table).where(table.c.last_at_ms < at_ms - FORGOTTEN_MS))
    counted = insert(table).values(about=key, times=1, last_at_ms=at_ms)
    more = {"times": table.c.times + 1, "last_at_ms": at_ms}
    conn.execute(counted.on_conflict_do_update(index_elements=[table.c.about], set_=more))


def over(conn: Connection, key: bytes) -> None:
    """It was right this time."""
    conn.execute(delete(tables.failure).where(tables.failure.c.about == key))
