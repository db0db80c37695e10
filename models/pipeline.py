"""The whole way from pixels to faces: detect, align, measure quality, embed; and from frames to one probe.

It keeps nothing between two looks.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from ostiary.models import align, catalog, detect, fuse, landmarks, liveness, nearest, operating, quality
from ostiary.models.embed import Probe, embed
from ostiary.models.loader import THREADS, Kernels, Net, WrongShape

if TYPE_CHECKING:
    import numpy as np

BEST_FRAMES = 5  # what more of them bring, and what fewer cost, stands in the embedder's card
SAME_PERSON_FMR = 1e-2  # frames of one visit are alike; a stranger's would pass this once in a hundred times
MIN_FACE_IN_PART = 0.95  # a picture has many parts, and each is one more chance to be wrong
WIDE = 1.5  # a face that fills the picture is too large for the detector; with a black frame around it is not
# Of the faces whose eyes are this far apart in its 128 pixels BlazeFace finds 98 % (at 6.4 90 %, at 4.8 half of them).
_SURE_EYES_PX = 8.0


@dataclass(frozen=True, slots=True, eq=False)
class Face:
    """One face: `box` left, top, right, bottom and `points` float32 (5, 2) in picture pixels, `score` in 0..1 from
    the detector, `quality` by name, `liveness` level, and its `probe` where one was asked for."""

    box: tuple[float, float, float, float]
    points: np.ndarray
    score: float
    quality: dict[str, float]
    liveness: str
    probe: Probe | None


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """What one picture showed. `nearest` is the face that stands at the door, or None with the reason in `no_probe`:
    "face-missing", "faces-unclear" or "quality-<name>". `ms`: time in detect, align, quality and embed.
    `motion` is what several frames said of its movement."""

    faces: tuple[Face, ...]
    nearest: Face | None
    no_probe: str | None
    ms: dict[str, float]
    motion: liveness.Motion | None = None

    def wipe(self) -> None:
        """Overwrites every probe."""
        for face in self.faces:
            if face.probe is not None:
                face.probe.wipe()


class FacePipeline:
    """Three loaded networks. One thread at a time."""

    def __init__(self, detector: Net, pointer: Net, embedder: Net, clock: Callable[[], float] = time.perf_counter):
        self._detector = detector
        self._pointer = pointer
        self._embedder = embedder
        self._clock = clock

    @classmethod
    def load(
        cls,
        threads: int = THREADS,
        folder: Path = catalog.FOLDER,
        kernels: Kernels = Kernels.FAST,
        delegate: Path | None = None,
    ) -> FacePipeline:
        """The networks named in the catalogue `folder`. Raises BadCatalog, MissingModel, WrongModel, NoRuntime,
        NoDelegate, UnreadableModel or WrongShape."""
        detector, pointer, embedder = (
            Net(catalog.the_one(task, folder), threads, kernels, delegate) for task in catalog.TASKS
        )
        import cv2

        cv2.setNumThreads(threads)  # handing a 112-pixel crop to other threads costs more than cutting it
        return cls(detector, pointer, embedder)

    @property
    def model(self) -> catalog.Model:
        """The embedder's catalogue entry: probes carry its sha256, thresholds are measured for it."""
        return self._embedder.model

    @property
    def runtime(self) -> str:
        """What runs the networks, like "ai-edge-litert 2.3.0"."""
        return self._embedder.runtime

    def look(self, rgb: np.ndarray, embed: Literal["nearest", "all", "none"] = "nearest") -> Look:
        """The faces in `rgb`, uint8 (height, width, 3), largest eye distance first, with probes for the nearest, all
        or none of them. Raises WrongShape."""
        import numpy as np

        if rgb.ndim != 3 or rgb.shape[2] != 3 or rgb.dtype != np.uint8 or 0 in rgb.shape:
            raise WrongShape(
                "This is not an RGB picture.",
                f"Found {rgb.dtype}{list(rgb.shape)}, expected uint8[height, width, 3].",
                "Read picture files with ostiary.models.picture.decode.",
            )
        watch = _Watch(self._clock)
        located = self._find(rgb, watch)
        crops = [align.crop(rgb, found.points) for found, _ in located]
        watch.lap("align")
        faces = [
            Face(found.box, found.points, score, quality.measure(crop, found.points), liveness.NONE, None)
            for (found, score), crop in zip(located, crops, strict=True)
        ]
        order = sorted(range(len(faces)), key=lambda at: -faces[at].quality["eye-distance-px"])
        faces, crops = [faces[at] for at in order], [crops[at] for at in order]
        choice = nearest.nearest(faces)
        watch.lap("quality")
        wanted = {"nearest": [choice.index], "all": range(len(faces)), "none": ()}[embed]
        for at in wanted:
            if at is not None:
                faces[at] = replace(faces[at], probe=_embed(self._embedder, crops[at]))
        for crop in crops:
            crop.fill(0)
        for net in (self._detector, self._pointer, self._embedder):
            net.wipe()
        watch.lap("embed")
        at = choice.index
        return Look(tuple(faces), None if at is None else faces[at], choice.reason, watch.ms)

    def watch(self, frames: Iterable[np.ndarray]) -> Look:
        """One visit in several frames, each as for `look`: the nearest face of the best frame, one probe fused from the
        BEST_FRAMES best by quality, and the liveness level that its movement deserves.

        Nothing is read after a first frame without a face to compare. Where the frames show two people nobody is
        chosen: "faces-unclear". Every probe but the returned one is wiped. Raises WrongShape.
        """
        seen: list[tuple[Face, Probe]] = []
        try:
            return self._watched(frames, seen)
        except BaseException:  # a picture that cannot be read, say
            for _, probe in seen:
                probe.wipe()
            raise

    def _watched(self, frames: Iterable[np.ndarray], seen: list[tuple[Face, Probe]]) -> Look:
        shown: Look | None = None
        ms: dict[str, float] = {}
        for rgb in frames:
            look = self.look(rgb)
            ms = {name: ms.get(name, 0.0) + spent for name, spent in look.ms.items()}
            if shown is None:
                shown = look
            if look.nearest is not None and look.nearest.probe is not None:
                seen.append((look.nearest, look.nearest.probe))
            elif not seen:
                return look
        if shown is None:
            return Look((), None, nearest.FACE_MISSING, _Watch(self._clock).ms)
        try:
            probe = fuse.fuse([(probe, face.quality) for face, probe in seen], BEST_FRAMES, self._alike())
        except fuse.NotOneFace:
            return Look(_without_probes(shown), None, nearest.FACES_UNCLEAR, ms)
        best = max((face for face, _ in seen), key=lambda face: fuse.headroom(face.quality))
        motion = liveness.motion([face.points for face, _ in seen])
        chosen = replace(best, probe=probe, liveness=motion.level)
        others = tuple(face for face in _without_probes(shown) if face.points is not seen[0][0].points)
        return Look((chosen, *others), chosen, None, ms, motion)

    def _alike(self) -> float:
        try:
            return operating.threshold(self.model, SAME_PERSON_FMR)
        except operating.NoOperatingPoint:
            return -1.0  # a model without a measured point serves no door

    def _find(self, rgb: np.ndarray, watch: _Watch) -> list[tuple[landmarks.Located, float]]:
        """Confirmed faces with their scores. The picture is looked at whole; if that shows no face, with a frame around
        it; and in ever smaller parts until the nearest face is so large in its square that another, not clearly farther
        away, could not have been missed: to miss it would be to choose silently between two people."""
        found: list[tuple[landmarks.Located, float]] = []
        longest, shortest, eyes_px = max(rgb.shape[:2]), min(rgb.shape[:2]), 0.0
        for squares in _looks(*rgb.shape[:2]):
            side = squares[0][2]
            # The frame around it is for faces that were too large to be seen; squares of the short side make sure of a
            # nearest face that is only just too small, and of nothing else.
            if (side > longest and found) or (side == shortest < longest and not _sure(eyes_px, side)):
                continue
            at_least = landmarks.MIN_FACE if len(squares) == 1 else MIN_FACE_IN_PART
            for x, y, _ in squares:
                proposals = detect.propose(self._detector, rgb, x, y, side)
                watch.lap("detect")
                for proposal in proposals:
                    if _known(proposal, found):
                        continue
                    located = landmarks.locate(self._pointer, rgb, proposal, at_least)
                    if located is not None:
                        found.append((located, proposal.score))
                watch.lap("align")
            found = _distinct(found)
            eyes_px = max((quality.eye_distance_px(located.points) for located, _ in found), default=0.0)
            if _sure(eyes_px, side):
                break
        return found


def _sure(eyes_px: float, side: float) -> bool:
    """Whether a look at squares of `side` pixels cannot have missed a face about as near as one of `eyes_px`."""
    return eyes_px / side * detect.SIDE_PX >= _SURE_EYES_PX * nearest.CLEARLY_NEARER


def _without_probes(look: Look) -> tuple[Face, ...]:
    return tuple(replace(face, probe=None) for face in look.faces)


class _Watch:
    """Adds up milliseconds by name."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.ms = {"detect": 0.0, "align": 0.0, "quality": 0.0, "embed": 0.0}
        self._clock = clock
        self._since = clock()

    def lap(self, name: str) -> None:
        now = self._clock()
        self.ms[name] += (now - self._since) * 1000
        self._since = now


_embed = embed  # `look` has an argument of that name


def _looks(height: int, width: int) -> Iterator[list[tuple[float, float, float]]]:
    """Squares (centre x, centre y, side) to search together, in the order in which they are tried."""
    longest = max(height, width)
    yield [(width / 2, height / 2, longest)]
    yield [(width / 2, height / 2, longest * WIDE)]
    side = min(height, width)
    if longest / 2 < side < longest:
        yield [(x, y, side) for y in _steps(height, side) for x in _steps(width, side)]
    bound = next(bound.low for bound in quality.BOUNDS if bound.name == "eye-distance-px")
    side = longest
    # Halved until eyes at the quality bound are large enough in a part to be sure of.
    while side * _SURE_EYES_PX > bound * detect.SIDE_PX:
        side /= 2
        yield [(x, y, side) for y in _steps(height, side) for x in _steps(width, side)]


def _steps(length: float, side: float) -> list[float]:
    """Centres of squares that cover `length` and overlap by half: a face cut by one lies whole in the next."""
    if side >= length:
        return [length / 2]
    count = math.ceil((length - side) / (side / 2)) + 1
    return [side / 2 + (length - side) * at / (count - 1) for at in range(count)]


def _known(proposal: detect.Proposal, found: list[tuple[landmarks.Located, float]]) -> bool:
    """Whether it proposes a face that is confirmed already, so that to follow it again would be wasted work."""
    import numpy as np

    boxes = np.array([located.box for located, _ in found]).reshape(-1, 4)
    return bool((detect.overlap(np.array(proposal.box), boxes) > detect.SAME_FACE_IOU).any())


def _distinct(found: list[tuple[landmarks.Located, float]]) -> list[tuple[landmarks.Located, float]]:
    """Two proposals may lead to one face: the surer of them stays."""
    import numpy as np

    kept: list[tuple[landmarks.Located, float]] = []
    for candidate in sorted(found, key=lambda pair: -pair[1]):
        boxes = np.array([located.box for located, _ in kept]).reshape(-1, 4)
        if not (detect.overlap(np.array(candidate[0].box), boxes) > detect.SAME_FACE_IOU).any():
            kept.append(candidate)
    return kept
