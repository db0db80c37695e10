"""Measures the ranges on a folder of persons, once: `python -m ostiary.models.build calibrate`.

Only persons who are not held out for measuring are looked at. What is kept are a lowest and a highest value for each
channel, over all of them, and the mean of their embeddings.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from ai_edge_litert.interpreter import Interpreter, OpResolverType

from ostiary.models import align, detect, landmarks, picture
from ostiary.models.build import read, sources
from ostiary.models.build.graph import Graph
from ostiary.models.build.lower import lower
from ostiary.models.build.ranges import Measured
from ostiary.models.build.split import held_out
from ostiary.models.pipeline import Face, FacePipeline
from ostiary.models.square import cut

SEED = 19795
PICTURES = 300
# BlazeFace's activations run away where there is no face. A channel's bound is the one that this share of the pictures
# stays within: full range for what hardly ever happens would cost the faces their digits.
BLAZEFACE_SHARE = 0.7


class NoFaces(OSError):
    """The folder of pictures was not named, or has too few usable ones."""


def calibrate(images: Path, cache: Path) -> list[Path]:
    """Looks at `images` (one folder a person) and writes the ranges of each network. Raises NoFaces, NoSource."""
    seen = list(_faces(images))
    if len(seen) < PICTURES:
        raise NoFaces(
            f"{images} has {len(seen)} usable pictures of persons who are not held out, and {PICTURES} are needed."
        )
    rng = np.random.default_rng(SEED)
    chosen = [seen[at] for at in sorted(rng.choice(len(seen), PICTURES, replace=False))]
    persons = len({person for person, _, _ in chosen})
    crops = [_normal(align.crop(rgb, face.points), 128) for _, rgb, face in chosen]
    squares = [_normal(cut(rgb, *_somewhere(rgb, rng), detect.SIDE_PX), 127.5) for _, rgb, _ in chosen]
    closer = [
        _normal(cut(rgb, *_near(face, rng), landmarks.SIDE_PX), 128).transpose(1, 0, 2) for _, rgb, face in chosen
    ]
    written = []
    for source, network, inputs, share in (
        (sources.MOBILEFACENET, "mobilefacenet", crops, 1.0),
        (sources.ONET, "onet", closer, 1.0),
        (sources.BLAZEFACE, "blazeface", squares, BLAZEFACE_SHARE),
    ):
        graph = read.read(sources.fetch(source, cache), source.outputs)
        probe = _Probe(graph)
        lows, highs = zip(*(probe.extremes(values) for values in inputs), strict=True)
        bounds = {
            name: (
                np.minimum(np.quantile([low[name] for low in lows], 1 - share, axis=0), 0),
                np.maximum(np.quantile([high[name] for high in highs], share, axis=0), 0),
            )
            for name in lows[0]
        }
        centre = _centre(probe, seen) if network == "mobilefacenet" else None
        written.append(Measured(network, PICTURES, persons, bounds, centre).write())
    return written


class _Probe:
    """The float network with every activation left to read."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._net = Interpreter(
            model_content=lower(graph, "float32").pack(),
            experimental_preserve_all_tensors=True,
            experimental_op_resolver_type=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
        )
        self._net.allocate_tensors()
        self._number = {detail["name"]: detail["index"] for detail in self._net.get_tensor_details()}

    def run(self, values: np.ndarray) -> dict[str, np.ndarray]:
        self._net.set_tensor(self._net.get_input_details()[0]["index"], np.ascontiguousarray(values[None]))
        self._net.invoke()
        return {layer.output: self._net.get_tensor(self._number[layer.output]) for layer in self._graph.layers}

    def extremes(self, values: np.ndarray) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
        flat = {name: value.reshape(-1, value.shape[-1]) for name, value in self.run(values).items()}
        return {name: value.min(0) for name, value in flat.items()}, {
            name: value.max(0) for name, value in flat.items()
        }


def _faces(images: Path) -> Iterator[tuple[str, np.ndarray, Face]]:
    """Person, picture and its one usable face, of everybody who is not held out."""
    pipeline = FacePipeline.load()
    for file in sorted(images.glob("*/*.jpg")):
        if held_out(file.parent.name):
            continue
        rgb = picture.decode(file.read_bytes())
        look = pipeline.look(rgb, embed="none")
        if look.nearest is not None:
            yield file.parent.name, rgb, look.nearest


def _normal(pixels: np.ndarray, scale: float) -> np.ndarray:
    return (pixels.astype(np.float32) - np.float32(127.5)) / np.float32(scale)


def _somewhere(rgb: np.ndarray, rng: np.random.Generator) -> tuple[float, float, float]:
    """A square about the picture in which faces of many sizes stand at many places, some of them cut."""
    height, width = rgb.shape[:2]
    off = rng.uniform(-0.25, 0.25, 2)
    side = rng.uniform(0.6, 2.4) * max(height, width)
    return width * (0.5 + off[0]), height * (0.5 + off[1]), side


def _near(face: Face, rng: np.random.Generator) -> tuple[float, float, float]:
    """A square about a face as the detector would propose it: a little off, a little too large or small."""
    left, top, right, bottom = face.box
    side = max(right - left, bottom - top)
    off = rng.uniform(-0.1, 0.1, 2) * side
    return (left + right) / 2 + off[0], (top + bottom) / 2 + off[1], side * rng.uniform(0.85, 1.35)


def _centre(probe: _Probe, seen: list[tuple[str, np.ndarray, Face]]) -> np.ndarray:
    """The mean embedding, each person counted once, each picture with its mirror image."""
    persons: dict[str, list[np.ndarray]] = {}
    for person, rgb, face in seen:
        crop = align.crop(rgb, face.points)
        for view in (crop, crop[:, ::-1]):
            embedding = list(probe.run(_normal(view, 128)).values())[-1][0]
            persons.setdefault(person, []).append(embedding.astype(np.float64))
    return np.mean([np.mean(views, axis=0) for views in persons.values()], axis=0)
