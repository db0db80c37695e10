"""Runs the pipeline over a folder of persons, one subfolder each, as Labeled Faces in the Wild is laid out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ostiary.models import picture, quality
from ostiary.models.measure import duplicates
from ostiary.models.pipeline import Face, FacePipeline, Look

ENDINGS = (".jpg", ".jpeg", ".png")


@dataclass(frozen=True, slots=True, eq=False)
class Collection:
    """Unit vectors float32 (usable pictures, dimensions), with the `person` of each as an index into `persons` and its
    `files` name without ending; `prints` its picture's hash (see `duplicates`).

    `failed` is the failure to enrol (ISO/IEC 19795-1): pictures by file name with the reason, "no-face", "unreadable"
    or the name of a bound of quality. `ms` and `sizes` tell how long each look took and how large the pictures were.
    """

    persons: tuple[str, ...]
    vectors: np.ndarray
    person: np.ndarray
    files: tuple[str, ...]
    prints: np.ndarray
    failed: dict[str, str]
    ms: np.ndarray
    sizes: dict[str, int]

    @property
    def pictures(self) -> int:
        """Usable or not."""
        return len(self.files) + len(self.failed)


def pictures(images: Path) -> list[Path]:
    """Every JPEG and PNG below `images`, one folder deep. Raises FileNotFoundError when there is none."""
    files = sorted(file for file in images.glob("*/*") if file.suffix.lower() in ENDINGS)
    if not files:
        raise FileNotFoundError(f"{images} has no folder with pictures in it: expected DIR/<person>/<picture>.jpg")
    return files


def collect(pipeline: FacePipeline, files: list[Path], told: Callable[[int, int], None]) -> Collection:
    """Looks at every file; `told(done, all)` hears of progress."""
    persons = sorted({file.parent.name for file in files})
    number = {name: at for at, name in enumerate(persons)}
    vectors, person, usable, prints, ms = [], [], [], [], []
    failed: dict[str, str] = {}
    sizes: Counter[str] = Counter()
    for done, file in enumerate(files):
        told(done, len(files))
        try:
            rgb = picture.decode(file.read_bytes())
        except picture.PictureError:
            failed[file.stem] = "unreadable"
            continue
        sizes[f"{rgb.shape[1]} x {rgb.shape[0]}"] += 1
        look = pipeline.look(rgb, embed="all")
        ms.append(sum(look.ms.values()))
        vector = middle_vector(look, rgb)
        if isinstance(vector, str):
            failed[file.stem] = vector
        else:
            vectors.append(vector)
            person.append(number[file.parent.name])
            usable.append(file.stem)
            prints.append(duplicates.print_of(rgb))
    told(len(files), len(files))
    return Collection(
        tuple(persons),
        np.array(vectors, np.float32).reshape(len(vectors), pipeline.model.dimensions),
        np.array(person, np.int64),
        tuple(usable),
        np.array(prints, np.uint8).reshape(len(prints), duplicates.BYTES),
        failed,
        np.array(ms),
        dict(sizes.most_common()),
    )


def middle_vector(look: Look, rgb: np.ndarray, *, judged: bool = True) -> np.ndarray | str:
    """The unit vector of the face in the middle, whose name such collections give; or why there is none. Without
    `judged` its quality does not matter."""
    if not look.faces:
        return "no-face"
    face = min(look.faces, key=lambda face: _off_centre(face, rgb.shape[1] / 2, rgb.shape[0] / 2))
    missed = quality.unmet(face.quality)
    if judged and missed is not None:
        look.wipe()
        return missed.name
    assert face.probe is not None  # noqa: S101 - embed="all"
    vector = face.probe.vector.astype(np.float32)
    look.wipe()
    return vector / np.linalg.norm(vector)


def _off_centre(face: Face, middle_x: float, middle_y: float) -> float:
    left, top, right, bottom = face.box
    return float(np.hypot((left + right) / 2 - middle_x, (top + bottom) / 2 - middle_y))
