"""Writes a TFLite file from tensors and operators, the same bytes for the same values on every machine."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema

_TYPES = {"float32": 0, "int32": 2, "int64": 4, "int16": 7, "int8": 9}
_ACTIVATIONS = {"": 0, "relu": 1, "relu6": 3}
# The version of each operator that first took what we write; older runtimes refuse newer numbers.
_VERSIONS = {
    "float32": {},
    "int8": {
        "ADD": 2, "CONCATENATION": 2, "CONV_2D": 3, "DEPTHWISE_CONV_2D": 3, "FULLY_CONNECTED": 4, "MAXIMUM": 2,
        "MAX_POOL_2D": 2, "MUL": 2, "PAD": 2, "SOFTMAX": 2,
    },
    "int16": {
        "ADD": 5, "CONCATENATION": 3, "CONV_2D": 4, "DEPTHWISE_CONV_2D": 5, "MAX_POOL_2D": 3, "PAD": 3,
    },
}  # fmt: skip


@dataclass(slots=True, eq=False)
class Tensor:
    """`scales` float32, one or one for each index of `axis`; empty for a tensor that is not quantized."""

    shape: tuple[int, ...]
    dtype: str
    data: np.ndarray | None = None
    scales: np.ndarray = field(default_factory=lambda: np.zeros(0, np.float32))
    zero: int = 0
    axis: int = 0


@dataclass(slots=True, eq=False)
class Operator:
    """`code` as TFLite spells it; `options` by their names in the schema, without the builder's prefix."""

    code: str
    inputs: tuple[str, ...]
    output: str
    options: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class Program:
    """Everything in one file. `outputs` in the order in which the file lists them."""

    tensors: dict[str, Tensor]
    operators: list[Operator]
    input: str
    outputs: tuple[str, ...]
    kind: str  # the activations' dtype

    def pack(self) -> bytes:
        """The file's bytes."""
        model, subgraph = schema.ModelT(), schema.SubGraphT()
        model.version, model.description = 3, "Ostiary"
        model.buffers = [_buffer(None)]  # buffer 0 is the empty one, by convention
        number = {name: at for at, name in enumerate(self.tensors)}
        subgraph.tensors = [self._tensor(model, name, tensor) for name, tensor in self.tensors.items()]
        codes = sorted({operator.code for operator in self.operators})
        model.operatorCodes = [_code(code, _VERSIONS[self.kind].get(code, 1)) for code in codes]
        subgraph.operators = [_operator(operator, codes, number) for operator in self.operators]
        subgraph.inputs = [number[self.input]]
        subgraph.outputs = [number[name] for name in self.outputs]
        model.subgraphs = [subgraph]
        builder = flatbuffers.Builder(1 << 20)
        builder.Finish(model.Pack(builder), b"TFL3")
        return bytes(builder.Output())

    def _tensor(self, model: Any, name: str, tensor: Tensor) -> Any:
        made = schema.TensorT()
        made.name, made.shape, made.type = name, list(tensor.shape), _TYPES[tensor.dtype]
        made.buffer = 0
        if tensor.data is not None:
            assert tensor.data.shape == tensor.shape, (name, tensor.data.shape, tensor.shape)  # noqa: S101
            made.buffer = len(model.buffers)
            model.buffers.append(_buffer(tensor.data.astype(np.dtype(tensor.dtype).newbyteorder("<"))))
        if tensor.scales.size:
            made.quantization = _quantization(tensor)
        return made


def _quantization(tensor: Tensor) -> Any:
    made: Any = schema.QuantizationParametersT()
    made.scale = tensor.scales.astype(np.float32)
    made.zeroPoint = np.full(tensor.scales.size, tensor.zero, np.int64)
    made.quantizedDimension = tensor.axis
    return made


def _buffer(data: np.ndarray | None) -> Any:
    made: Any = schema.BufferT()
    if data is not None:
        made.data = np.frombuffer(data.tobytes(), np.uint8)
    return made


def _code(name: str, version: int) -> Any:
    made = schema.OperatorCodeT()
    made.builtinCode = getattr(schema.BuiltinOperator, name)
    made.deprecatedBuiltinCode = min(made.builtinCode, 127)
    made.version = version
    return made


_OPTIONS = {
    "ADD": "Add", "CONCATENATION": "Concatenation", "CONV_2D": "Conv2D", "DEPTHWISE_CONV_2D": "DepthwiseConv2D",
    "FULLY_CONNECTED": "FullyConnected", "MAXIMUM": "MaximumMinimum", "MAX_POOL_2D": "Pool2D", "MUL": "Mul",
    "PAD": "Pad", "RESHAPE": "Reshape", "SOFTMAX": "Softmax",
}  # fmt: skip


def _operator(operator: Operator, codes: list[str], number: dict[str, int]) -> Any:
    made = schema.OperatorT()
    made.opcodeIndex = codes.index(operator.code)
    made.inputs = [number[name] for name in operator.inputs]
    made.outputs = [number[operator.output]]
    if operator.code in _OPTIONS:
        kind = _OPTIONS[operator.code] + "Options"
        made.builtinOptionsType = getattr(schema.BuiltinOptions, kind)
        made.builtinOptions = getattr(schema, kind + "T")()
        for key, value in operator.options.items():
            if not hasattr(made.builtinOptions, key):
                raise AttributeError(f"{kind} has no {key}")
            setattr(made.builtinOptions, key, _ACTIVATIONS[value] if isinstance(value, str) else value)
    return made
