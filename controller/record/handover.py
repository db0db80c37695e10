"""Handover: the chain of a log's own keys. Each new one is signed by the one before, so that whoever knows an old key
can believe the newest."""

import binascii
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass

from ostiary.controller.record.checkpoint import BadKey, Signer, holds_under, is_witness, signs_with

SIGNATURE_BYTES = 64
_SAID = "ostiary log key"


@dataclass(frozen=True, slots=True)
class Handover:
    """A log's verifier key, and the signature of the key before over both; None for the first one."""

    key: str
    signature: bytes | None = None

    @property
    def line(self) -> str:
        """As it stands in a receipt and in the log's `keys`."""
        return f"log {self.key}" + ("" if self.signature is None else f" {b64encode(self.signature).decode()}")

    @staticmethod
    def read(line: str) -> "Handover | None":
        """The other way round; None when the line has another form. Nothing is checked."""
        key, blank, signature = line.removeprefix("log ").partition(" ")
        if not blank:
            return Handover(key)
        try:
            held = Handover(key, binascii.a2b_base64(signature, strict_mode=True))
        except ValueError:
            return None
        return held if len(held.signature or b"") == SIGNATURE_BYTES and held.line == line else None


def handed_over(old: Signer, new: str) -> Handover:
    """The new verifier key with the old key's word for it."""
    return Handover(new, old.sign_bytes(_message(old.verifier_key, new)))


def end_of(keys: Sequence[Handover]) -> str:
    """The last key of a chain, each link of it checked. Raises BadKey."""
    first, *later = keys
    if first.signature is not None:
        raise BadKey("The first key of a log has nobody to sign it.")
    held = first.key
    for handover in later:
        if handover.signature is None or signs_with(handover.key)[0] != signs_with(held)[0]:
            raise BadKey("A key follows another without its signature, or for another log.")
        if not holds_under(held, handover.signature, _message(held, handover.key)):
            raise BadKey("The key before did not sign the one that follows it.")
        held = handover.key
    if is_witness(held):
        raise BadKey("It is a witness's key.")
    return held


def _message(old: str, new: str) -> bytes:
    return f"{_SAID}\n{old}\n{new}\n".encode()
