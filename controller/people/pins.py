"""A person's PIN: what makes a good one, the hash of it, and the sealed row that only the keeper can open.

Of the PIN and of the duress PIN argon2id hashes (RFC 9106) of one salt are kept, sealed together. Where there is no
duress PIN, 32 random bytes stand in its place, so that a row does not say who has one.
"""

import hmac
import itertools
from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from sqlalchemy import Connection, delete, insert, select

from ostiary.controller.people import shapes
from ostiary.controller.people.errors import NoPin, PinUnfit
from ostiary.controller.people.registry import person_here
from ostiary.controller.store.credential_tables import pin as table

SHORTEST, LONGEST = 6, 12
SALT_BYTES, HASH_BYTES, NONCE_BYTES = 16, 32, 12
MEMORY_KIB, ROUNDS, LANES = 19 * 1024, 2, 1

RIGHT, DURESS, WRONG = "right", "duress", "wrong"


class Held(NamedTuple):
    """What a sealed row holds."""

    salt: bytes
    right: bytes
    duress: bytes


def check_fit(pin: str, duress: str | None) -> None:
    """Raises `PinUnfit` for PINs that are guessed first, and for a duress PIN that is typed by mistake."""
    for one in (pin, duress) if duress is not None else (pin,):
        if not SHORTEST <= len(one) <= LONGEST or not one.isascii() or not one.isdigit():
            raise PinUnfit(f"It needs {SHORTEST} to {LONGEST} digits.")
        steps = {(int(b) - int(a)) % 10 for a, b in itertools.pairwise(one)}
        if len(steps) == 1 and steps <= {0, 1, 9}:
            raise PinUnfit("The same digit, or one after the other, is what is tried first.")
        if one == one[:2] * (len(one) // 2) or one == one[:3] * (len(one) // 3):
            raise PinUnfit("Two or three digits that repeat are tried early.")
    if duress is not None and _differences(pin, duress) < 2:
        raise PinUnfit("A duress PIN differs from the other in two places or more, so that no slip raises the alarm.")


def seal_pin(person: str, pin: str, duress: str | None, key: bytes, random: bytes) -> bytes:
    """The row of a PIN. `random` is 60 bytes that nobody can foretell: nonce, salt, and what stands for no duress PIN.

    Raises `PinUnfit`.
    """
    check_fit(pin, duress)
    nonce, salt, nothing = random[:12], random[12:28], random[28:60]
    if len(nothing) != HASH_BYTES:
        raise ValueError("60 random bytes are needed")
    held = salt + hashed(pin, salt) + (nothing if duress is None else hashed(duress, salt))
    return nonce + AESGCM(key).encrypt(nonce, held, _about(person))


def open_pin(person: str, sealed: bytes, key: bytes) -> Held | None:
    """What `seal_pin` sealed for this person; None where the row was changed or is another's."""
    try:
        plain = AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], _about(person))
    except (InvalidTag, ValueError):
        return None
    if len(plain) != SALT_BYTES + 2 * HASH_BYTES:
        return None
    return Held(plain[:SALT_BYTES], plain[SALT_BYTES : SALT_BYTES + HASH_BYTES], plain[SALT_BYTES + HASH_BYTES :])


def compare(held: Held, pin: str) -> str:
    """`RIGHT`, `DURESS` or `WRONG`. Takes the same time whichever it is."""
    typed = hashed(pin, held.salt)
    right, duress = hmac.compare_digest(typed, held.right), hmac.compare_digest(typed, held.duress)
    return RIGHT if right else DURESS if duress else WRONG


def hashed(pin: str, salt: bytes) -> bytes:
    """argon2id (RFC 9106) with 19 MiB and two passes: some tens of milliseconds."""
    made = Argon2id(salt=salt, length=HASH_BYTES, iterations=ROUNDS, lanes=LANES, memory_cost=MEMORY_KIB)
    return made.derive(pin.encode())


def set_pin(conn: Connection, person: str, sealed: bytes, author: str, at_ms: int) -> None:
    """The person's PIN from now on, in place of the one before. Raises `NoSuchPerson`, `Malformed`."""
    person_here(conn, person)
    conn.execute(delete(table).where(table.c.person == person))
    values = {"author": shapes.said("The author", author, 100), "at_ms": shapes.moment("The time", at_ms)}
    conn.execute(insert(table).values(person=person, sealed=sealed, **values))


def clear_pin(conn: Connection, person: str) -> None:
    """The person has no PIN any more. Raises `NoSuchPerson`, `NoPin`."""
    person_here(conn, person)
    if conn.execute(delete(table).where(table.c.person == person)).rowcount == 0:
        raise NoPin(person)


def has_pin(conn: Connection, person: str) -> bool:
    """Whether the person has a PIN."""
    return conn.execute(select(table.c.id).where(table.c.person == person)).first() is not None


def _about(person: str) -> bytes:
    return b"ostiary/pin/1\0" + person.encode()


def _differences(one: str, other: str) -> int:
    return sum(a != b for a, b in itertools.zip_longest(one, other))
