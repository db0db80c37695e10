"""A neural network on a board: reads a .tflite file, plans its memory once, and runs in slices.

The work is done in C (`tflite/`), reached by one function `call`: the firmware's module `ostiary_tflite`, the native
module of that name, or on CPython the shared library. This file is the same on all of them.
"""

from array import array

MEASURE, OPEN, USE, BEGIN, STEP, NAME = 1, 2, 3, 4, 5, 6
SPARE = 15  # the core aligns what it is given to 16 bytes
_TOLD = 27
_NET_BYTES, _TABLE_BYTES, _ARENA_BYTES, _MACS, _REFUSED_AT, _OPS, _OUTPUTS, _INPUT = 0, 1, 2, 3, 4, 5, 6, 7
_NOTHING = bytearray(0)

TYPE_CHECKING = False  # MicroPython has no `typing` to import it from.
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Call = Callable[[int, bytearray, Any, bytearray, Any, int], int]


class ModelRefused(ValueError):
    """The file is no model that this core runs. `name` is one of the errors of `tflite/net.h`, `operator` where it
    stopped."""

    def __init__(self, name: str, operator: int) -> None:
        super().__init__("The model was refused (" + name + ", operator " + str(operator) + "): see tflite/net.h.")
        self.name = name
        self.operator = operator


class Tensor:
    """Where an input or an output lies, and what its numbers mean: real = scale · (number − zero_point)."""

    def __init__(self, arena: bytearray, told: "Any", at: int) -> None:
        self.data = memoryview(arena)[told[at] : told[at] + told[at + 1]]
        self.zero_point: int = told[at + 2] - (1 << 32) if told[at + 2] >> 31 else told[at + 2]
        self.scale = _float(told[at + 3])


class Net:
    """One model, ready to run. `model` (bytes, or memory-mapped flash) is read where it lies and must not move.

    Raises `ModelRefused`. `table_bytes` and `arena_bytes` are what it took of memory; `macs` is the work of one run.
    """

    def __init__(self, call: "Call", model: "Any") -> None:
        self._call = call
        self._model = model
        told = array("I", [0] * _TOLD)
        self._check(call(MEASURE, _NOTHING, model, _NOTHING, told, 0), told)
        self._net = bytearray(told[_NET_BYTES] + SPARE)
        self._table = bytearray(told[_TABLE_BYTES] + SPARE)
        self.table_bytes = told[_TABLE_BYTES]
        self._check(call(OPEN, self._net, model, self._table, told, 0), told)
        self._arena = bytearray(told[_ARENA_BYTES] + SPARE)
        self.arena_bytes = told[_ARENA_BYTES]
        self._check(call(USE, self._net, self._arena, _NOTHING, told, 0), told)
        self.macs = told[_MACS]
        self.input = Tensor(self._arena, told, _INPUT)
        self.outputs = [Tensor(self._arena, told, _INPUT + 4 * (i + 1)) for i in range(told[_OUTPUTS])]

    def begin(self) -> None:
        """Start a new run; the input is written after this, and the outputs of the last run are gone."""
        self._call(BEGIN, self._net, _NOTHING, _NOTHING, _NOTHING, 0)

    def step(self, macs: int) -> bool:
        """Go on for about so many multiplications; False when the outputs are there."""
        return self._call(STEP, self._net, _NOTHING, _NOTHING, _NOTHING, macs) == 1

    def _check(self, error: int, told: "Any") -> None:
        if error:
            letters = bytearray(16)
            length = self._call(NAME, _NOTHING, letters, _NOTHING, _NOTHING, error)
            raise ModelRefused(str(letters[:length], "ascii"), told[_REFUSED_AT])


def _float(bits: int) -> float:
    """A float32 by its bits (IEEE 754)."""
    import struct

    return struct.unpack("<f", struct.pack("<I", bits))[0]
