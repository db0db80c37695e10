"""What a detector loses in fewer digits: faces that it no longer finds, and how far the five points move for it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ostiary.models import catalog, detect, landmarks, quality
from ostiary.models.build.parity import some
from ostiary.models.catalog import Model, Tensor
from ostiary.models.loader import Net

PICTURES = 300
FRAMES = (1.0, 2.0, 3.5)  # side of the square that is searched, in picture sides: the faces shrink with it


def detectors(weights: Path, images: Path, told: Callable[[str], None]) -> dict[str, Any]:
    """Everything for `measured/detectors.json`: the published detector and the micro files, in held-out pictures."""
    seen = some(images, PICTURES)
    published = catalog.the_one("detect")
    pointer = Net(catalog.the_one("landmarks"))
    nets = [Net(published)] + [
        Net(_as(published, file, "int8" if file.stem.endswith("-int8") else "int16"))
        for file in sorted((weights / "micro").glob("face-detect-*.tflite"))
    ]
    rows = []
    for frame in FRAMES:
        truth: list[np.ndarray | None] = []
        for net in nets:
            found = [_points(net, pointer, one.rgb, frame) for one in seen]
            truth = truth or found
            off = [
                float(np.linalg.norm(points - true, axis=1).mean() / quality.eye_distance_px(true))
                for points, true in zip(found, truth, strict=True)
                if points is not None and true is not None
            ]
            eyes = [quality.eye_distance_px(true) / max(one.rgb.shape) / frame * detect.SIDE_PX
                    for one, true in zip(seen, truth, strict=True) if true is not None]  # fmt: skip
            rows.append(
                {
                    "file": net.model.file.name,
                    "eyes_px_of_128": round(float(np.median(eyes)), 1),
                    "pictures": len(seen),
                    "found": sum(points is not None for points in found),
                    "points_off_in_eye_distances": {
                        "median": round(float(np.median(off)), 4),
                        "p99": round(float(np.quantile(off, 0.99)), 4),
                    },
                }
            )
            told(str(rows[-1]))
    return {"rows": rows}


def _as(model: Model, file: Path, dtype: str) -> Model:
    """The catalogue's detector, from another file."""
    outputs = tuple(Tensor(tensor.name, tensor.shape, dtype) for tensor in model.outputs)
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    return replace(
        model, file=file, sha256=digest, input=Tensor("input", model.input.shape, dtype), outputs=outputs
    )  # fmt: skip


def _points(net: Net, pointer: Net, rgb: np.ndarray, frame: float) -> np.ndarray | None:
    """Of the face nearest to the middle, whose folder it is; None when none was found."""
    height, width = rgb.shape[:2]
    middle = np.array([width / 2, height / 2])
    proposals = detect.propose(net, rgb, width / 2, height / 2, frame * max(height, width))
    located = [landmarks.locate(pointer, rgb, proposal) for proposal in proposals]
    points = [one.points for one in located if one is not None]
    return min(points, key=lambda five: float(np.linalg.norm(five.mean(0) - middle)), default=None)
