"""From an aligned face to a probe: MobileFaceNet (Chen et al., arXiv 1804.07573) in int8."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

    from ostiary.models.loader import Net


@dataclass(frozen=True, slots=True, eq=False)
class Probe:
    """An embedding just captured. Compare by cosine similarity, in [-1, 1]; the scale drops out of it.

    `model` is the sha256 of the embedder's file in hex, `runtime` what ran it, `vector` int8 (dimensions,), and
    `vector * scale` the embedding. The vector is left out of `repr`, so that no log line holds a face.
    """

    model: str
    runtime: str
    vector: np.ndarray = field(repr=False)
    scale: float

    def wipe(self) -> None:
        """Overwrites the vector in place; every reader of this probe sees zeros afterwards."""
        self.vector.fill(0)


def embed(net: Net, face: np.ndarray) -> Probe:
    """The probe of an aligned face, uint8 (112, 112, 3): the mean of what the network makes of it and of its mirror
    image, which tells people apart better than either. Neither the crops nor the results stay in the network's input
    and output tensors. Raises WrongShape."""
    import numpy as np

    mirrored = np.ascontiguousarray(face[:, ::-1])
    one, scale = net.run_quantized(face, "embedding")
    other, _ = net.run_quantized(mirrored, "embedding")
    both = one.astype(np.int16) + other
    vector = np.rint(both / 2).astype(np.int8)
    for left in (mirrored, one, other, both):
        left.fill(0)
    return Probe(net.model.sha256, net.runtime, vector, scale)


def similarity(one: np.ndarray, other: np.ndarray) -> float:
    """Cosine similarity of two vectors in [-1, 1]; 0 when one of them is wiped."""
    import numpy as np

    a, b = one.astype(np.float64), other.astype(np.float64)
    norm = float(np.linalg.norm(a) * np.linalg.norm(b))
    return float(a @ b) / norm if norm else 0.0
