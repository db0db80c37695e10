"""The five points of a proposed face, and a second opinion on whether it is one: MTCNN's O-Net.

Zhang et al., IEEE Signal Processing Letters 23 (2016), the third stage, run three times on the box that it corrected.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ostiary.models.square import cut

if TYPE_CHECKING:
    import numpy as np

    from ostiary.models.detect import Proposal
    from ostiary.models.loader import Net

SIDE_PX = 48
REFINEMENTS = 3
MIN_FACE = 0.7  # MTCNN's bound for this stage; crossed hands, which BlazeFace takes for faces, stay under 0.2


@dataclass(frozen=True, slots=True, eq=False)
class Located:
    """`box` left, top, right, bottom and `points` float32 (5, 2) in picture pixels: left eye, right eye, nose, left
    and right mouth corner as seen in the picture. `face` in 0..1 is the second opinion."""

    box: tuple[float, float, float, float]
    points: np.ndarray
    face: float


def locate(net: Net, rgb: np.ndarray, proposal: Proposal, at_least: float = MIN_FACE) -> Located | None:
    """Follows `proposal` to its face; None when it is no face (below `at_least`) or has run out of the picture."""
    import numpy as np

    box = np.array(proposal.box, np.float64)
    points, face = np.zeros((5, 2)), 0.0
    for _ in range(REFINEMENTS):
        middle, side = (box[:2] + box[2:]) / 2, float(max(box[2:] - box[:2]))
        if not 1 <= side <= 4 * max(rgb.shape[:2]):
            return None
        square = cut(rgb, float(middle[0]), float(middle[1]), side, SIDE_PX)
        # MTCNN was trained on transposed pictures (MATLAB's column order).
        out = net.run(square.transpose(1, 0, 2))
        square.fill(0)
        corner = middle - side / 2
        box = np.concatenate([corner, corner + side]) + out["box"] * side
        points = np.stack([out["points"][:5], out["points"][5:]], 1) * side + corner
        face = float(out["face"][1])
    if face < at_least or not np.ptp(points, axis=0).any():  # five points in one place cannot be aligned
        return None
    left, top, right, bottom = (float(edge) for edge in box)
    return Located((left, top, right, bottom), points.astype(np.float32), face)
