"""Second factor: the keeper seals the secret of somebody's authenticator app, and says which time step a code is of.

People.db has the sealed bytes only, so whoever steals it, or a backup of it, can make no code (RFC 6238).
"""

import hmac
import os
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from ostiary.controller.acts.errors import ActError, malformed
from ostiary.controller.acts.house import Act, Asked, House
from ostiary.protocol import base64url
from ostiary.protocol.errors import Refused

SECRET_BYTES = 20  # RFC 4226, 4: R6
DIGITS, STEP_S = 6, 30
AROUND = (0, -1, 1)  # steps either way that a clock may be off (RFC 6238, 5.2)
NONCE_BYTES = 12
_KEY = "site/second-factor"


async def _seal(house: House, asked: Asked) -> dict[str, Any]:
    match asked.args:
        case {"owner": str(owner), "secret": str(text)}:
            secret = _bytes(text)
        case _:
            raise malformed("The second factor was not kept.", "It needs owner and secret.")
    if len(secret) != SECRET_BYTES:
        raise malformed("The second factor was not kept.", f"A secret has {SECRET_BYTES} bytes.")
    nonce = os.urandom(NONCE_BYTES)
    cipher = AESGCM(house.keys.get_or_create(_KEY))
    return {"sealed": base64url.encode(nonce + cipher.encrypt(nonce, secret, owner.encode()))}


async def _check(house: House, asked: Asked) -> dict[str, Any]:
    match asked.args:
        case {"owner": str(owner), "sealed": str(text), "code": str(code)}:
            sealed = _bytes(text)
        case _:
            raise malformed("The second factor was not checked.", "It needs owner, sealed and code.")
    if not sealed:
        # Nobody's: the same work for a plain no, so that the time tells no stranger who is known here.
        step_of(os.urandom(SECRET_BYTES), code, house.now_ms())
        return {"step": None}
    try:
        cipher = AESGCM(house.keys.get_or_create(_KEY))
        secret = cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], owner.encode())
    except (InvalidTag, ValueError) as error:
        raise ActError(
            "broken",
            "The second factor cannot be read.",
            "It was sealed for somebody else or with a key that is gone, as after restoring files of two backups.",
            "Set the sign-in up again by a new link: ostiary operator reset NAME",
        ) from error
    return {"step": step_of(secret, code, house.now_ms())}


def step_of(secret: bytes, code: str, at_ms: int) -> int | None:
    """The time step whose code this is, of those around `at_ms` (Unix ms), or None. Looks at all of them every time."""
    now = at_ms // 1000 // STEP_S
    totp = TOTP(secret, DIGITS, SHA1(), STEP_S)  # noqa: S303 - what authenticator apps do (RFC 6238, 1.2)
    found: int | None = None
    typed = code.encode(errors="replace")
    for step in (now + off for off in AROUND):
        if hmac.compare_digest(totp.generate(step * STEP_S), typed) and found is None:
            found = step
    return found


def _bytes(text: str) -> bytes:
    try:
        return base64url.decode(text)
    except Refused as error:
        raise malformed("The second factor was not understood.", f"It is not base64url ({error.detail}).") from error


SECOND_FACTOR_SEAL = Act("second-factor-seal", "serve", False, _seal)
SECOND_FACTOR_CHECK = Act("second-factor-check", "serve", False, _check)
