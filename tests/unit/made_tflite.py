"""Small .tflite files for the core's tests, made operator by operator: whole ones, and ones with one thing wrong."""

from collections.abc import Sequence
from typing import Any

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema

Op = schema.BuiltinOperator
INT8, INT32, FLOAT32 = schema.TensorType.INT8, schema.TensorType.INT32, schema.TensorType.FLOAT32


class Made:
    """A model in the making: tensors and operators are added, `bytes` gives the file."""

    def __init__(self, seed: int = 0) -> None:
        self.rng = np.random.default_rng(seed)
        self.model = schema.ModelT()
        self.model.version = 3
        self.graph = schema.SubGraphT()
        self.graph.tensors, self.graph.operators = [], []
        empty = schema.BufferT()
        self.model.buffers, self.model.operatorCodes, self.model.subgraphs = [empty], [], [self.graph]
        self.graph.inputs, self.graph.outputs = [], []

    def tensor(
        self, shape: Sequence[int], scale: Any = 0.05, zero: Any = 0, data: Any = None, type_: int = INT8
    ) -> int:
        made = schema.TensorT()
        made.shape, made.type, made.buffer = list(shape), type_, 0
        scales, zeros = np.atleast_1d(np.float32(scale)), np.atleast_1d(np.int64(zero))
        made.quantization = schema.QuantizationParametersT()
        made.quantization.scale, made.quantization.zeroPoint = list(scales), list(np.broadcast_to(zeros, scales.shape))
        if data is not None:
            buffer = schema.BufferT()
            buffer.data = np.frombuffer(np.ascontiguousarray(data).tobytes(), np.uint8)
            self.model.buffers.append(buffer)
            made.buffer = len(self.model.buffers) - 1
        self.graph.tensors.append(made)
        return len(self.graph.tensors) - 1

    def input(self, shape: Sequence[int], scale: float = 0.05, zero: int = 3) -> int:
        made = self.tensor(shape, scale, zero)
        self.graph.inputs = [made]
        return made

    def op(self, code: int, inputs: Sequence[int], output: int, options: Any = None, kind: int = 0) -> int:
        known = schema.OperatorCodeT()
        known.builtinCode, known.deprecatedBuiltinCode, known.version = code, min(code, 127), 1
        self.model.operatorCodes.append(known)
        made = schema.OperatorT()
        made.opcodeIndex, made.inputs, made.outputs = len(self.model.operatorCodes) - 1, list(inputs), [output]
        made.builtinOptions, made.builtinOptionsType = options, kind
        self.graph.operators.append(made)
        self.graph.outputs = [output]
        return output

    def weights(self, shape: Sequence[int]) -> np.ndarray:
        return self.rng.integers(-127, 128, shape, np.int8)

    def conv(self, at: int, outs: int, size: int, stride: int = 1, same: bool = True, activation: int = 0) -> int:
        batch, height, width, channels = self.graph.tensors[at].shape
        options = schema.Conv2DOptionsT()
        options.padding, options.strideH, options.strideW = 0 if same else 1, stride, stride
        options.fusedActivationFunction = activation
        scales = self.rng.uniform(0.002, 0.01, outs)
        filters = self.tensor((outs, size, size, channels), scales, 0, self.weights((outs, size, size, channels)))
        bias = self._bias(at, scales)
        out = self.tensor((batch, *self._slid(height, width, size, stride, same), outs), 0.08, -5)
        return self.op(Op.CONV_2D, (at, filters, bias), out, options, schema.BuiltinOptions.Conv2DOptions)

    def depthwise(self, at: int, size: int, stride: int = 1, same: bool = True) -> int:
        batch, height, width, channels = self.graph.tensors[at].shape
        options = schema.DepthwiseConv2DOptionsT()
        options.padding, options.strideH, options.strideW = 0 if same else 1, stride, stride
        options.depthMultiplier = 1
        scales = self.rng.uniform(0.002, 0.02, channels)
        filters = self.tensor((1, size, size, channels), scales, 0, self.weights((1, size, size, channels)))
        self.graph.tensors[filters].quantization.quantizedDimension = 3
        bias = self._bias(at, scales)
        out = self.tensor((batch, *self._slid(height, width, size, stride, same), channels), 0.06, 4)
        kind = schema.BuiltinOptions.DepthwiseConv2DOptions
        return self.op(Op.DEPTHWISE_CONV_2D, (at, filters, bias), out, options, kind)

    def prelu(self, at: int) -> int:
        shape = list(self.graph.tensors[at].shape)
        slopes = self.tensor((1, 1, shape[-1]), 0.02, 7, self.weights((1, 1, shape[-1])))
        return self.op(Op.PRELU, (at, slopes), self.tensor(shape, 0.07, -20))

    def add(self, at: int, other: int) -> int:
        options = schema.AddOptionsT()
        out = self.tensor(list(self.graph.tensors[at].shape), 0.11, 9)
        return self.op(Op.ADD, (at, other), out, options, schema.BuiltinOptions.AddOptions)

    def pool(self, at: int, size: int = 2, stride: int = 2, same: bool = True) -> int:
        batch, height, width, channels = self.graph.tensors[at].shape
        options = schema.Pool2DOptionsT()
        options.padding, options.strideH, options.strideW = 0 if same else 1, stride, stride
        options.filterHeight = options.filterWidth = size
        out = self._like(at, (batch, *self._slid(height, width, size, stride, same), channels))
        return self.op(Op.MAX_POOL_2D, (at,), out, options, schema.BuiltinOptions.Pool2DOptions)

    def pad(self, at: int, amounts: Sequence[tuple[int, int]]) -> int:
        shape = [length + sum(amount) for length, amount in zip(self.graph.tensors[at].shape, amounts, strict=True)]
        told = self.tensor((len(amounts), 2), 1.0, 0, np.array(amounts, np.int32), INT32)
        return self.op(
            Op.PAD, (at, told), self._like(at, shape), schema.PadOptionsT(), schema.BuiltinOptions.PadOptions
        )

    def reshape(self, at: int, shape: Sequence[int]) -> int:
        return self.op(Op.RESHAPE, (at,), self._like(at, shape))

    def concat(self, at: int, other: int, axis: int) -> int:
        options = schema.ConcatenationOptionsT()
        options.axis = axis
        shape = list(self.graph.tensors[at].shape)
        shape[axis] += self.graph.tensors[other].shape[axis]
        out = self._like(at, shape)
        return self.op(Op.CONCATENATION, (at, other), out, options, schema.BuiltinOptions.ConcatenationOptions)

    def fully_connected(self, at: int, outs: int) -> int:
        size = int(np.prod(self.graph.tensors[at].shape))
        filters = self.tensor((outs, size), 0.004, 0, self.weights((outs, size)))
        bias = self._bias(at, np.full(outs, 0.004))
        out = self.tensor((1, outs), 0.3, -11)
        kind = schema.BuiltinOptions.FullyConnectedOptions
        return self.op(Op.FULLY_CONNECTED, (at, filters, bias), out, schema.FullyConnectedOptionsT(), kind)

    def softmax(self, at: int) -> int:
        options = schema.SoftmaxOptionsT()
        options.beta = 1.0
        out = self.tensor(list(self.graph.tensors[at].shape), 1 / 256, -128)
        return self.op(Op.SOFTMAX, (at,), out, options, schema.BuiltinOptions.SoftmaxOptions)

    @property
    def bytes(self) -> bytes:
        builder = flatbuffers.Builder(1024)
        builder.Finish(self.model.Pack(builder), file_identifier=b"TFL3")
        return bytes(builder.Output())

    def _bias(self, at: int, scales: np.ndarray) -> int:
        numbers = self.rng.integers(-3000, 3000, len(scales), np.int32)
        return self.tensor((len(scales),), scales * self.graph.tensors[at].quantization.scale[0], 0, numbers, INT32)

    def _like(self, at: int, shape: Sequence[int]) -> int:
        quantization = self.graph.tensors[at].quantization
        return self.tensor(shape, quantization.scale[0], quantization.zeroPoint[0])

    @staticmethod
    def _slid(height: int, width: int, size: int, stride: int, same: bool) -> tuple[int, int]:
        if same:
            return -(-height // stride), -(-width // stride)
        return (height - size) // stride + 1, (width - size) // stride + 1


def every_operator(seed: int = 0) -> bytes:
    """A small net that has each operator of the core at least once."""
    made = Made(seed)
    at = made.conv(made.input((1, 9, 11, 3)), 20, 3, stride=2)
    at = made.prelu(made.depthwise(at, 3))
    at = made.add(at, made.conv(at, 20, 1, same=False))
    at = made.pool(made.pad(at, ((0, 0), (1, 0), (0, 2), (0, 4))), 2, 2)
    at = made.concat(at, at, 3)
    at = made.reshape(at, (1, int(np.prod(made.graph.tensors[at].shape))))
    made.softmax(made.fully_connected(at, 5))
    return made.bytes
