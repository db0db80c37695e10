"""Makes a template useless to whoever takes the database: turned by a secret of the site, sealed by one of the person.

The turning (`TemplateShield`) is a secret orthogonal transform, so that matching works on turned vectors as it did on
the plain ones. In the words of ISO/IEC 24745: templates are *renewable* (a new secret gives new ones, and `turn_on`
carries the old ones over without a new capture) and *unlinkable* (the same face under two secrets is as unrelated as
two faces). Its limits, plainly: it keeps angles, so within one site two templates of one face still match; who holds
the secret can turn back; and who knows about as many pairs of plain and turned vectors as there are dimensions can
work the secret out. It is therefore the second wall. The first is AES-256-GCM under a key of the person's own, which
the keeper destroys when the person withdraws.
"""

import math
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ostiary.controller.people.errors import (
    FaceExtraMissing,
    ShieldSecretWrong,
    TemplateMalformed,
    TemplateUnreadable,
    VectorUnfit,
)
from ostiary.models.turning import ONE, SECRET_BYTES, orthogonal, turned

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Unit = NDArray[np.float32]

SMALLEST, LARGEST = 64, 1024
_FORM = b"\x01"
_NONCE, _TAG = 12, 16


class TemplateShield:
    """The secret transform of one site, for vectors of one length; one secret gives the same bits on every machine.

    How it is made of the secret, and what that takes: `models/turning.py`.

    Raises `ShieldSecretWrong` for a secret of other than 32 bytes, `VectorUnfit` for a length outside 64..1024, and
    `FaceExtraMissing` where numpy is not installed.
    """

    __slots__ = ("_turned", "dimensions")

    def __init__(self, site_secret: bytes, dimensions: int = 192) -> None:
        if len(site_secret) != SECRET_BYTES:
            raise ShieldSecretWrong(len(site_secret))
        if not SMALLEST <= dimensions <= LARGEST:
            raise VectorUnfit(f"it has {dimensions} dimensions, and {SMALLEST} to {LARGEST} are possible")
        _numpy()
        self.dimensions = dimensions
        self._turned = orthogonal(site_secret, dimensions)

    def shield(self, vector: "NDArray[np.int8]", scale: float) -> "Unit":
        """The turned template of a plain one: float32, of length one.

        `vector` is int8 of shape (dimensions,), `scale` > 0 what one step of it is worth; as matching compares
        angles, the scale is checked and then drops out. Raises `VectorUnfit`.
        """
        np = _numpy()
        plain = np.asarray(vector)
        if plain.dtype != np.int8 or plain.shape != (self.dimensions,):
            raise VectorUnfit(f"it is {plain.dtype} of shape {plain.shape}, not int8 of ({self.dimensions},)")
        if not (math.isfinite(scale) and scale > 0):
            raise VectorUnfit(f"its scale is {scale}, and only finite numbers above 0 are scales")
        made = turned(self._turned, plain)
        if made is None:
            raise VectorUnfit("all its numbers are 0, which points nowhere")
        return made

    def turn_on(self, vector: "Unit", to: "TemplateShield") -> "Unit":
        """A template of this site's secret as one of another secret, without a new capture. Raises `VectorUnfit`."""
        np = _numpy()
        if vector.shape != (self.dimensions,) or to.dimensions != self.dimensions:
            raise VectorUnfit(f"it has shape {vector.shape}, between {self.dimensions} and {to.dimensions}")
        plain = self._turned.T @ vector.astype(np.float64) / ONE
        made = to._turned @ plain
        return (made / math.sqrt(float(np.dot(made, made)))).astype(np.float32)


def pack(vector: "Unit") -> bytes:
    """float32 of shape (n,) as 4 bytes of scale (float32, little-endian) and n of int8; n in 64..1024.

    A step is the largest component / 127, so that no component moves by more than half of it. Raises `VectorUnfit`.
    """
    np = _numpy()
    if vector.ndim != 1 or not SMALLEST <= vector.size <= LARGEST:
        raise VectorUnfit(f"it has shape {vector.shape}, and one row of {SMALLEST} to {LARGEST} is packed")
    largest = float(np.max(np.abs(vector)))
    if not (math.isfinite(largest) and largest > 0):
        raise VectorUnfit("it holds no finite number other than 0")
    (scale,) = struct.unpack("<f", struct.pack("<f", largest / 127))
    steps = np.clip(np.rint(vector.astype(np.float64) / scale), -127, 127).astype(np.int8)
    return struct.pack("<f", scale) + steps.tobytes()


def unpack(packed: bytes) -> "Unit":
    """What `pack` packed, as float32 of length one, so that a dot product is a cosine. Raises `TemplateMalformed`."""
    np = _numpy()
    if not SMALLEST <= len(packed) - 4 <= LARGEST:
        raise TemplateMalformed(f"it has {len(packed)} bytes, and {SMALLEST + 4} to {LARGEST + 4} are possible")
    (scale,) = struct.unpack("<f", packed[:4])
    steps = np.frombuffer(packed, np.int8, offset=4).astype(np.float64)
    length = math.sqrt(int(np.dot(steps, steps)))
    if not (math.isfinite(scale) and scale > 0 and length > 0):
        raise TemplateMalformed("its numbers point nowhere")
    return (steps / length).astype(np.float32)


@dataclass(frozen=True, slots=True)
class _Seal:
    """What a sealed template is bound to: it opens as nobody else's and for no other model."""

    person: str
    model: str

    def bytes(self) -> bytes:
        names = (b"ostiary/template", self.person.encode(), self.model.encode())
        return b"".join(struct.pack("<H", len(name)) + name for name in names)


def seal_template(packed: bytes, key: bytes, person: str, model: str, nonce: bytes) -> bytes:
    """AES-256-GCM over a packed template: form byte, nonce, ciphertext and tag.

    `key` is the person's own 32 bytes, `nonce` 12 random bytes that were never used with it; person and model are
    bound to it. Raises `TemplateMalformed` for a key or a nonce of another length.
    """
    if len(key) != 32 or len(nonce) != _NONCE:
        raise TemplateMalformed(f"key and nonce have {len(key)} and {len(nonce)} bytes, not 32 and {_NONCE}")
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    return _FORM + nonce + AESGCM(key).encrypt(nonce, packed, _Seal(person, model).bytes())


def open_template(sealed: bytes, key: bytes, person: str, model: str) -> bytes:
    """The packed template again. Raises `TemplateUnreadable` for another key, person or model, or changed bytes."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    if sealed[:1] != _FORM or len(sealed) < 1 + _NONCE + _TAG or len(key) != 32:
        raise TemplateUnreadable(person)
    nonce, rest = sealed[1 : 1 + _NONCE], sealed[1 + _NONCE :]
    try:
        return AESGCM(key).decrypt(nonce, rest, _Seal(person, model).bytes())
    except InvalidTag as refused:
        raise TemplateUnreadable(person) from refused


def _numpy():
    try:
        import numpy
    except ImportError as missing:
        raise FaceExtraMissing from missing
    return numpy
