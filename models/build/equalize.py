"""Lets the channels of an activation reach equally far, so that one scale for all of them wastes no digits.

A positive factor passes through PReLU, RELU, pooling and padding, so it may be put into the layer before and taken out
of the layer behind without changing the outputs (Nagel et al., ICCV 2019, section 4.1, on activations).
"""

from __future__ import annotations

import numpy as np

from ostiary.models.build.graph import Graph, scale_inputs, scale_outputs
from ostiary.models.build.ranges import Ranges

_WEIGHTED = ("conv", "depthwise", "dense")
_LIMIT = 64.0  # no channel is stretched by more: what hardly ever moves holds noise


def equalize(graph: Graph, ranges: Ranges, strength: float = 1.0, streams: float = 1.0, limit: float = _LIMIT) -> None:
    """Equalizes every group of activations that must share one factor a channel.

    `strength` in 0..1 is the exponent for groups of one producer, `streams` for those tied together by additions: at 1
    all channels reach equally far afterwards.
    """
    for group in _groups(graph):
        makers = [graph.maker(name) for name in group]
        users = [user for name in group for user in graph.users(name)]
        if graph.input in group or set(graph.outputs.values()) & set(group):
            continue
        inside = [layer for layer in makers if layer.kind not in _WEIGHTED]
        outside = [user for user in users if user.output not in group]
        if any(user.kind not in _WEIGHTED for user in outside):
            continue
        channels = max(graph.shapes[name][-1] for name in group)
        reach = np.zeros(channels)
        for name in group:
            low, high = ranges[name]
            reach[: low.size] = np.maximum(reach[: low.size], np.maximum(-low, high))
        exponent = streams if any(layer.kind == "add" for layer in inside) else strength
        factor = (reach.max() / np.maximum(reach, reach.max() / limit)) ** exponent
        for layer in makers:
            if layer.kind in _WEIGHTED:
                scale_outputs(layer, factor[: graph.shapes[layer.output][-1]])
        for user in {id(user): user for user in outside}.values():
            scale_inputs(user, 1 / factor[: graph.shapes[user.inputs[0]][-1]])
        for name in group:
            low, high = ranges[name]
            ranges[name] = low * factor[: low.size], high * factor[: high.size]


def _groups(graph: Graph) -> list[list[str]]:
    """Activations tied together by layers that hand a factor on."""
    parent: dict[str, str] = {}

    def root(name: str) -> str:
        while parent.setdefault(name, name) != name:
            name = parent[name]
        return name

    for layer in graph.layers:
        root(layer.output)
        if layer.kind not in (*_WEIGHTED, "softmax"):
            for name in layer.inputs:
                parent[root(name)] = root(layer.output)
    groups: dict[str, list[str]] = {}
    for layer in graph.layers:
        groups.setdefault(root(layer.output), []).append(layer.output)
    return list(groups.values())
