"""What each step of the embedder brought: the same held-out persons, the same pairs, one file beside another."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from ai_edge_litert.interpreter import OpResolverType

from ostiary.models.build import pairs, ranges, read, recipes, sources, views
from ostiary.models.build.lower import lower
from ostiary.models.build.parity import Net
from ostiary.models.build.split import held_out

RATES = (1e-3, 1e-4, 1e-5)


def compare(weights: Path, images: Path, told: Callable[[str], None]) -> dict[str, Any]:
    """Everything for `measured/compare.json`: TAR of each way to make probes, the published float network first, and
    the difference of every other's at FMR 1e-4 from it with its paired interval over persons."""
    from ostiary.models.build.__main__ import CACHE

    seen = list(views.seen(images, held_out))
    numbers = {name: at for at, name in enumerate(sorted({one.person for one in seen}))}
    person = np.array([numbers[one.person] for one in seen])
    crops = [views.of_crop(one) for one in seen]
    told(f"{len(crops)} pictures of {len(numbers)} persons")
    (fast,) = weights.glob("face-embed-*.tflite")
    centre = ranges.load("mobilefacenet").centre
    assert centre is not None  # noqa: S101 - calibrate writes one for this network
    with tempfile.TemporaryDirectory() as folder:
        published = Path(folder) / "float.tflite"
        graph = read.read(sources.fetch(sources.MOBILEFACENET, CACHE), sources.MOBILEFACENET.outputs)
        published.write_bytes(lower(graph, "float32").pack())
        plain, naive = Path(folder) / "plain.tflite", ranges.load("mobilefacenet").bounds
        plain.write_bytes(lower(graph, "int8", naive, recipes.BYTES_128).pack())
        made = {
            name: _both(file, crops, told) for name, file in (("float", published), ("int8", fast), ("plain", plain))
        }
    one, mirrored, _ = made["float"]
    ours, ours_mirrored, _ = made["int8"]
    ways = {
        "float as published": (one, one),
        "int8, nothing but rounded": (made["plain"][0], made["plain"][0]),
        "float, centred": (one - centre, one - centre),
        "int8": (ours, ours),
        "int8, mirrored templates": (ours, _mean(ours, ours_mirrored)),
        "int8, mirrored probes and templates": (_mean(ours, ours_mirrored),) * 2,
        "float, centred, mirrored probes and templates": (_mean(one - centre, mirrored - centre),) * 2,
    }
    found = {name: pairs.pairs(probe, template, person) for name, (probe, template) in ways.items()}
    rows = []
    for name, own in found.items():
        row: dict[str, Any] = {"way": name, "tar": {f"{fmr:g}": round(pairs.tar(own, fmr), 4) for fmr in RATES}}
        row["beside_float"] = _rounded(pairs.difference(own, found["float as published"], 1e-4))
        rows.append(row)
        told(str(row))
    twin = found["float, centred, mirrored probes and templates"]
    return {
        "pictures": len(crops),
        "persons": len(numbers),
        "ms_a_run": {name: round(taken, 2) for name, (_, _, taken) in made.items()},
        "rows": rows,
        "int8_beside_its_own_float": _rounded(
            pairs.difference(found["int8, mirrored probes and templates"], twin, 1e-4)
        ),
    }


def _both(file: Path, crops: list[np.ndarray], told: Callable[[str], None]) -> tuple[np.ndarray, np.ndarray, float]:
    """Outputs for the crops and for their mirror images, and the lower decile of a run's milliseconds."""
    net = Net(file, OpResolverType.AUTO)
    found: tuple[list[np.ndarray], list[np.ndarray]] = ([], [])
    taken = []
    for crop in crops:
        for side, view in zip(found, (crop, crop[:, ::-1]), strict=True):
            before = time.perf_counter()
            side.append(net.run(view)[0][0].astype(np.float32))
            taken.append((time.perf_counter() - before) * 1000)
    told(f"{file.name} is through")
    return np.array(found[0]), np.array(found[1]), float(np.percentile(taken, 10))


def _mean(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    return (one + other) / 2


def _rounded(figures: tuple[float, float, float]) -> list[float]:
    return [round(figure, 4) for figure in figures]
