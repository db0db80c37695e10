"""What a microcontroller's runtime makes of the same faces: TFLM (`tflite-micro`, x86-64 only) beside LiteRT.

TFLM is slow on a PC. LiteRT's reference kernels give the same bytes, which is checked on real faces first; the error
rates over all pairs are then measured with those.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from ai_edge_litert.interpreter import Interpreter, OpResolverType

from ostiary.models.build import pairs, views
from ostiary.models.build.split import held_out
from ostiary.models.build.views import Seen
from ostiary.models.mistake import Mistake

FACES = 200
PICTURES = 600
SPARE = 0.25  # some pictures show no usable face
RATES = (1e-3,)
_ROOMY_KIB = 8192
_SEED = 19795


def beside(weights: Path, images: Path, told: Callable[[str], None]) -> dict[str, Any]:
    """Each micro file on both runtimes, with FACES pictures of persons who are held out."""
    seen = some(images, FACES)
    rng = np.random.default_rng(_SEED)
    shown = {
        "embed": [views.of_crop(one) for one in seen],
        "points": [views.of_box(one, rng) for one in seen],
        "detect": [views.of_somewhere(one, rng) for one in seen],
    }
    files = []
    for file in sorted((weights / "micro").glob("*.tflite")):
        files.append(_beside(file, shown[file.name.split("-")[1]]))
        told(str(files[-1]))
    return {"runtimes": {name: version(name) for name in ("tflite-micro", "ai-edge-litert")}, "files": files}


def crossed(weights: Path, images: Path, told: Callable[[str], None]) -> dict[str, Any]:
    """Enrolment on one runtime and verification on the other, one run a face, with PICTURES pictures of held-out
    persons who have several. The board's numbers come from the reference kernels."""
    everybody = some(images, PICTURES, several=True)
    numbers = {name: at for at, name in enumerate(sorted({one.person for one in everybody}))}
    person = np.array([numbers[one.person] for one in everybody])
    (micro,) = (weights / "micro").glob("face-embed-*.tflite")
    (fast,) = weights.glob("face-embed-*.tflite")
    door, board = Net(fast, OpResolverType.AUTO), Net(micro, OpResolverType.BUILTIN_REF)
    rows: tuple[list[np.ndarray], list[np.ndarray]] = ([], [])
    for at, one in enumerate(everybody):
        crop = views.of_crop(one)
        rows[0].append(door.run(crop)[0][0])
        rows[1].append(board.run(crop)[0][0])
        if at % 100 == 99:
            told(f"{at + 1} of {len(everybody)} pictures")
    found = _crossed(np.array(rows[0], np.float32), np.array(rows[1], np.float32), person)
    return {"pictures": len(everybody), "persons": len(numbers), "rates": found}


def some(images: Path, count: int, several: bool = False) -> list[Seen]:
    """The first `count` usable pictures of held-out persons, who are drawn in an order that depends on their names
    alone. Raises NotEnough."""
    folders = [folder for folder in images.iterdir() if folder.is_dir() and held_out(folder.name)]
    if several:
        folders = [folder for folder in folders if len(list(folder.glob("*.jpg"))) > 1]
    folders.sort(key=lambda folder: hashlib.sha256(folder.name.encode()).digest()[::-1])
    taken, pictures = set(), 0
    for folder in folders:
        if pictures >= count * (1 + SPARE):
            break
        taken.add(folder.name)
        pictures += len(list(folder.glob("*.jpg")))
    found = list(views.seen(images, lambda person: person in taken))
    if len(found) < count:
        raise NotEnough(
            "There are too few faces to measure with.",
            f"{images} has {len(found)} usable pictures of those wanted, expected {count}.",
            "Name a larger collection in OSTIARY_FACES.",
        )
    return found[:count]


class NotEnough(Mistake, ValueError):
    """The collection is too small to say anything."""


class Net:
    """One file on LiteRT, with the kernels that `resolver` names."""

    def __init__(self, file: Path, resolver: OpResolverType) -> None:
        self._net = Interpreter(model_path=str(file), num_threads=1, experimental_op_resolver_type=resolver)
        self._net.allocate_tensors()
        (self._input,) = self._net.get_input_details()
        self._outputs = self._net.get_output_details()

    def numbers(self, values: np.ndarray) -> np.ndarray:
        """`values` float32 as the input's own numbers, with the batch axis."""
        kind = np.dtype(self._input["dtype"])
        if kind.kind == "f":
            return values[None].astype(kind)
        scale, zero = self._input["quantization"]
        bounds = np.iinfo(kind)
        return np.clip(np.rint(values / np.float32(scale)) + zero, bounds.min, bounds.max).astype(kind)[None]

    def run(self, values: np.ndarray) -> list[np.ndarray]:
        """The outputs' numbers, zero points taken off, in the file's order; int32 or float32."""
        self._net.set_tensor(self._input["index"], np.ascontiguousarray(self.numbers(values)))
        self._net.invoke()
        return [
            self._net.get_tensor(detail["index"]).astype(np.int32) - detail["quantization"][1]
            if np.dtype(detail["dtype"]).kind != "f"
            else self._net.get_tensor(detail["index"])
            for detail in self._outputs
        ]

    @property
    def zeros(self) -> list[int]:
        """The outputs' zero points."""
        return [detail["quantization"][1] for detail in self._outputs]


def _beside(file: Path, inputs: list[np.ndarray]) -> dict[str, Any]:
    micro = _micro(file, _ROOMY_KIB)
    fast, reference = Net(file, OpResolverType.AUTO), Net(file, OpResolverType.BUILTIN_REF)
    same, cosines, steps = 0, [], []
    for values in inputs:
        micro.set_input(np.ascontiguousarray(fast.numbers(values)), 0)
        micro.invoke()
        theirs = [micro.get_output(at).astype(np.int32) - zero for at, zero in enumerate(fast.zeros)]
        exact, ours = reference.run(values), fast.run(values)
        same += all((a == b).all() for a, b in zip(theirs, exact, strict=True))
        a, b = (np.concatenate([part.ravel() for part in all_of]).astype(np.float64) for all_of in (theirs, ours))
        cosines.append(float(a @ b / (np.linalg.norm(a) * np.linalg.norm(b))))
        steps.append(float(np.abs(a - b).mean()))
    return {
        "file": f"micro/{file.name}",
        "bytes": file.stat().st_size,
        "arena_kib": _arena_kib(file),
        "faces": len(inputs),
        "same_bytes_as_reference_kernels": same,
        "cosine_to_fast_kernels": round(float(np.mean(cosines)), 5),
        "lowest_cosine": round(min(cosines), 5),
        "mean_difference_in_steps": round(float(np.mean(steps)), 3),
    }


def _micro(file: Path, arena_kib: int) -> Any:
    runtime = import_module("tflite_micro.python.tflite_micro.runtime")
    return runtime.Interpreter.from_file(str(file), arena_size=arena_kib * 1024)


def _arena_kib(file: Path) -> int:
    """The smallest arena, in whole KiB, in which the file can be prepared. Too small a one ends the process on some
    builds, so each is tried in a child."""
    low, high = 1, _ROOMY_KIB
    while high - low > 1:
        middle = (low + high) // 2
        child = os.fork()
        if child == 0:
            try:
                null = os.open(os.devnull, os.O_WRONLY)
                os.dup2(null, 1)
                os.dup2(null, 2)
                _micro(file, middle)
            except BaseException:  # noqa: BLE001 - whatever it was, the arena was too small
                os._exit(1)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        low, high = (low, middle) if status == 0 else (middle, high)
    return high


def _crossed(door: np.ndarray, board: np.ndarray, person: np.ndarray) -> list[dict[str, Any]]:
    """Rates when one runtime enrols and the other verifies, at the threshold that was measured for the fast kernels."""
    home = pairs.pairs(door, door, person)
    rows = []
    for fmr in RATES:
        similarity = pairs.threshold(home, fmr)
        for enrolled, verified, found in (
            ("LiteRT", "LiteRT", home),
            ("TFLM", "TFLM", pairs.pairs(board, board, person)),
            ("one of them", "the other", pairs.pairs(board, door, person)),  # both ways
        ):
            rows.append(
                {
                    "enrolled": enrolled,
                    "verified": verified,
                    "similarity": round(similarity, 4),
                    "fmr": float(f"{(found.high > similarity).sum() / found.impostors:.4g}"),
                    "fnmr": float(f"{(found.genuine <= similarity).mean():.4g}"),
                }
            )
    return rows
