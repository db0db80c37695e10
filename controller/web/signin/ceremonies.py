"""Passkeys (W3C Web Authentication, level 2): makes the options that a browser is given, and judges what comes back.

A challenge is good once, for five minutes, and for what it was made for. The authenticator must have verified its user
(by finger, face or PIN), so that a passkey alone is two factors; no attestation is asked for, since which maker's key
somebody has is nobody's business here.
"""

import os
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ostiary.controller.web.problem import SignInFailed

GOOD_FOR_MS = 5 * 60_000
MOST = 5_000
LONGEST_BODY = 20_000


@dataclass(frozen=True, slots=True)
class Made:
    """A passkey that was just made."""

    credential: bytes
    public_key: bytes
    count: int


class Ceremonies:
    """The challenges that are out. They live in memory: a restart costs whoever is in the middle one more click."""

    def __init__(self) -> None:
        self._out: OrderedDict[bytes, tuple[str, str, int]] = OrderedDict()

    def challenge(self, about: str, owner: str, at_ms: int) -> bytes:
        """A new one; `about` says what for, and `owner` for whom, where that is known."""
        while self._out and (len(self._out) >= MOST or next(iter(self._out.values()))[2] <= at_ms):
            self._out.popitem(last=False)
        made = os.urandom(32)
        self._out[made] = (about, owner, at_ms + GOOD_FOR_MS)
        return made

    def take(self, challenge: bytes, about: str, at_ms: int) -> str:
        """For whom this challenge is out. Raises `SignInFailed` for one that is not out for this, or was taken."""
        was, owner, until_ms = self._out.pop(challenge, ("", "", 0))
        if was != about or at_ms >= until_ms:
            raise failed()
        return owner


def making(challenge: bytes, host: str, owner: str, name: str, known: Iterable[bytes]) -> str:
    """The options for a new passkey, as JSON; `known` are the owner's credentials, which are not made twice."""
    import webauthn
    from webauthn.helpers.structs import (
        AuthenticatorSelectionCriteria,
        PublicKeyCredentialDescriptor,
        ResidentKeyRequirement,
        UserVerificationRequirement,
    )

    options = webauthn.generate_registration_options(
        rp_id=host,
        rp_name="Ostiary",
        user_name=name,
        user_display_name=name,
        user_id=owner.encode(),
        challenge=challenge,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
        ),
        exclude_credentials=[PublicKeyCredentialDescriptor(id=one) for one in known],
    )
    return webauthn.options_to_json(options)


def asking(challenge: bytes, host: str) -> str:
    """The options for signing in, as JSON. They name no credential, so they tell nobody who is known here."""
    import webauthn
    from webauthn.helpers.structs import UserVerificationRequirement

    options = webauthn.generate_authentication_options(
        rp_id=host, challenge=challenge, user_verification=UserVerificationRequirement.REQUIRED
    )
    return webauthn.options_to_json(options)


def challenge_in(response: dict[str, Any]) -> bytes:
    """The challenge that a browser's answer is for. Raises `SignInFailed` for what is no answer."""
    from webauthn.helpers import base64url_to_bytes, parse_client_data_json

    # What a browser sends is anybody's bytes: here and below, whatever they break in the library is a failed sign-in.
    try:
        return parse_client_data_json(base64url_to_bytes(response["response"]["clientDataJSON"])).challenge
    except Exception as error:
        raise failed() from error


def credential_in(response: dict[str, Any]) -> bytes:
    """The id of the passkey that a browser's answer names. Raises `SignInFailed`."""
    from webauthn.helpers import base64url_to_bytes

    try:
        return base64url_to_bytes(response["rawId"])
    except Exception as error:
        raise failed() from error


def made(response: dict[str, Any], challenge: bytes, host: str, origin: str) -> Made:
    """The passkey that a browser made. Raises `SignInFailed`."""
    import webauthn

    try:
        found = webauthn.verify_registration_response(
            credential=response,
            expected_challenge=challenge,
            expected_rp_id=host,
            expected_origin=origin,
            require_user_verification=True,
        )
    except Exception as error:
        raise failed() from error
    return Made(found.credential_id, found.credential_public_key, found.sign_count)


def used(response: dict[str, Any], challenge: bytes, host: str, origin: str, public_key: bytes, count: int) -> int:
    """The passkey's new count, when its signature holds. Raises `SignInFailed`, also for a count that did not rise: a
    copied authenticator (level 2, 7.2, step 21)."""
    import webauthn

    try:
        return webauthn.verify_authentication_response(
            credential=response,
            expected_challenge=challenge,
            expected_rp_id=host,
            expected_origin=origin,
            credential_public_key=public_key,
            credential_current_sign_count=count,
            require_user_verification=True,
        ).new_sign_count
    except Exception as error:
        raise failed() from error


def failed() -> SignInFailed:
    """One answer for all that can be wrong with a passkey."""
    return SignInFailed(
        "The passkey was not taken.",
        "It is not known here, it did not see its user, or the page was open for more than five minutes.",
        "Try again, or sign in another way.",
    )
