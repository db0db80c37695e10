"""Measures the ranges on a folder of persons, once: `python -m ostiary.models.build calibrate`.

Only persons who are not held out for measuring are looked at. What is kept are a lowest and a highest value for each
channel, over all of them, and the mean of their embeddings.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from ai_edge_litert.interpreter import Interpreter, OpResolverType

from ostiary.models.build import read, sources, views
from ostiary.models.build.graph import Graph
from ostiary.models.build.lower import lower
from ostiary.models.build.ranges import Measured
from ostiary.models.build.split import held_out
from ostiary.models.build.views import Seen

SEED = 19795
PICTURES = 300
# BlazeFace's activations run away where there is no face. A channel's bound is the one that this share of the pictures
# stays within: full range for what hardly ever happens would cost the faces their digits.
BLAZEFACE_SHARE = 0.7


class NoFaces(OSError):
    """The folder of pictures was not named, or has too few usable ones."""


def calibrate(images: Path, cache: Path) -> list[Path]:
    """Looks at `images` (one folder a person) and writes the ranges of each network. Raises NoFaces, NoSource."""
    everybody = list(views.seen(images, lambda person: not held_out(person)))
    if len(everybody) < PICTURES:
        raise NoFaces(
            f"{images} has {len(everybody)} usable pictures of persons who are not held out, and {PICTURES} are needed."
        )
    rng = np.random.default_rng(SEED)
    chosen = [everybody[at] for at in sorted(rng.choice(len(everybody), PICTURES, replace=False))]
    persons = len({one.person for one in chosen})
    crops = [views.of_crop(one) for one in chosen]
    squares = [views.of_somewhere(one, rng) for one in chosen]
    closer = [views.of_box(one, rng) for one in chosen]
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
        centre = _centre(probe, everybody) if network == "mobilefacenet" else None
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


def _centre(probe: _Probe, everybody: list[Seen]) -> np.ndarray:
    """The mean embedding, each person counted once, each picture with its mirror image."""
    persons: dict[str, list[np.ndarray]] = {}
    for one in everybody:
        crop = views.of_crop(one)
        for view in (crop, crop[:, ::-1]):
            embedding = list(probe.run(view).values())[-1][0]
            persons.setdefault(one.person, []).append(embedding.astype(np.float64))
    return np.mean([np.mean(seen, axis=0) for seen in persons.values()], axis=0)
