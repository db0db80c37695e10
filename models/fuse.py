"""Several frames of one visit become one probe: the best of them by quality, averaged, the rest overwritten."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ostiary.models.embed import Probe
from ostiary.models.mistake import Mistake
from ostiary.models.quality import BOUNDS

if TYPE_CHECKING:
    import numpy as np


class NotOneFace(Mistake, ValueError):
    """The frames do not belong together: another model, or another person stepped in between."""


def headroom(quality: dict[str, float]) -> float:
    """How far a face is inside the bounds: the smallest distance to any bound, as a share of that bound, at most 1 and
    negative where one is missed."""
    room = 1.0
    for bound in BOUNDS:
        value = quality[bound.name]
        if bound.low > 0:
            room = min(room, value / bound.low - 1)
        elif bound.high > 0:
            room = min(room, 1 - value / bound.high)
    return room


def fuse(frames: Sequence[tuple[Probe, dict[str, float]]], best: int, alike: float = -1.0) -> Probe:
    """One probe from the `best` of the frames' probes: the mean of their unit vectors, int8 again.

    Every given probe is wiped, used or not. `alike` is the similarity below which two frames are two people: somebody
    could let another finish the visit. Raises NotOneFace (the probes are wiped then, too), and ValueError without
    frames.
    """
    import numpy as np

    if not frames or best < 1:
        raise ValueError(f"{len(frames)} frames, best {best}: expected at least one of each")
    ordered = sorted(frames, key=lambda frame: -headroom(frame[1]))
    model, runtime = ordered[0][0].model, ordered[0][0].runtime
    units = np.stack([_unit(probe) for probe, _ in ordered])
    try:
        if any(probe.model != model for probe, _ in frames):
            raise NotOneFace(
                "The frames cannot be fused.",
                "They were embedded by different models.",
                "Load one pipeline and look at every frame with it.",
            )
        nearest = float((units @ units.T).min())
        if nearest < alike:
            raise NotOneFace(
                "The frames show more than one person.",
                f"Two of them are only {nearest:.2f} alike, expected at least {alike:.2f}.",
                "Please come one at a time.",
            )
        mean = units[:best].mean(0)
        scale = float(np.abs(mean).max()) / 127 or 1.0
        vector = np.rint(mean / scale).astype(np.int8)
        mean.fill(0)
        return Probe(model, runtime, vector, scale)
    finally:
        units.fill(0)
        for probe, _ in frames:
            probe.wipe()


def _unit(probe: Probe) -> np.ndarray:
    import numpy as np

    values = probe.vector.astype(np.float32)
    norm = float(np.linalg.norm(values))
    return values / norm if norm else values
