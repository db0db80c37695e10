"""Turns a face upright and to one size, by its five points, the way the embedder was trained to see it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

SIDE_PX = 112
# Left eye, right eye, nose tip, left and right mouth corner, as seen in the picture, in the 112 x 112 crop:
# the reference shape of ArcFace (Deng et al., CVPR 2019), published with InsightFace.
REFERENCE = (
    (38.2946, 51.6963),
    (73.5318, 51.5014),
    (56.0252, 71.7366),
    (41.5493, 92.3655),
    (70.7299, 92.2041),
)


def similarity(source: np.ndarray, target: np.ndarray) -> np.ndarray:
    """The 2x3 matrix of the rotation, scale and shift that bring `source` closest to `target` (both n x 2, float).

    Least squares, never a reflection: Umeyama, IEEE TPAMI 13 (1991), eq. 40-42; in two dimensions, with points as
    complex numbers, the closed form is sum(conj(s) * t) / sum(|s|^2). Raises ValueError when all source points are one.
    """
    import numpy as np

    source = np.asarray(source, np.float64)
    target = np.asarray(target, np.float64)
    from_mean, to_mean = source.mean(0), target.mean(0)
    s, t = source - from_mean, target - to_mean
    spread = float((s * s).sum())
    if spread <= 0:
        raise ValueError("all source points coincide")
    cosine = float((s * t).sum()) / spread
    sine = float((s[:, 0] * t[:, 1] - s[:, 1] * t[:, 0]).sum()) / spread
    turn = np.array([[cosine, -sine], [sine, cosine]])
    return np.hstack([turn, (to_mean - turn @ from_mean)[:, None]])


def crop(rgb: np.ndarray, points: np.ndarray) -> np.ndarray:
    """The aligned face: uint8 (112, 112, 3), black where the picture ends. `points` is 5 x 2, in pixels of `rgb`."""
    import cv2
    import numpy as np

    matrix = similarity(points, np.array(REFERENCE))
    return cv2.warpAffine(rgb, matrix, (SIDE_PX, SIDE_PX), flags=cv2.INTER_LINEAR)
