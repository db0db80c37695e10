"""Puts two sample portraits beside each other, so that two people stand at a door; made when needed, never shipped."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np


def side_by_side(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Both pictures, uint8 (height, width, 3) RGB, at the height of the lower one, left and right."""
    import numpy as np
    from PIL import Image

    height = min(left.shape[0], right.shape[0])
    parts = []
    for rgb in (left, right):
        width = max(1, round(rgb.shape[1] * height / rgb.shape[0]))
        parts.append(np.array(Image.fromarray(rgb).resize((width, height), Image.Resampling.LANCZOS)))
    return np.hstack(parts)
