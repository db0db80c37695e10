"""Reads a float TFLite file into a graph, and puts back together what its converter took apart (PReLU, softmax)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from ostiary.models.build.graph import Activation, Graph, Layer

_ACTIVATIONS: dict[int, Activation] = {0: "", 1: "relu", 3: "relu6"}
_NAMES = {number: name for name, number in vars(schema.BuiltinOperator).items() if isinstance(number, int)}
_TYPES = {0: np.float32, 1: np.float16, 2: np.int32}


class UnknownGraph(ValueError):
    """The file holds an operator or a pattern that this reader was not written for."""


def read(file: Path, outputs: tuple[str, ...]) -> Graph:
    """The graph in `file`, with a batch of one; `outputs` are our names for its outputs, in the file's order."""
    model: Any = schema.ModelT.InitFromPackedBuf(file.read_bytes(), 0)
    (subgraph,) = model.subgraphs
    return _Reader(model, subgraph).graph(outputs)


class _Reader:
    def __init__(self, model: Any, subgraph: Any) -> None:
        self._subgraph = subgraph
        self._buffers = model.buffers
        codes = [_NAMES[max(code.builtinCode, code.deprecatedBuiltinCode)] for code in model.operatorCodes]
        self._operators = [(codes[op.opcodeIndex], op) for op in subgraph.operators]
        self._constants: dict[int, np.ndarray] = {}
        # Weights kept as float16 pass through an operator of their own.
        for name, op in self._operators:
            if name == "DEQUANTIZE":
                self._constants[int(op.outputs[0])] = self._constant(op.inputs[0])
        self._operators = [(name, op) for name, op in self._operators if name != "DEQUANTIZE"]
        self._makers = {int(op.outputs[0]): (name, op) for name, op in self._operators}

    def graph(self, outputs: tuple[str, ...]) -> Graph:
        (entry,) = self._subgraph.inputs
        wanted = [int(tensor) for tensor in self._subgraph.outputs]
        graph = Graph(_name(entry), dict(zip(outputs, map(_name, wanted), strict=True)), [])
        needed = self._needed(wanted)
        for name, op in self._operators:
            output = int(op.outputs[0])
            if output in needed:
                graph.layers.append(self._layer(name, op, output))
        for tensor in (int(entry), *needed):
            shape = self._subgraph.tensors[tensor].shape
            graph.shapes[_name(tensor)] = (1, *(int(side) for side in shape[1:]))
        _fuse_activations(graph)
        return graph

    def _needed(self, wanted: list[int]) -> set[int]:
        """Activations that the outputs depend on, the inside of a recognised pattern left out."""
        needed, left = set(), list(wanted)
        while left:
            tensor = left.pop()
            if tensor in needed or tensor not in self._makers:
                continue
            needed.add(tensor)
            pattern = self._prelu(tensor) or self._softmax(tensor)
            left += [pattern[0]] if pattern else [int(one) for one in self._makers[tensor][1].inputs if one >= 0]
        return needed

    def _layer(self, name: str, op: Any, output: int) -> Layer:
        if (found := self._prelu(output)) is not None:
            return Layer("prelu", (_name(found[0]),), _name(output), weights=found[1])
        if (found := self._softmax(output)) is not None:
            return Layer("softmax", (_name(found[0]),), _name(output))
        options = op.builtinOptions
        first = (_name(op.inputs[0]),)
        match name:
            case "CONV_2D" | "DEPTHWISE_CONV_2D" | "FULLY_CONNECTED":
                weights = self._constant(op.inputs[1]).astype(np.float64)
                channels = weights.shape[-1] if name == "DEPTHWISE_CONV_2D" else weights.shape[0]
                has_bias = len(op.inputs) > 2 and op.inputs[2] >= 0
                bias = self._constant(op.inputs[2]).astype(np.float64) if has_bias else np.zeros(channels)
                layer = Layer("dense", first, _name(output), weights, bias)
                layer.activation = _ACTIVATIONS[options.fusedActivationFunction]
                if name != "FULLY_CONNECTED":
                    layer.kind = "conv" if name == "CONV_2D" else "depthwise"
                    layer.stride, layer.same = int(options.strideH), options.padding == 0
                return layer
            case "ADD":
                inputs = tuple(_name(tensor) for tensor in op.inputs)
                return Layer("add", inputs, _name(output), activation=_ACTIVATIONS[options.fusedActivationFunction])
            case "MAX_POOL_2D":
                return Layer(
                    "max_pool", first, _name(output), stride=int(options.strideH), same=options.padding == 0,
                    window=int(options.filterHeight),
                )  # fmt: skip
            case "PAD":
                sides = self._constant(op.inputs[1])
                if sides[:3].any() or sides[3, 0]:
                    raise UnknownGraph(f"PAD {sides.tolist()}: only channels behind are added")
                return Layer("pad", first, _name(output))
            case "RESHAPE":
                return Layer("reshape", first, _name(output))
            case "CONCATENATION":
                return Layer("concat", tuple(_name(tensor) for tensor in op.inputs), _name(output), axis=options.axis)
            case "RELU":
                return Layer("add", first, _name(output), activation="relu")
        raise UnknownGraph(f"the operator {name} is not known")

    def _prelu(self, tensor: int) -> tuple[int, np.ndarray] | None:
        """relu(x) + slope * -relu(-x), or relu(x) + half the slope * (x - |x|): (x, slopes)."""
        name, op = self._makers[tensor]
        if name != "ADD":
            return None
        for one, other in (op.inputs, tuple(op.inputs)[::-1]):
            positive, factor = self._made(one, "RELU"), self._made(other, "MUL")
            if positive is None or factor is None:
                continue
            x = int(positive.inputs[0])
            for constant, rest in (factor.inputs, tuple(factor.inputs)[::-1]):
                if not self._has_constant(constant):
                    continue
                slopes = self._constant(constant).astype(np.float64).reshape(-1)
                if (minus := self._made(rest, "SUB")) is not None and int(minus.inputs[0]) == x:
                    size = self._made(minus.inputs[1], "ABS")
                    if size is not None and int(size.inputs[0]) == x:
                        return x, 2 * slopes
                if (
                    (minus := self._made(rest, "NEG")) is not None
                    and (cut := self._made(minus.inputs[0], "RELU")) is not None
                    and (turned := self._made(cut.inputs[0], "NEG")) is not None
                    and int(turned.inputs[0]) == x
                ):
                    return x, slopes
        return None

    def _softmax(self, tensor: int) -> tuple[int] | None:
        """exp(x - max(x)) / sum(exp(x - max(x))): (x,)."""
        name, op = self._makers[tensor]
        if name != "DIV":
            return None
        power, total = self._made(op.inputs[0], "EXP"), self._made(op.inputs[1], "SUM")
        if power is None or total is None or int(total.inputs[0]) != int(op.inputs[0]):
            return None
        shifted = self._made(power.inputs[0], "SUB")
        if shifted is None or self._made(shifted.inputs[1], "REDUCE_MAX") is None:
            return None
        return (int(shifted.inputs[0]),)

    def _made(self, tensor: int, by: str) -> Any | None:
        name, op = self._makers.get(int(tensor), ("", None))
        return op if name == by else None

    def _has_constant(self, tensor: int) -> bool:
        data = self._buffers[self._subgraph.tensors[tensor].buffer].data
        return int(tensor) in self._constants or (data is not None and len(data) > 0)

    def _constant(self, tensor: int) -> np.ndarray:
        if int(tensor) in self._constants:
            return self._constants[int(tensor)]
        held = self._subgraph.tensors[tensor]
        values = np.frombuffer(bytes(self._buffers[held.buffer].data), _TYPES[held.type])
        return values.reshape([int(side) for side in held.shape])


def _name(tensor: int) -> str:
    return f"t{int(tensor)}"


def _fuse_activations(graph: Graph) -> None:
    """A RELU that alone reads an add or a convolution becomes that layer's own activation."""
    for relu in [layer for layer in graph.layers if layer.kind == "add" and len(layer.inputs) == 1]:
        made = graph.maker(relu.inputs[0])
        if made.activation or made.kind not in ("add", "conv", "depthwise", "dense"):
            raise UnknownGraph(f"RELU after {made.kind} stands alone")
        if graph.only_user(made.output) is not relu:
            raise UnknownGraph(f"{made.output} is read before its RELU too")
        made.activation = "relu"
        made.output = relu.output
        graph.drop([relu])
