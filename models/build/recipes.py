"""One recipe a file: from which network, by which rewrites, in which numbers. Read this to know what is shipped."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ostiary.models.build import ranges, read, rewrite, sources
from ostiary.models.build.equalize import equalize
from ostiary.models.build.graph import Graph
from ostiary.models.build.lower import Number, PreluForm, lower
from ostiary.models.build.ranges import Measured

# A pixel p enters a network as (p - mean) / scale, so its input's bounds are known.
BYTES_128 = (-127.5 / 128, 127.5 / 128)
BYTES_127 = (-1.0, 1.0)


@dataclass(frozen=True, slots=True)
class Recipe:
    """`file` below models/weights/; `make` takes the network's file and what was measured of it."""

    file: str
    source: sources.Source
    network: str
    make: Callable[[Path, Measured], bytes]


def mobilefacenet(file: Path, measured: Measured) -> Graph:
    """The embedder as a float graph, rewritten and centred: the same angles between faces of a mean of nought."""
    graph = read.read(file, sources.MOBILEFACENET.outputs)
    bounds = measured.bounds
    rewrite.join_linear(graph)
    rewrite.fold_slopes(graph, bounds)
    assert measured.centre is not None  # noqa: S101 - calibrate writes one for this network
    rewrite.centre_output(graph, "embedding", measured.centre, bounds)
    equalize(graph, bounds)
    return graph


def onet(file: Path, measured: Measured) -> Graph:
    """The points network as a float graph, rewritten."""
    graph = read.read(file, sources.ONET.outputs)
    rewrite.fold_slopes(graph, measured.bounds)
    equalize(graph, measured.bounds)
    return graph


def blazeface(file: Path, measured: Measured) -> Graph:
    """The detector as a float graph, rewritten.

    Where there is no face its outputs run away: scores to -30,000, boxes to 12,000. Nobody reads them there, so the
    outputs are bounded to what a face gives, and saturate. Equalized by half: the residual stream grows tenfold from
    the first layer to the last, and one factor a channel has to serve all of it.
    """
    graph = read.read(file, sources.BLAZEFACE.outputs)
    equalize(graph, measured.bounds, strength=0.7, streams=0.5)
    for name, (low, high) in {"scores": (-6.0, 6.0), "regressions": (-30.0, 105.0)}.items():
        channels = graph.shapes[graph.outputs[name]][-1]
        measured.bounds[graph.outputs[name]] = np.full(channels, low), np.full(channels, high)
    return graph


def _quantized(
    graph: Callable[[Path, Measured], Graph], number: Number, pixels: tuple[float, float], prelu: PreluForm = "prelu"
) -> Callable[[Path, Measured], bytes]:
    def make(file: Path, measured: Measured) -> bytes:
        made = graph(file, measured)
        return lower(made, number, measured.bounds, pixels, prelu).pack()

    return make


def _as_published(file: Path, measured: Measured) -> bytes:
    return file.read_bytes()


RECIPES = (
    # For door nodes with an operating system: PReLU as the larger of two, which XNNPACK runs in one piece.
    Recipe(
        "face-embed-mobilefacenet-192-int8.tflite", sources.MOBILEFACENET, "mobilefacenet",
        _quantized(mobilefacenet, "int8", BYTES_128, "maximum"),
    ),
    Recipe(
        "face-points-onet-48-int8.tflite", sources.ONET, "onet", _quantized(onet, "int8", BYTES_128, "maximum")
    ),
    Recipe("face-detect-blazeface-short-128-f32.tflite", sources.BLAZEFACE, "blazeface", _as_published),
    # For microcontrollers: PReLU as its own operator, which takes the least memory, and no float anywhere.
    Recipe(
        "micro/face-embed-mobilefacenet-192-int8.tflite", sources.MOBILEFACENET, "mobilefacenet",
        _quantized(mobilefacenet, "int8", BYTES_128),
    ),
    Recipe("micro/face-points-onet-48-int8.tflite", sources.ONET, "onet", _quantized(onet, "int8", BYTES_128)),
    Recipe(
        "micro/face-detect-blazeface-short-128-int8.tflite", sources.BLAZEFACE, "blazeface",
        _quantized(blazeface, "int8", BYTES_127),
    ),
    Recipe(
        "micro/face-detect-blazeface-short-128-int16x8.tflite", sources.BLAZEFACE, "blazeface",
        _quantized(blazeface, "int16", BYTES_127),
    ),
)  # fmt: skip


def make(recipe: Recipe, cache: Path) -> bytes:
    """The file's bytes. Raises NoSource."""
    return recipe.make(sources.fetch(recipe.source, cache), ranges.load(recipe.network))
