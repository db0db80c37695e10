"""Cuts a square out of a picture, at any place and size, into the few pixels that a network takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np


def cut(rgb: np.ndarray, centre_x: float, centre_y: float, side: float, into_px: int) -> np.ndarray:
    """uint8 (into_px, into_px, 3): the square of `side` pixels around the centre, black where the picture ends.

    A square at least twice as large as its result is averaged down first. Sampling it would skip pixels, and
    `cv2.warpAffine` samples even with INTER_AREA. Raises ValueError when `side` is not positive and finite.
    """
    import cv2
    import numpy as np

    if not 0 < side < 1e6:
        raise ValueError(f"side is {side}, expected a positive number of pixels")
    height, width = rgb.shape[:2]
    step = max(1, int(side / into_px))
    left, top = max(0, int(centre_x - side / 2)), max(0, int(centre_y - side / 2))
    right, bottom = min(width, int(centre_x + side / 2) + 1), min(height, int(centre_y + side / 2) + 1)
    columns, rows = (right - left) // step, (bottom - top) // step
    if columns < 1 or rows < 1:
        return np.zeros((into_px, into_px, 3), np.uint8)
    part = rgb[top : top + rows * step, left : left + columns * step]
    if step > 1:
        part = cv2.resize(part, (columns, rows), interpolation=cv2.INTER_AREA)
    scale = into_px / side
    # Pixel k of `part` has its centre at left + step * (k + 1/2) - 1/2 of the picture.
    shift_x = (left + (step - 1) / 2 - centre_x) * scale + into_px / 2
    shift_y = (top + (step - 1) / 2 - centre_y) * scale + into_px / 2
    matrix = np.array([[scale * step, 0, shift_x], [0, scale * step, shift_y]])
    return cv2.warpAffine(part, matrix, (into_px, into_px), flags=cv2.INTER_LINEAR)
