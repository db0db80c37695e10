"""Checkpoints: the log's size and root as a C2SP signed note (c2sp.org/signed-note, c2sp.org/tlog-checkpoint).

Anybody's tools can read them. A verifier key is `<name>+<key id>+<base64 of a type byte and the Ed25519 public key>`;
the type is 0x01 for a log, and 0x04 for a witness that cosigns (c2sp.org/tlog-cosignature, cosignature/v1).
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
COSIGNATURE = b"\x04"
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


@dataclass(frozen=True, slots=True)
class Cosigned:
    """That the witness of this `name` saw the log with this checkpoint, and no other history, at `at_s` (Unix)."""

    name: str
    key_id: bytes
    at_s: int


class Signer:
    """Signs checkpoints of one log with an Ed25519 key made from 32 secret bytes."""

    def __init__(self, origin: str, secret: bytes) -> None:
        self.origin = origin
        self._key = Ed25519PrivateKey.from_private_bytes(secret)
        public = self._key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self.verifier_key = verifier_key(origin, ED25519, public)
        self._id = _key_id(origin, ED25519 + public)

    def sign(self, size: int, root: bytes) -> str:
        """The checkpoint of a tree, as the text of a signed note."""
        return self.sign_text(f"{self.origin}\n{size}\n{b64encode(root).decode()}\n")

    def sign_bytes(self, data: bytes) -> bytes:
        """The bare Ed25519 signature, 64 bytes. `data` must not be the text of a note."""
        return self._key.sign(data)

    def sign_text(self, text: str) -> str:
        """Any text that ends in a newline, as a signed note."""
        signature = b64encode(self._id + self._key.sign(text.encode())).decode()
        return f"{text}\n\u2014 {self.origin} {signature}\n"


class Cosigner:
    """Signs other people's checkpoints as the witness `name`, with an Ed25519 key used for nothing else."""

    def __init__(self, name: str, secret: bytes) -> None:
        self.name = name
        self._key = Ed25519PrivateKey.from_private_bytes(secret)
        public = self._key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self.verifier_key = verifier_key(name, COSIGNATURE, public)
        self._id = _key_id(name, COSIGNATURE + public)

    def line(self, text: str, at_s: int) -> str:
        """The signature line under a checkpoint's `text` (its note without signatures), newline included."""
        signed = at_s.to_bytes(8, "big") + self._key.sign(_cosigned(text, at_s))
        return f"\u2014 {self.name} {b64encode(self._id + signed).decode()}\n"


def read_checkpoint(note: str, verifier_key: str) -> Checkpoint:
    """The checkpoint in a note that this key signed. Raises BadKey, BadNote."""
    checkpoint = checkpoint_in(open_note(note, verifier_key))
    if checkpoint.origin != verifier_key.split("+")[0]:
        raise BadNote(f"The checkpoint is of the log {checkpoint.origin!r}, and the key is another log's.")
    return checkpoint


def checkpoint_in(text: str) -> Checkpoint:
    """What the text of a note says, whoever signed it. Raises BadNote when it is no checkpoint."""
    # Lines after the third are opaque extensions that some logs add: signed, and nothing to us.
    lines = text.removesuffix("\n").split("\n")
    if len(lines) < 3:
        raise BadNote("A checkpoint has an origin, a size and a root, each on a line.")
    origin, size, root = lines[:3]
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
    text, signatures = split_note(note)
    name, kind, public = _read_key(verifier_key)
    if kind != ED25519:
        raise BadKey("This is a witness's key; a log's is needed.")
    key_id = _key_id(name, kind + public)
    signed = False
    for signer, blob in signatures:
        if signer != name or blob[:4] != key_id:
            continue
        if not _holds(public, blob[4:], text.encode()):
            raise BadNote(f"The signature of {name} does not fit the text.")
        signed = True
    if not signed:
        raise BadNote(f"The key {name}+{key_id.hex()} did not sign it.")
    return text


def cosignature(note: str, witness_key: str) -> Cosigned | None:
    """What the witness of this key says under a checkpoint; None when it says nothing.

    Raises BadKey, and BadNote when the note is malformed or the cosignature is wrong.
    """
    text, signatures = split_note(note)
    name, kind, public = _read_key(witness_key)
    if kind != COSIGNATURE:
        raise BadKey("This is a log's key; a witness's is needed.")
    key_id = _key_id(name, kind + public)
    found: Cosigned | None = None
    for signer, blob in signatures:
        if signer != name or blob[:4] != key_id:
            continue
        at_s = int.from_bytes(blob[4:12], "big")
        if not _holds(public, blob[12:], _cosigned(text, at_s)):
            raise BadNote(f"The cosignature of {name} does not fit the checkpoint.")
        found = Cosigned(name, key_id, at_s)
    return found


def split_note(note: str) -> tuple[str, list[tuple[str, bytes]]]:
    """The text of a note, and its signatures as (name, key id and signature), unchecked. Raises BadNote."""
    if len(note) > MAX_NOTE_BYTES or any(letter < " " and letter != "\n" for letter in note):
        raise BadNote("It is too long or has control characters.")
    text, blank, tail = note.rpartition("\n\n")
    if not blank or not text or not tail.endswith("\n"):
        raise BadNote("It has no signatures below a blank line.")
    return text + "\n", [signature_in(line) for line in tail.removesuffix("\n").split("\n")]


def signature_in(line: str) -> tuple[str, bytes]:
    """The (name, key id and signature) of one signature line, without its newline. Raises BadNote."""
    dash, _, rest = line.partition(" ")
    name, _, encoded = rest.partition(" ")
    _check_name(name, BadNote)
    blob = _base64(encoded)
    if dash != "\u2014" or blob is None or len(blob) < 5:
        raise BadNote("A signature line is malformed.")
    return name, blob


def verifier_key(name: str, kind: bytes, public: bytes) -> str:
    """The text of a verifier key. Raises BadKey for a name that cannot be one."""
    _check_name(name, BadKey)
    return f"{name}+{_key_id(name, kind + public).hex()}+{b64encode(kind + public).decode()}"


def signs_with(verifier_key: str) -> tuple[str, bytes]:
    """The (name, key id) that a signature of this key carries. Raises BadKey."""
    name, kind, public = _read_key(verifier_key)
    return name, _key_id(name, kind + public)


def holds_under(verifier_key: str, signature: bytes, message: bytes) -> bool:
    """Whether a bare signature is this key's. Raises BadKey."""
    return _holds(_read_key(verifier_key)[2], signature, message)


def is_witness(verifier_key: str) -> bool:
    """Whether this is the key of a witness rather than of a log. Raises BadKey."""
    return _read_key(verifier_key)[1] == COSIGNATURE


def _cosigned(text: str, at_s: int) -> bytes:
    return f"cosignature/v1\ntime {at_s}\n{text}".encode()


def _holds(public: bytes, signature: bytes, message: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except InvalidSignature:
        return False
    return True


def _read_key(verifier_key: str) -> tuple[str, bytes, bytes]:
    name, _, rest = verifier_key.partition("+")
    key_id, _, encoded = rest.partition("+")
    _check_name(name, BadKey)
    blob = _base64(encoded)
    if blob is None or len(blob) != 33 or blob[:1] not in (ED25519, COSIGNATURE) or key_id != _key_id(name, blob).hex():
        raise BadKey("A verifier key looks like <name>+<8 hex digits>+<base64 of an Ed25519 key>; this one does not.")
    return name, blob[:1], blob[1:]


def _key_id(name: str, key: bytes) -> bytes:
    return sha256(name.encode() + b"\n" + key).digest()[:4]


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
