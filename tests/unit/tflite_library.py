"""The TFLite core as a shared library: `call`, as the firmware's own module has it."""

import ctypes
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np


class _Block(ctypes.Structure):
    _fields_ = [("at", ctypes.c_void_p), ("bytes", ctypes.c_size_t)]


def load(library: Path) -> Callable[..., int]:
    """`call(what, net, a, b, told, number)` of `firmware/esp32/tflite/shell.h`."""
    entry = ctypes.CDLL(str(library)).tflite_call
    entry.argtypes = [ctypes.c_int32, *[_Block] * 4, ctypes.c_uint32]
    entry.restype = ctypes.c_int32

    def call(what: int, net: Any, a: Any, b: Any, told: Any, number: int) -> int:
        views = [np.frombuffer(one, np.uint8) for one in (net, a, b, told)]
        return entry(what, *[_Block(view.ctypes.data if view.size else None, view.nbytes) for view in views], number)

    return call
