"""What the networks get to see of a picture, as the pipeline would show it to them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ostiary.models import align, detect, landmarks, picture
from ostiary.models.pipeline import Face, FacePipeline
from ostiary.models.square import cut


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """A picture, uint8 (height, width, 3), its one usable face, and whose folder it came from."""

    person: str
    rgb: np.ndarray
    face: Face


def seen(images: Path, wanted: Callable[[str], bool]) -> Iterator[Seen]:
    """Of every wanted person below `images` (one folder each), the pictures whose nearest face meets quality."""
    pipeline = FacePipeline.load()
    for file in sorted(images.glob("*/*.jpg")):
        if wanted(file.parent.name):
            rgb = picture.decode(file.read_bytes())
            nearest = pipeline.look(rgb, embed="none").nearest
            if nearest is not None:
                yield Seen(file.parent.name, rgb, nearest)


def of_crop(one: Seen) -> np.ndarray:
    """The embedder's: float32 (112, 112, 3)."""
    return _normal(align.crop(one.rgb, one.face.points), 128)


def of_box(one: Seen, rng: np.random.Generator) -> np.ndarray:
    """The points network's, float32 (48, 48, 3), x before y: a square as the detector would propose it, a little off, a
    little too large or small."""
    left, top, right, bottom = one.face.box
    side = max(right - left, bottom - top)
    x, y = (left + right) / 2, (top + bottom) / 2
    off = rng.uniform(-0.1, 0.1, 2) * side
    square = cut(one.rgb, x + off[0], y + off[1], side * rng.uniform(0.85, 1.35), landmarks.SIDE_PX)
    return _normal(square, 128).transpose(1, 0, 2)


def of_somewhere(one: Seen, rng: np.random.Generator) -> np.ndarray:
    """The detector's, float32 (128, 128, 3): faces of many sizes at many places, some of them cut."""
    height, width = one.rgb.shape[:2]
    off = rng.uniform(-0.25, 0.25, 2)
    side = rng.uniform(0.6, 2.4) * max(height, width)
    return _normal(cut(one.rgb, width * (0.5 + off[0]), height * (0.5 + off[1]), side, detect.SIDE_PX), 127.5)


def _normal(pixels: np.ndarray, scale: float) -> np.ndarray:
    return (pixels.astype(np.float32) - np.float32(127.5)) / np.float32(scale)
