"""Checkpoints: the log's size and root as a C2SP signed note (c2sp.org/signed-note, c2sp.org/tlog-checkpoint).

Anybody's tools can read them. A verifier key is `<name>+<key id>+<base64 of 0x01 and the Ed25519 public key>`.
"""

import binascii
import re
from base64 import b64encode
from dataclasses import dataclass
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

ED25519 = b"\x01"
MAX_NOTE_BYTES = 100_000
_SIZE = re.compile(r"0|[1-9][0-9]{0,17}")


class BadKey(ValueError):
    """The text is no verifier key."""


class BadNote(ValueError):
    """The note is malformed, or the key that was asked for did not sign it."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """`size` leaves with this `root` (32 bytes) in the log named `origin`."""

    origin: str
    size: int
    root: bytes


def origin_of(site: str) -> str:
    return f"ostiary/{site}"


class Signer:
    """Signs checkpoints of one log with an Ed25519 key made from 32 secret bytes."""

    def __init__(self, origin: str, secret: bytes) -> None:
        _check_name(origin, BadKey)
        self.origin = origin
        self._key = Ed25519PrivateKey.from_private_bytes(secret)
        public = self._key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self._id = _key_id(origin, public)
        self.verifier_key = f"{origin}+{self._id.hex()}+{b64encode(ED25519 + public).decode()}"

    def sign(self, size: int, root: bytes) -> str:
        """The checkpoint of a tree, as the text of a signed note."""
        return self.sign_text(f"{self.origin}\n{size}\n{b64encode(root).decode()}\n")

    def sign_text(self, text: str) -> str:
        """Any text that ends in a newline, as a signed note."""
        signature = b64encode(self._id + self._key.sign(text.encode())).decode()
        return f"{text}\n\u2014 {self.origin} {signature}\n"


def read_checkpoint(note: str, verifier_key: str) -> Checkpoint:
    """The checkpoint in a note that this key signed. Raises BadKey, BadNote."""
    # Lines after the third are opaque extensions that some logs add: signed, and nothing to us.
    lines = open_note(note, verifier_key).removesuffix("\n").split("\n")
    if len(lines) < 3:
        raise BadNote("A checkpoint has an origin, a size and a root, each on a line.")
    origin, size, root = lines[:3]
    if origin != verifier_key.split("+")[0]:
        raise BadNote(f"The checkpoint is of the log {origin!r}, and the key is another log's.")
    if not _SIZE.fullmatch(size):
        raise BadNote("The checkpoint's second line is not the number of its leaves.")
    digest = _base64(root)
    if digest is None or len(digest) != 32:
        raise BadNote("The checkpoint's third line is not a root hash of 32 bytes.")
    return Checkpoint(origin, int(size), digest)


def open_note(note: str, verifier_key: str) -> str:
    """The text of a note that this key signed. Signatures of other keys are passed over, as the standard demands.

    Raises BadKey, and BadNote when the note is malformed or this key's signature is missing or wrong.
    """
    name, key_id, public = _read_key(verifier_key)
    text, signatures = _split(note)
    signed = False
    for signer, blob in signatures:
        if signer != name or blob[:4] != key_id:
            continue
        try:
            Ed25519PublicKey.from_public_bytes(public).verify(blob[4:], text.encode())
        except InvalidSignature:
            raise BadNote(f"The signature of {name} does not fit the text.") from None
        signed = True
    if not signed:
        raise BadNote(f"The key {name}+{key_id.hex()} did not sign it.")
    return text


def _split(note: str) -> tuple[str, list[tuple[str, bytes]]]:
    if len(note) > MAX_NOTE_BYTES or any(letter < " " and letter != "\n" for letter in note):
        raise BadNote("It is too long or has control characters.")
    text, blank, tail = note.rpartition("\n\n")
    if not blank or not text or not tail.endswith("\n"):
        raise BadNote("It has no signatures below a blank line.")
    signatures: list[tuple[str, bytes]] = []
    for line in tail.removesuffix("\n").split("\n"):
        dash, _, rest = line.partition(" ")
        name, _, encoded = rest.partition(" ")
        _check_name(name, BadNote)
        blob = _base64(encoded)
        if dash != "\u2014" or blob is None or len(blob) < 5:
            raise BadNote("A signature line is malformed.")
        signatures.append((name, blob))
    return text + "\n", signatures


def _read_key(verifier_key: str) -> tuple[str, bytes, bytes]:
    name, _, rest = verifier_key.partition("+")
    key_id, _, encoded = rest.partition("+")
    _check_name(name, BadKey)
    blob = _base64(encoded)
    if blob is None or len(blob) != 33 or blob[:1] != ED25519 or key_id != _key_id(name, blob[1:]).hex():
        raise BadKey("A verifier key looks like <name>+<8 hex digits>+<base64 of an Ed25519 key>; this one does not.")
    return name, bytes.fromhex(key_id), blob[1:]


def _key_id(name: str, public: bytes) -> bytes:
    return sha256(name.encode() + b"\n" + ED25519 + public).digest()[:4]


def _check_name(name: str, error: type[BadKey] | type[BadNote]) -> None:
    if not name or "+" in name or any(letter.isspace() for letter in name):
        raise error("A key's name is not empty and has neither spaces nor a plus sign.")


def _base64(text: str) -> bytes | None:
    try:
        data = binascii.a2b_base64(text.encode("ascii"), strict_mode=True)
    except ValueError:
        return None
    # Base64 can spell one value in several ways; only the canonical one is taken.
    return data if b64encode(data).decode() == text else None
