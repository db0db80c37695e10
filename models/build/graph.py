"""A float network as a list of layers, small enough to be rewritten by hand and exact enough to be written back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

Kind = Literal["conv", "depthwise", "dense", "prelu", "add", "max_pool", "pad", "reshape", "concat", "softmax"]
Activation = Literal["", "relu", "relu6"]


@dataclass(slots=True, eq=False)
class Layer:
    """One operator. `inputs` and `output` name activations.

    `weights` float64: conv (out, height, width, in), depthwise (1, height, width, channels), dense (out, in), prelu
    (channels,): slopes. `bias` float64 (out,). `window` is the side of a pool, `axis` that of a concat.
    A pad adds channels behind.
    """

    kind: Kind
    inputs: tuple[str, ...]
    output: str
    weights: np.ndarray | None = None
    bias: np.ndarray | None = None
    stride: int = 1
    same: bool = False
    window: int = 0
    axis: int = 0
    activation: Activation = ""


@dataclass(slots=True, eq=False)
class Graph:
    """`shapes` gives every activation's shape with a batch of one; `outputs` maps our names to activations."""

    input: str
    outputs: dict[str, str]
    layers: list[Layer]
    shapes: dict[str, tuple[int, ...]] = field(default_factory=dict)

    def maker(self, activation: str) -> Layer:
        """The layer whose output that is. Raises KeyError for the input, or an unknown name."""
        for layer in self.layers:
            if layer.output == activation:
                return layer
        raise KeyError(activation)

    def users(self, activation: str) -> list[Layer]:
        """The layers that read it, in order."""
        return [layer for layer in self.layers if activation in layer.inputs]

    def only_user(self, activation: str) -> Layer | None:
        """The one layer that reads it and nothing else does, the graph's outputs included; or None."""
        users = self.users(activation)
        return users[0] if len(users) == 1 and activation not in self.outputs.values() else None

    def rename(self, old: str, new: str) -> None:
        """Whoever read `old` reads `new`."""
        for layer in self.layers:
            layer.inputs = tuple(new if name == old else name for name in layer.inputs)
        self.outputs = {ours: new if name == old else name for ours, name in self.outputs.items()}

    def drop(self, layers: Iterable[Layer]) -> None:
        """Takes layers out; nobody may read their outputs any more."""
        gone = set(map(id, layers))
        self.layers = [layer for layer in self.layers if id(layer) not in gone]


def scale_outputs(layer: Layer, factor: np.ndarray) -> None:
    """Multiplies what `layer` (conv, depthwise or dense) puts out by a factor for each channel."""
    assert layer.weights is not None  # noqa: S101 - the three kinds have both
    assert layer.bias is not None  # noqa: S101
    shape = (1, 1, 1, -1) if layer.kind == "depthwise" else (-1,) + (1,) * (layer.weights.ndim - 1)
    layer.weights = layer.weights * factor.reshape(shape)
    layer.bias = layer.bias * factor


def scale_inputs(layer: Layer, factor: np.ndarray) -> None:
    """Makes `layer` read its input as if it had been multiplied by `factor`; its bias stays."""
    assert layer.weights is not None  # noqa: S101
    weights = layer.weights
    if layer.kind == "dense" and factor.size != weights.shape[1]:  # behind a flattened picture: channels come last
        factor = np.tile(factor, weights.shape[1] // factor.size)
    layer.weights = weights * factor
