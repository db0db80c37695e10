"""What is shown once and then known by its hash: tokens of links, sessions and programs, and recovery codes.

Each is random and long enough that nobody can find it from its SHA-256, so none needs a slow hash; and as it is looked
up by that hash, no comparison takes longer for a better guess.
"""

import hashlib

from ostiary.controller.people.errors import Malformed
from ostiary.protocol import base64url

TOKEN_BYTES = 32
CODE_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford base 32: none that are read as another
CODE_BYTES = 10
LONGEST = 200
_READ_AS = str.maketrans({"O": "0", "I": "1", "L": "1", "-": "", " ": ""})


def token(random: bytes, prefix: str = "") -> str:
    """A token's text of 32 random bytes."""
    if len(random) != TOKEN_BYTES:
        raise Malformed("The randomness for a token", f"of {len(random)} bytes", f"{TOKEN_BYTES} bytes")
    return prefix + base64url.encode(random)


def code(random: bytes) -> str:
    """A code to read and type, of 10 random bytes: four groups of four letters."""
    if len(random) != CODE_BYTES:
        raise Malformed("The randomness for a code", f"of {len(random)} bytes", f"{CODE_BYTES} bytes")
    number = int.from_bytes(random, "big")
    letters = "".join(CODE_LETTERS[number >> 5 * place & 31] for place in reversed(range(16)))
    return "-".join(letters[at : at + 4] for at in range(0, 16, 4))


def known_by(secret: str) -> bytes:
    """The SHA-256 under which a token is kept. Something of no sensible length is known by nothing that was made."""
    return hashlib.sha256(secret.encode(errors="replace") if len(secret) <= LONGEST else b"").digest()


def code_known_by(typed: str) -> bytes:
    """The same of a code, however it is typed: small letters, hyphens or none, O for 0 and I or L for 1."""
    return known_by("code " + typed[:LONGEST].upper().translate(_READ_AS))
