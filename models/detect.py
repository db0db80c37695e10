"""Where faces may be: BlazeFace short range (Bazarevsky et al., arXiv 1907.05047) on one square of the picture.

It proposes; `landmarks` confirms. Short range was made for selfies: a face fills a tenth of the square or more.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from ostiary.models.square import cut

if TYPE_CHECKING:
    import numpy as np

    from ostiary.models.loader import Net

SIDE_PX = 128
MIN_SCORE = 0.5  # MediaPipe's own bound for this model
SAME_FACE_IOU = 0.3  # likewise
_SURE_LOGIT = 80.0  # where there is no face they run to -30,000, which overflows the logistic function


@dataclass(frozen=True, slots=True)
class Proposal:
    """A square's worth of face: `box` left, top, right, bottom in picture pixels, `score` in 0..1."""

    box: tuple[float, float, float, float]
    score: float


def propose(net: Net, rgb: np.ndarray, centre_x: float, centre_y: float, side: float) -> list[Proposal]:
    """Proposals in the square of `side` pixels around the centre, best first. `rgb` is uint8 (height, width, 3)."""
    import numpy as np

    square = cut(rgb, centre_x, centre_y, side, SIDE_PX)
    out = net.run(square)
    square.fill(0)
    scores = 1 / (1 + np.exp(-out["scores"][:, 0].clip(-_SURE_LOGIT, _SURE_LOGIT)))
    good = np.flatnonzero(scores > MIN_SCORE)
    if not good.size:
        return []
    regression = out["regressions"][good, :4] / SIDE_PX
    centres = _anchors()[good] + regression[:, :2]
    halves = regression[:, 2:] / 2
    boxes = np.hstack([centres - halves, centres + halves]) * side
    boxes += np.tile([centre_x - side / 2, centre_y - side / 2], 2)
    return _merged(boxes, scores[good])


@cache
def _anchors() -> np.ndarray:
    """(896, 2): anchor centres in 0..1. Two on each cell of a 16 x 16 grid, six on each of an 8 x 8 grid: MediaPipe's
    SSD anchors for strides 8, 16, 16, 16 with an interpolated scale, sizes fixed at 1."""
    import numpy as np

    grids = []
    for cells, each in ((16, 2), (8, 6)):
        line = (np.arange(cells) + 0.5) / cells
        y, x = np.meshgrid(line, line, indexing="ij")
        grids.append(np.repeat(np.stack([x.ravel(), y.ravel()], 1), each, axis=0))
    return np.concatenate(grids).astype(np.float32)


def _merged(boxes: np.ndarray, scores: np.ndarray) -> list[Proposal]:
    """Weighted non-maximum suppression (BlazeFace, section 3.4): overlapping boxes are averaged by score, which keeps a
    face from jumping between frames; the best score stays."""
    import numpy as np

    left = np.argsort(-scores, kind="stable")
    merged = []
    while left.size:
        best = left[0]
        same = overlap(boxes[best], boxes[left]) > SAME_FACE_IOU
        same[0] = True  # a degenerate box overlaps nothing, itself included
        group = left[same]
        weights = scores[group] / scores[group].sum()
        x0, y0, x1, y1 = (boxes[group] * weights[:, None]).sum(0)
        if x1 > x0 and y1 > y0:
            merged.append(Proposal((float(x0), float(y0), float(x1), float(y1)), float(scores[best])))
        left = left[~same]
    return merged


def overlap(box: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """Intersection over union of one box with each of n (n x 4), in 0..1."""
    import numpy as np

    inner = np.clip(np.minimum(box[2:], boxes[:, 2:]) - np.maximum(box[:2], boxes[:, :2]), 0, None).prod(1)
    sizes = np.clip(boxes[:, 2:] - boxes[:, :2], 0, None).prod(1)
    size = float(np.clip(box[2:] - box[:2], 0, None).prod())
    return inner / np.maximum(sizes + size - inner, 1e-9)
