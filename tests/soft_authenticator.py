"""An authenticator in software, for tests: makes passkeys and signs with them as a phone would."""

import hashlib
import json
import os
from dataclasses import dataclass, field

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from ostiary.protocol import base64url

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


@dataclass
class SoftAuthenticator:
    """One passkey. `flags` says what it claims about its user; `count` rises with every use."""

    origin: str
    flags: int = PRESENT | VERIFIED
    count: int = 0
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    credential: bytes = field(default_factory=lambda: os.urandom(32))
    owner: str = ""

    def make(self, options: dict) -> dict:
        """The answer to the options for a new passkey, with no attestation."""
        self.owner = options["user"]["id"]
        numbers = self.key.public_key().public_numbers()
        cose = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        length = len(self.credential).to_bytes(2, "big")
        attested = bytes(16) + length + self.credential + cbor2.dumps(cose)
        said = self._data(options["rp"]["id"], self.flags | ATTESTED) + attested
        made = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": said})
        client = self._client("webauthn.create", options["challenge"])
        return self._answer({"clientDataJSON": _text(client), "attestationObject": _text(made)})

    def use(self, options: dict) -> dict:
        """The answer to the options for signing in."""
        self.count += 1
        said, client = self._data(options["rpId"], self.flags), self._client("webauthn.get", options["challenge"])
        signed = self.key.sign(said + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        told = {"clientDataJSON": _text(client), "authenticatorData": _text(said), "signature": _text(signed)}
        return self._answer(told | {"userHandle": self.owner})

    def _data(self, host: str, flags: int) -> bytes:
        return hashlib.sha256(host.encode()).digest() + bytes([flags]) + self.count.to_bytes(4, "big")

    def _client(self, kind: str, challenge: str) -> bytes:
        return json.dumps({"type": kind, "challenge": challenge, "origin": self.origin}).encode()

    def _answer(self, response: dict) -> dict:
        known = _text(self.credential)
        return {"id": known, "rawId": known, "type": "public-key", "response": response}


def _text(data: bytes) -> str:
    return base64url.encode(data)
