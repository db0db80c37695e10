"""What speaks for a face of flesh, in levels that claim no more than was measured: none, motion, sensor.

`motion` follows five points through several frames while the person turns the head a little. Everything flat, a print
or a still screen however it is held, moves all points by one homography; a nose moves by more. A replayed video of a
turning head passes, and so may a mask: `motion` is no presentation-attack detection in the sense of ISO/IEC 30107-3 and
never counts as such. No error rate for living people can be claimed: none were measured.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np

NONE, MOTION, SENSOR = "none", "motion", "sensor"
LEVELS = (NONE, MOTION, SENSOR)

ASK_TO_TURN = {
    "en": "Please turn your head slowly to one side and back.",
    "de": "Bitte drehen Sie den Kopf langsam zur Seite und zurück.",
}

FRAMES = 6  # fewer show a jump, not a movement
TURN_FRAMES, TURN_EVERY_S = 12, 0.25  # what a door looks at after it asked: a head turned aside and back takes 3 s
# In eye distances. Pictures of one person between 20 and 30 degrees apart gave 0.20 at the median, between 30 and 40
# degrees 0.29 (70 persons). What flat pictures give, and which pass, is counted by `ostiary models attacks`.
PARALLAX = 0.22
LARGEST_STEP = 0.6  # of the whole movement between two neighbouring positions: two prints, exchanged, jump
# A print of a head that looks aside, and a print seen so that it leans, mislead the landmarks most. So the turn begins
# or ends before the camera, and a head that turns never becomes wider.
LARGEST_FACING_DEG = 12.0
LARGEST_WIDENING = 1.15
LARGEST_ROLL_DEG = 30.0  # the landmarks of a head that leans further are too coarse to say anything


@dataclass(frozen=True, slots=True)
class Motion:
    """`passed`, the largest `parallax` of the nose in eye distances, the `frames` that counted, and `why` it did not
    pass: "" or "frames", "facing", "parallax", "wider" or "steps"."""

    passed: bool
    parallax: float
    frames: int
    why: str

    @property
    def level(self) -> str:
        """What may be said of the face."""
        return MOTION if self.passed else NONE


class Sensor(Protocol):
    """An infrared or depth camera beside the ordinary one; an adapter answers for a box of picture pixels, at once.

    The level `sensor` says only that such an adapter agreed: what its detection is worth stands in its own evaluation.
    """

    def flesh(self, box: tuple[float, float, float, float]) -> bool: ...


def enough(given: str, asked: str) -> bool:
    """Whether a node that gives one level may serve a door that asks for another. Raises ValueError for no level."""
    for level in (given, asked):
        if level not in LEVELS:
            raise ValueError(f"liveness is {level!r}, expected one of {', '.join(LEVELS)}")
    return LEVELS.index(given) >= LEVELS.index(asked)


def motion(points: Sequence[np.ndarray]) -> Motion:
    """Judges the five points (5, 2) of one face in successive frames, in any picture's pixels.

    The frame that looks most frontal is the reference. Eyes and mouth corners of another frame give the homography
    that a flat picture would have undergone (four points: Hartley and Zisserman, 4.1); where the nose lies beside its
    image under it, along the eyes and in eye distances, is the parallax. In the frame of the largest, the eyes must not
    lie wider apart, against the height from eyes to mouth, than in the reference.
    """
    from ostiary.models.quality import roll_deg, yaw_deg

    upright = [frame for frame in points if roll_deg(frame) <= LARGEST_ROLL_DEG]
    if len(upright) < FRAMES:
        return Motion(False, 0.0, len(upright), "frames")
    reference = min(upright, key=yaw_deg)
    beside = [_beside(reference, frame) for frame in upright]
    offsets = sorted(beside)
    parallax = offsets[-1] - offsets[0]
    if yaw_deg(reference) > LARGEST_FACING_DEG:
        return Motion(False, parallax, len(upright), "facing")
    if not parallax >= PARALLAX:  # NaN from points in one line passes nothing
        return Motion(False, parallax, len(upright), "parallax")
    farthest = max(range(len(upright)), key=lambda at: abs(beside[at]))
    if not 0 < _width(upright[farthest]) <= LARGEST_WIDENING * _width(reference):
        return Motion(False, parallax, len(upright), "wider")
    step = max(after - before for before, after in pairwise(offsets))
    if step > LARGEST_STEP * parallax:
        return Motion(False, parallax, len(upright), "steps")
    return Motion(True, parallax, len(upright), "")


def _beside(reference: np.ndarray, frame: np.ndarray) -> float:
    import cv2
    import numpy as np

    plane = [0, 1, 3, 4]
    carried = cv2.getPerspectiveTransform(
        np.ascontiguousarray(reference[plane], np.float32), np.ascontiguousarray(frame[plane], np.float32)
    )
    x, y, w = carried @ np.array([reference[2][0], reference[2][1], 1.0])
    eyes = (frame[1] - frame[0]).astype(np.float64)
    length = float(eyes @ eyes)
    if w == 0 or length == 0:
        return float("nan")
    return float((frame[2] - np.array([x / w, y / w])) @ eyes / length)


def _width(frame: np.ndarray) -> float:
    """The eyes' distance over the height from eyes to mouth."""
    import numpy as np

    eyes = frame[1] - frame[0]
    down = np.array([-eyes[1], eyes[0]])
    height = float(((frame[3] + frame[4]) - (frame[0] + frame[1])) @ down) / 2
    return float(eyes @ eyes) / height if height > 0 else float("nan")
