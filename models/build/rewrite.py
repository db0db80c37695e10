"""Rewrites that leave a float network's outputs as they are, and make it easier to quantize."""

from __future__ import annotations

import numpy as np

from ostiary.models.build.graph import Graph, scale_inputs, scale_outputs
from ostiary.models.build.ranges import Ranges


def fold_slopes(graph: Graph, ranges: Ranges) -> None:
    """Brings every PReLU slope into [-1, 1].

    prelu(z, a) = -a * prelu(-z, 1/a) holds for every a other than 0: where |a| > 1 the layer before is turned round and
    the layer behind takes the factor. Quantized per tensor, a slope of 9 would leave one of 0.1 no digits.
    """
    for layer in [layer for layer in graph.layers if layer.kind == "prelu"]:
        assert layer.weights is not None  # noqa: S101
        before, behind = graph.maker(layer.inputs[0]), graph.only_user(layer.output)
        steep = np.abs(layer.weights) > 1
        if not steep.any():
            continue
        if behind is None or graph.only_user(before.output) is not layer:
            raise ValueError(f"{layer.output}: slopes can only be folded into one layer before and one behind")
        slopes = np.where(steep, layer.weights, 1.0)
        scale_outputs(before, np.where(steep, -1.0, 1.0))
        low, high = ranges[before.output]
        ranges[before.output] = np.where(steep, -high, low), np.where(steep, -low, high)
        layer.weights = np.where(steep, 1 / slopes, layer.weights)
        factor = np.where(steep, -slopes, 1.0)
        scale_inputs(behind, factor)
        _scale_range(ranges, layer.output, 1 / factor)


def join_linear(graph: Graph) -> None:
    """A 1 x 1 convolution that alone reads another layer without an activation between them becomes one with it: fewer
    steps, and one rounding less."""
    for second in list(graph.layers):
        if second.kind != "conv" or second.weights is None or second.weights.shape[1:3] != (1, 1):
            continue
        if second.stride != 1 or second.inputs[0] == graph.input:
            continue
        first = graph.maker(second.inputs[0])
        if (
            first.kind != "conv"
            or first.weights is None
            or first.activation
            or graph.only_user(first.output) is not second
        ):
            continue
        mix = second.weights[:, 0, 0, :]
        if mix.shape[0] * first.weights[0].size > first.weights.size + second.weights.size:
            continue  # joined they would be larger than apart
        second.bias = second.bias + mix @ first.bias
        second.weights = np.tensordot(mix, first.weights, 1)
        second.inputs, second.stride, second.same = first.inputs, first.stride, first.same
        graph.drop([first])


def centre_output(graph: Graph, name: str, centre: np.ndarray, ranges: Ranges) -> None:
    """Takes `centre` off the output `name`, in the bias of the last weighted layer. Faces share a direction that says
    nothing about a person; without it the angle between two of them tells more."""
    tensor = graph.outputs[name]
    while True:
        low, high = ranges[tensor]
        ranges[tensor] = low - centre, high - centre
        layer = graph.maker(tensor)
        if layer.bias is not None:
            layer.bias = layer.bias - centre
            return
        if layer.kind != "reshape":
            raise ValueError(f"{name}: a centre cannot be taken off behind {layer.kind}")
        (tensor,) = layer.inputs


def _scale_range(ranges: Ranges, activation: str, factor: np.ndarray) -> None:
    low, high = (bound * factor for bound in ranges[activation])
    ranges[activation] = np.minimum(low, high), np.maximum(low, high)
