"""Runs the pipeline over a folder of persons, one subfolder each, and remembers the result while nothing changed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ostiary.models import picture, quality
from ostiary.models.pipeline import Face, FacePipeline, Look


@dataclass(frozen=True, slots=True, eq=False)
class Collection:
    """Unit vectors float32 (pictures, dimensions) of those that were usable, the person of each as an index into
    `persons`, and how many pictures failed: no face found, or a bound of quality missed (by its name)."""

    persons: tuple[str, ...]
    vectors: np.ndarray
    person: np.ndarray
    failed: dict[str, int]
    sizes: tuple[str, ...]


def collect(pipeline: FacePipeline, images: Path, cache: Path | None, told: Callable[[int, int], None]) -> Collection:
    """Looks at every JPEG and PNG below `images`; `told(done, all)` hears of progress. Raises PictureError."""
    files = sorted(file for file in images.glob("*/*") if file.suffix.lower() in (".jpg", ".jpeg", ".png"))
    if not files:
        raise FileNotFoundError(f"{images} has no folder with pictures in it: expected DIR/<person>/<picture>.jpg")
    key = _key(pipeline, images, files)
    if cache is not None and cache.exists():
        with np.load(cache) as kept:
            if str(kept["key"]) == key:
                facts = json.loads(str(kept["facts"]))
                return Collection(
                    tuple(facts["persons"]),
                    kept["vectors"],
                    kept["person"],
                    facts["failed"],
                    tuple(facts["sizes"]),
                )
    persons = sorted({file.parent.name for file in files})
    number = {name: at for at, name in enumerate(persons)}
    vectors, person, failed, sizes = [], [], {}, set()
    for done, file in enumerate(files):
        rgb = picture.decode(file.read_bytes())
        sizes.add(f"{rgb.shape[1]}x{rgb.shape[0]}")
        vector = _vector(pipeline.look(rgb, embed="all"), rgb.shape[1] / 2, rgb.shape[0] / 2)
        if isinstance(vector, str):
            failed[vector] = failed.get(vector, 0) + 1
        else:
            vectors.append(vector)
            person.append(number[file.parent.name])
        told(done + 1, len(files))
    found = Collection(tuple(persons), np.array(vectors), np.array(person), failed, tuple(sorted(sizes)))
    if cache is not None:
        facts = json.dumps({"persons": persons, "failed": failed, "sizes": found.sizes})
        np.savez(cache, key=key, facts=facts, vectors=found.vectors, person=found.person)
    return found


def _vector(look: Look, middle_x: float, middle_y: float) -> np.ndarray | str:
    """The unit vector of the face in the middle, whose name such collections give; or why there is none."""
    if not look.faces:
        return "no-face"
    face = min(look.faces, key=lambda face: _off_centre(face, middle_x, middle_y))
    missed = quality.unmet(face.quality)
    if missed is not None:
        return missed.name
    assert face.probe is not None  # noqa: S101 - embed="all"
    vector = face.probe.vector.astype(np.float32)
    look.wipe()
    return vector / np.linalg.norm(vector)


def _off_centre(face: Face, middle_x: float, middle_y: float) -> float:
    left, top, right, bottom = face.box
    return float(np.hypot((left + right) / 2 - middle_x, (top + bottom) / 2 - middle_y))


def _key(pipeline: FacePipeline, images: Path, files: list[Path]) -> str:
    """Changes with the pictures' names and sizes, the code and the models: a cache of another state is not used."""
    digest = hashlib.sha256(pipeline.runtime.encode())
    for file in sorted(Path(quality.__file__).parent.glob("*.py")) + sorted(
        Path(quality.__file__).parent.glob("weights/*.tflite")
    ):
        digest.update(file.read_bytes())
    for file in files:
        digest.update(f"{file.relative_to(images)} {file.stat().st_size}\n".encode())
    return digest.hexdigest()
