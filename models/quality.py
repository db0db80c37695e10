"""Whether a face can be compared at all: a few named numbers, each with a bound and a sentence for the person.

They judge the capture, never the person: contrast is divided out of sharpness and exposure counts lost pixels
instead of brightness, so that skin does not decide. (ISO/IEC 29794-5 names such measures; the bounds are ours.)
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True, slots=True)
class Bound:
    """A face meets it when its number is at least `low` and at most `high`; `say` is what the person can do."""

    name: str
    low: float
    high: float
    say: str

    def met(self, value: float) -> bool:
        return self.low <= value <= self.high


# In the order in which a person can act on them. Measured on 150 portraits, each spoilt and compared with itself:
# eyes shrunk to 20 px keep a similarity of 0.96 (5th percentile); light doubled (54 % of the pixels left, median) keeps
# 0.87, tripled (26 %) 0.65; a blur that leaves 0.53 leaves a sharpness of 0.25, and 99 of 100 untouched have 0.43.
BOUNDS = (
    Bound("eye-distance-px", 20.0, math.inf, "Please come closer."),
    Bound("yaw-deg", 0.0, 40.0, "Please look at the camera."),
    Bound("exposure", 0.4, 1.0, "The light is too strong or too weak for the camera."),
    Bound("sharpness", 0.25, math.inf, "Please hold still for a moment."),
)

# Nose tip's height over the line between the eyes' centres, in eye distances, of an average head; only its order of
# magnitude matters for a bound. 0.45 is that of the six-point head model in OpenCV's head pose examples.
_NOSE_DEPTH = 0.45


def measure(face: np.ndarray, points: np.ndarray) -> dict[str, float]:
    """The numbers of one face: `face` its aligned crop, uint8 (112, 112, 3), `points` the five in picture pixels.

    * eye-distance-px: between the eyes' centres in the picture; the embedder sees 35, less is enlarged.
    * yaw-deg, 0..90: how far the head is turned aside, from where the nose falls between the eyes: for a rigid head
      offset / eye distance = depth * tan(yaw).
    * exposure, 0..1: share of the face's pixels that are neither black (< 8) nor burnt out (> 247).
    * sharpness: standard deviation of the Laplacian over that of the brightness (variance of the Laplacian:
      Pech-Pacheco et al., ICPR 2000), on the crop at half size.
    """
    import cv2
    import numpy as np

    # The middle holds brow to mouth of every aligned face; hair, collar and background stay outside.
    grey = cv2.cvtColor(face, cv2.COLOR_RGB2GRAY)[28:104, 24:88]
    # At full size the rounding of pixels and the camera's noise have edges of their own, whatever the blur.
    halved = cv2.resize(grey.astype(np.float32), None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    contrast = float(halved.std())
    edges = float(cv2.Laplacian(halved, cv2.CV_32F).std())
    return {
        "eye-distance-px": eye_distance_px(points),
        "yaw-deg": yaw_deg(points),
        "exposure": float(np.mean((grey >= 8) & (grey <= 247))),
        "sharpness": edges / contrast if contrast > 0 else 0.0,
    }


def unmet(quality: dict[str, float]) -> Bound | None:
    """The first bound that the numbers miss, or None."""
    return next((bound for bound in BOUNDS if not bound.met(quality[bound.name])), None)


def eye_distance_px(points: np.ndarray) -> float:
    """Between the centres of the eyes, in picture pixels."""
    return float(math.dist(points[0], points[1]))


def yaw_deg(points: np.ndarray) -> float:
    """0 for a frontal face, up to 90 for a profile; the side does not matter."""
    import numpy as np

    eyes = points[1] - points[0]
    length = float(np.hypot(*eyes))
    if length == 0:
        return 90.0
    offset = float((points[2] - (points[0] + points[1]) / 2) @ eyes) / length**2
    return math.degrees(math.atan(abs(offset) / _NOSE_DEPTH))
