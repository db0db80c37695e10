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
# Of 254 pictures with a plain cloth painted over mouth and nose 252 fell below 0.6 of `uncovered`, with one eye painted
# over 240; of untouched ones 1 in 300. A dark bar over both eyes has edges of its own: four of five stay above.
BOUNDS = (
    Bound("eye-distance-px", 20.0, math.inf, "Please come closer."),
    Bound("yaw-deg", 0.0, 40.0, "Please look at the camera."),
    Bound("pitch-deg", 0.0, 40.0, "Please lift or lower your chin and look at the camera."),
    Bound("roll-deg", 0.0, 45.0, "Please hold your head upright."),
    Bound("uncovered", 0.6, math.inf, "Please take away what covers your eyes or mouth."),
    Bound("exposure", 0.4, 1.0, "The light is too strong or too weak for the camera."),
    Bound("sharpness", 0.25, math.inf, "Please hold still for a moment."),
)
# Of several faces that meet these, the second's eye distance over the first's: more, and nobody is chosen.
ONE_FACE = Bound("other-face", 0.0, 0.8, "One person at a time, please.")

# A rigid head in eye distances: the nose tip lies 0.45 before the plane of the eyes, the mouth 0.1 (OpenCV's six-point
# head), and 0.60 and 1.09 below the line between them (medians of 889 faces by this room's landmarks).
_NOSE_DEPTH, _MOUTH_DEPTH = 0.45, 0.1
_NOSE_BELOW, _MOUTH_BELOW = 0.60, 1.09
# Left, top, right, bottom of each eye and of the mouth in the aligned crop, and of brow to mouth as a whole.
_FEATURES = ((26, 42, 50, 62), (62, 42, 86, 62), (38, 82, 74, 104))
_MIDDLE = (24, 28, 88, 104)


def measure(face: np.ndarray, points: np.ndarray) -> dict[str, float]:
    """The numbers of one face: `face` its aligned crop, uint8 (112, 112, 3), `points` the five in picture pixels.

    * eye-distance-px: between the eyes' centres in the picture; the embedder sees 35, less is enlarged.
    * yaw-deg, 0..90: how far the head is turned aside, from where the nose falls between the eyes: for a rigid head
      offset / eye distance = depth * tan(yaw).
    * pitch-deg, 0..90: how far it is raised or lowered, from where the nose falls between eyes and mouth:
      ratio = (nose below + depth * tan(pitch)) / (mouth below + mouth depth * tan(pitch)).
    * roll-deg, 0..180: how far it leans to a shoulder; alignment turns it back.
    * uncovered: edges (mean gradient) of the plainest of left eye, right eye and mouth, over those of the whole face. A
      plain cloth or a hand has few. A patterned cover passes, and so do dark glasses whose rims have edges.
    * exposure, 0..1: share of the face's pixels that are neither black (< 8) nor burnt out (> 247).
    * sharpness: standard deviation of the Laplacian over that of the brightness (variance of the Laplacian:
      Pech-Pacheco et al., ICPR 2000), on the crop at half size.
    """
    import cv2
    import numpy as np

    left, top, right, bottom = _MIDDLE
    whole = cv2.cvtColor(face, cv2.COLOR_RGB2GRAY)
    # The middle holds brow to mouth of every aligned face; hair, collar and background stay outside.
    grey = whole[top:bottom, left:right]
    # At full size the rounding of pixels and the camera's noise have edges of their own, whatever the blur.
    small = cv2.resize(whole.astype(np.float32), None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    halved = small[top // 2 : bottom // 2, left // 2 : right // 2]
    exposure = float(np.mean((grey >= 8) & (grey <= 247)))
    contrast = float(halved.std())
    edges = float(cv2.Laplacian(halved, cv2.CV_32F).std())
    gradient = np.hypot(small[:-1, 1:] - small[:-1, :-1], small[1:, :-1] - small[:-1, :-1])
    plainest = min(_mean(gradient, part) for part in _FEATURES)
    texture = _mean(gradient, _MIDDLE)
    for buffer in (whole, small, gradient):
        buffer.fill(0)
    return {
        "eye-distance-px": eye_distance_px(points),
        "yaw-deg": yaw_deg(points),
        "pitch-deg": pitch_deg(points),
        "roll-deg": roll_deg(points),
        "uncovered": plainest / texture if texture > 0 else 0.0,
        "exposure": exposure,
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


def pitch_deg(points: np.ndarray) -> float:
    """0 for an average frontal face, up to 90; whether up or down does not matter."""
    import numpy as np

    eyes = points[1] - points[0]
    length = float(np.hypot(*eyes))
    if length == 0:
        return 90.0
    down = np.array([-eyes[1], eyes[0]]) / length
    between = (points[0] + points[1]) / 2
    nose, mouth = float((points[2] - between) @ down), float(((points[3] + points[4]) / 2 - between) @ down)
    if mouth <= 0:
        return 90.0
    ratio = nose / mouth
    depth = _NOSE_DEPTH - ratio * _MOUTH_DEPTH
    if depth <= 0:
        return 90.0
    return math.degrees(math.atan(abs(ratio * _MOUTH_BELOW - _NOSE_BELOW) / depth))


def roll_deg(points: np.ndarray) -> float:
    """0 where the eyes are level in the picture, up to 180 upside down."""
    across, down = (float(step) for step in points[1] - points[0])
    return abs(math.degrees(math.atan2(down, across)))


def _mean(gradient: np.ndarray, part: tuple[int, int, int, int]) -> float:
    """Of the part of the half-size crop; coordinates are those of the whole crop."""
    left, top, right, bottom = (edge // 2 for edge in part)
    return float(gradient[top:bottom, left:right].mean())
