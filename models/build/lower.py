"""From a graph to a file: as float, in int8, or with int8 weights and int16 activations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from ostiary.models.build.graph import Graph, Layer
from ostiary.models.build.ranges import Ranges
from ostiary.models.build.tflite import Operator, Program, Tensor

Number = Literal["float32", "int8", "int16"]
PreluForm = Literal["prelu", "maximum"]
# Same scale in and out: the kernels copy, compare or move numbers, they do not rescale.
_KEEPS_SCALE = ("max_pool", "pad", "reshape", "concat")


def lower(
    graph: Graph,
    number: Number,
    ranges: Ranges | None = None,
    input_range: tuple[float, float] = (0.0, 0.0),
    prelu: PreluForm = "prelu",
) -> Program:
    """The program for `graph`. Quantized kinds need `ranges` (by activation) and the input's.

    `prelu` says how a PReLU is written: as the operator itself, or as the larger of z and slope * z, which needs slopes
    of at most 1, rounds once and runs in one piece on XNNPACK.
    """
    return _Lowering(graph, number, ranges, input_range, prelu).program()


@dataclass(frozen=True, slots=True)
class _Scale:
    """A value is (number - zero) * scale. `scale` is a float32 exactly."""

    scale: float
    zero: int


class _Lowering:
    def __init__(
        self,
        graph: Graph,
        number: Number,
        ranges: Ranges | None,
        input_range: tuple[float, float],
        prelu: PreluForm,
    ) -> None:
        self._graph, self._number, self._prelu_form = graph, number, prelu
        self._tensors: dict[str, Tensor] = {}
        self._operators: list[Operator] = []
        self._scales: dict[str, _Scale] = {}
        if number != "float32":
            if ranges is None:
                raise ValueError("a quantized file needs ranges")
            self._scales = _scales(graph, number, ranges, input_range, prelu)

    def program(self) -> Program:
        self._activation(self._graph.input, self._graph.shapes[self._graph.input])
        for layer in self._graph.layers:
            self._activation(layer.output, self._graph.shapes[layer.output])
            self._lower(layer)
        outputs = tuple(self._graph.outputs.values())
        return Program(self._tensors, self._operators, self._graph.input, outputs, self._number)

    def _activation(self, name: str, shape: tuple[int, ...], scale: _Scale | None = None) -> str:
        tensor = Tensor(shape, self._number)
        if self._number != "float32":
            scale = self._scales.setdefault(name, scale) if scale else self._scales[name]
            tensor.scales, tensor.zero = np.array([scale.scale], np.float32), scale.zero
        self._tensors[name] = tensor
        return name

    def _constant(self, name: str, data: np.ndarray, dtype: str) -> str:
        self._tensors[name] = Tensor(data.shape, dtype, data)
        return name

    def _add(self, code: str, inputs: tuple[str, ...], output: str, **options: Any) -> None:
        self._operators.append(Operator(code, inputs, output, options))

    def _lower(self, layer: Layer) -> None:
        name, act = layer.output, layer.activation
        pad = {"padding": 0 if layer.same else 1, "strideH": layer.stride, "strideW": layer.stride}
        match layer.kind:
            case "conv":
                inputs = (*layer.inputs, *self._weights(layer, 0))
                dilation = {"dilationHFactor": 1, "dilationWFactor": 1}
                self._add("CONV_2D", inputs, name, fusedActivationFunction=act, **pad, **dilation)
            case "depthwise":
                more = {"depthMultiplier": 1, "dilationHFactor": 1, "dilationWFactor": 1}
                inputs = (*layer.inputs, *self._weights(layer, 3))
                self._add("DEPTHWISE_CONV_2D", inputs, name, fusedActivationFunction=act, **pad, **more)
            case "dense":
                inputs = (*layer.inputs, *self._weights(layer, 0))
                self._add("FULLY_CONNECTED", inputs, name, fusedActivationFunction=act)
            case "add":
                self._add("ADD", layer.inputs, name, fusedActivationFunction=act)
            case "max_pool":
                window = {"filterHeight": layer.window, "filterWidth": layer.window}
                self._add("MAX_POOL_2D", layer.inputs, name, fusedActivationFunction="", **pad, **window)
            case "pad":
                more_channels = self._graph.shapes[name][-1] - self._graph.shapes[layer.inputs[0]][-1]
                sides = np.array([[0, 0], [0, 0], [0, 0], [0, more_channels]], np.int32)
                self._add("PAD", (*layer.inputs, self._constant(f"{name}/sides", sides, "int32")), name)
            case "reshape":
                shape = np.array(self._graph.shapes[name], np.int32)
                self._add("RESHAPE", (*layer.inputs, self._constant(f"{name}/shape", shape, "int32")), name)
            case "concat":
                self._add("CONCATENATION", layer.inputs, name, axis=layer.axis, fusedActivationFunction="")
            case "softmax":
                self._add("SOFTMAX", layer.inputs, name, beta=1.0)
            case "prelu":
                self._prelu(layer)
            case _:
                raise ValueError(f"{layer.kind} cannot be written")

    def _weights(self, layer: Layer, axis: int) -> tuple[str, str]:
        assert layer.weights is not None  # noqa: S101
        assert layer.bias is not None  # noqa: S101
        weights, bias = f"{layer.output}/weights", f"{layer.output}/bias"
        if self._number == "float32":
            self._constant(weights, layer.weights.astype(np.float32), "float32")
            return weights, self._constant(bias, layer.bias.astype(np.float32), "float32")
        scales = weight_scales(layer.weights, axis)
        shape = [1] * layer.weights.ndim
        shape[axis] = -1
        numbers = np.clip(np.rint(layer.weights / scales.astype(np.float64).reshape(shape)), -127, 127)
        self._tensors[weights] = Tensor(layer.weights.shape, "int8", numbers, scales, axis=axis)
        source = self._scales[layer.inputs[0]].scale
        step = scales.astype(np.float64) * source
        kind = "int32" if self._number == "int8" else "int64"
        bounds = np.iinfo(np.int32)  # int64 biases are saturated by no kernel, and none of ours comes near
        self._tensors[bias] = Tensor(
            layer.bias.shape, kind, np.clip(np.rint(layer.bias / step), bounds.min, bounds.max), step.astype(np.float32)
        )
        return weights, bias

    def _prelu(self, layer: Layer) -> None:
        assert layer.weights is not None  # noqa: S101
        (z,), name, shape = layer.inputs, layer.output, self._graph.shapes[layer.output]
        slopes = layer.weights
        if self._prelu_form == "prelu":
            self._add("PRELU", (z, self._factors(f"{name}/slopes", slopes, len(shape))), name)
            return
        scaled = self._activation(f"{name}/scaled", shape, self._scales.get(z))
        self._add("MUL", (z, self._factors(f"{name}/slopes", slopes, len(shape))), scaled, fusedActivationFunction="")
        self._add("MAXIMUM", (z, scaled), name)

    def _factors(self, name: str, values: np.ndarray, rank: int) -> str:
        """A constant with one value a channel. It broadcasts; PRELU wants the batch axis left out."""
        values = values.reshape((1,) * (rank - 2) + (-1,))
        if self._number == "float32":
            return self._constant(name, values.astype(np.float32), "float32")
        scale = _float32(np.abs(values).max() / 127)
        numbers = np.clip(np.rint(values / scale), -127, 127)
        self._tensors[name] = Tensor(values.shape, "int8", numbers, np.array([scale], np.float32))
        return name


def weight_scales(weights: np.ndarray, axis: int) -> np.ndarray:
    """float32, one a channel along `axis`: the largest weight becomes 127."""
    largest = np.abs(weights).max(tuple(at for at in range(weights.ndim) if at != axis))
    return np.maximum(largest / 127, 1e-12).astype(np.float32)


def _float32(value: float) -> float:
    return float(np.float32(value))


def _scales(
    graph: Graph, number: Number, ranges: Ranges, input_range: tuple[float, float], prelu: PreluForm
) -> dict[str, _Scale]:
    wanted = {name: (float(low.min()), float(high.max())) for name, (low, high) in ranges.items()}
    wanted[graph.input] = input_range
    for layer in graph.layers:
        name = layer.output
        if layer.kind == "softmax":
            wanted[name] = (0.0, 255 / 256)
    scales = {name: _scale(*bounds, number) for name, bounds in wanted.items()}
    for layer in graph.layers:  # in order, so that a chain of them ends up with the first one's
        if layer.kind in _KEEPS_SCALE or (layer.kind == "prelu" and prelu == "maximum"):
            if layer.kind == "concat":
                for name in layer.inputs:
                    _set_behind(graph, scales, name, scales[layer.output])
            scales[layer.output] = scales[layer.inputs[0]]
    return scales


def _set_behind(graph: Graph, scales: dict[str, _Scale], name: str, scale: _Scale) -> None:
    """Gives an activation a scale, and those before it that only hand it on."""
    scales[name] = scale
    maker = graph.maker(name)
    if maker.kind in _KEEPS_SCALE:
        for before in maker.inputs:
            _set_behind(graph, scales, before, scale)


def _scale(low: float, high: float, number: Number) -> _Scale:
    """Nought is always a number of its own (paddings need it)."""
    low, high = min(low, 0.0), max(high, 0.0)
    if number == "int16":
        return _Scale(_float32(max(-low, high, 1e-9) / 32767), 0)
    scale = _float32(max(high - low, 1e-9) / 255)
    return _Scale(scale, int(np.clip(np.rint(-128 - low / scale), -128, 127)))
