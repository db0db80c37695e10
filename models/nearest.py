"""Who of the people in view stands at the door: the nearest who meets quality, nobody where that is unclear."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from ostiary.models.quality import ONE_FACE, unmet

CLEARLY_NEARER = 1 / ONE_FACE.high  # ratio of eye distances, so of distances from the camera: 60 cm against 75 cm

FACE_MISSING = "face-missing"
FACES_UNCLEAR = "faces-unclear"


class Seen(Protocol):
    """What the choice needs of a face."""

    @property
    def quality(self) -> dict[str, float]: ...


@dataclass(frozen=True, slots=True)
class Nearest:
    """`index` of the chosen face, or None and the `reason`: "face-missing", "faces-unclear" or "quality-<name>"."""

    index: int | None
    reason: str | None = None


def nearest(faces: Sequence[Seen]) -> Nearest:
    """The face with the largest eye distance among those that meet every bound of `quality`.

    None of them meets it: the nearest one's first miss is the reason. Two are about equally near (ratio of their eye
    distances below CLEARLY_NEARER): nobody is chosen, for choosing silently would let one person open for another.
    """
    if not faces:
        return Nearest(None, FACE_MISSING)
    by_distance = sorted(range(len(faces)), key=lambda at: -faces[at].quality["eye-distance-px"])
    good = [at for at in by_distance if unmet(faces[at].quality) is None]
    if not good:
        missed = unmet(faces[by_distance[0]].quality)
        assert missed is not None  # noqa: S101 - none of them is good
        return Nearest(None, f"quality-{missed.name}")
    if len(good) > 1:
        first, second = (faces[at].quality["eye-distance-px"] for at in good[:2])
        if not ONE_FACE.met(second / first):
            return Nearest(None, FACES_UNCLEAR)
    return Nearest(good[0])
