"""Compares a probe with a pack's templates, under the node's own turn: what `door/alone.py` cannot do by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ostiary.models.turning import orthogonal, turned
from ostiary.protocol import base64url

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np

    from ostiary.protocol.packs import Gallery


class Match:
    """`Match(face_key)(gallery, probe)`: the cosine of the probe with each template, in order. Exact, no index."""

    def __init__(self, face_key: bytes) -> None:
        """`face_key` is the node's own 32 bytes for faces."""
        self._key = face_key
        self._turns: dict[int, np.ndarray] = {}
        self._rows: dict[int, tuple[Gallery, np.ndarray]] = {}

    def prepare(self, galleries: Sequence[Gallery]) -> None:
        """Make ready for these galleries, and forget all others: so that no first visitor waits for it."""
        import numpy as np  # a door without faces needs none

        self._rows = {}
        for gallery in galleries:
            self._turn(gallery.dimensions)
            rows = np.frombuffer(gallery.vectors, np.int8).reshape(-1, gallery.dimensions).astype(np.float32)
            rows /= np.maximum(np.sqrt((rows * rows).sum(axis=1, keepdims=True)), 1.0)
            self._rows[id(gallery)] = (gallery, rows)

    def __call__(self, gallery: Gallery, probe: dict[str, Any]) -> Sequence[float]:
        """Cosines, one for each template of a gallery that was prepared; none for a probe of another length."""
        import numpy as np

        steps = np.frombuffer(base64url.decode(probe["vector"]), np.int8)
        held = self._rows.get(id(gallery))
        made = turned(self._turn(len(steps)), steps) if len(steps) == gallery.dimensions else None
        if held is None or made is None:
            return [-1.0] * len(gallery.persons)
        cosines = (held[1] @ made).tolist()
        made.fill(0)
        return cosines

    def _turn(self, dimensions: int) -> np.ndarray:
        if dimensions not in self._turns:
            self._turns[dimensions] = orthogonal(self._key, dimensions)
        return self._turns[dimensions]
