"""One way to run a TFLite file, over ai-edge-litert or tflite-runtime, whichever is installed.

Pixels go in and float32 comes out; a quantized tensor is converted by its own parameters. What the file wants is
compared with what the catalogue says before anything runs.
"""

from __future__ import annotations

import ctypes
from enum import Enum
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ostiary.models import traits
from ostiary.models.catalog import Model, Tensor, checked_file
from ostiary.models.mistake import Mistake

if TYPE_CHECKING:
    import numpy as np

THREADS = 1  # a door's board has other work, and one thread gives the same bytes everywhere
# tflite-runtime comes second: its int8 kernels are 3 to 20 times slower on x86.
RUNTIMES = (("ai-edge-litert", "ai_edge_litert.interpreter"), ("tflite-runtime", "tflite_runtime.interpreter"))


class Kernels(Enum):
    """Which arithmetic runs the layers. REFERENCE gives, bit for bit, what `tflite-micro` computes on an ESP32, and is
    many times slower than FAST, which is XNNPACK."""

    FAST = "AUTO"
    REFERENCE = "BUILTIN_REF"


class NoRuntime(Mistake, ImportError):
    """Neither of the two TFLite runtimes is installed."""


class UnreadableModel(Mistake, ValueError):
    """The runtime cannot load the file, although its sha256 is the expected one."""


class WrongShape(Mistake, ValueError):
    """A tensor of the file, or an input given to it, has another shape or type than the catalogue says."""


class NotANumber(Mistake, ValueError):
    """An input holds NaN or infinity: a quantizer would turn either into some pixel."""


class NoDelegate(Mistake, OSError):
    """The library that should run the layers on other hardware cannot be loaded."""


def runtime() -> tuple[str, Any]:
    """Name with version, like "ai-edge-litert 2.3.0", and the module with its Interpreter. Raises NoRuntime."""
    for package, module in RUNTIMES:
        try:
            return f"{package} {version(package)}", import_module(module)
        except ImportError:  # PackageNotFoundError is one as well
            continue
    raise NoRuntime(
        "Faces cannot be read here.",
        "Neither ai-edge-litert nor tflite-runtime is installed.",
        "Install them with: pip install 'ostiary[face]'. Without faces, doors go on with their other credentials.",
    )


class Net:
    """One loaded model. Not for several threads at once: an interpreter has one set of tensors.

    `delegate` is a TFLite delegate library (.so) for other hardware; `threads` and `kernels` say what runs the rest.
    """

    def __init__(
        self,
        model: Model,
        threads: int = THREADS,
        kernels: Kernels = Kernels.FAST,
        delegate: Path | None = None,
    ) -> None:
        """Raises MissingModel, WrongModel, NoRuntime, NoDelegate, UnreadableModel or WrongShape."""
        file = checked_file(model)
        self.model = model
        self.runtime, module = runtime()
        if kernels is Kernels.REFERENCE:
            self.runtime += " BUILTIN_REF"
        delegates = None if delegate is None else [_delegate(module, delegate)]
        try:
            self._interpreter = module.Interpreter(
                model_path=str(file),
                num_threads=threads,
                experimental_delegates=delegates,
                experimental_op_resolver_type=module.OpResolverType[kernels.value],
            )
            self._interpreter.allocate_tensors()
        except (ValueError, RuntimeError) as error:
            raise UnreadableModel(
                f"The model file {file.name} cannot be loaded.",
                f"{self.runtime} says: {str(error).strip()[:200]}.",
                "Use the file and the runtime version of the release.",
            ) from error
        self._input = _matching(model, model.input, self._interpreter.get_input_details())
        self._outputs = {
            tensor.name: _matching(model, tensor, self._interpreter.get_output_details()) for tensor in model.outputs
        }
        _check_outputs(model, self._interpreter.get_output_details())
        self._of_pixel = self._quantized(_normalized(model))

    def run(self, values: np.ndarray) -> dict[str, np.ndarray]:
        """Outputs by catalogue name, float32 and without the batch axis.

        `values` has the input's shape without it: uint8 pixels, or float32 as (pixel - mean) / scale. Raises WrongShape
        and NotANumber.
        """
        self._invoke(values)
        return {name: self._float(detail) for name, detail in self._outputs.items()}

    def run_quantized(self, values: np.ndarray, output: str) -> tuple[np.ndarray, float]:
        """Like `run`, for one int8 output, as the integers q - zero_point (int8, saturated) and their scale: q times
        scale is the value. Nothing of it stays behind in the input or output tensor."""
        import numpy as np

        self._invoke(values)
        detail = self._outputs[output]
        scale, zero = detail["quantization"]
        left = self._interpreter.get_tensor(detail["index"])
        numbers = left[0].astype(np.int16) - int(zero)
        vector = np.clip(numbers, -128, 127).astype(np.int8)
        numbers.fill(0)
        left.fill(0)
        self.wipe()
        return vector, float(scale)

    def wipe(self) -> None:
        """Overwrites the input and output tensors in place. What the layers between hold is overwritten by the next
        run: the runtime gives no access to it."""
        for detail in (self._input, *self._outputs.values()):
            self._interpreter.tensor(detail["index"])()[...] = 0

    def _invoke(self, values: np.ndarray) -> None:
        import numpy as np

        expected = self.model.input.shape[1:]
        if values.shape != expected or values.dtype not in (np.uint8, np.float32):
            raise WrongShape(
                f"{self.model.name} was given a wrong input.",
                f"Found {values.dtype}{list(values.shape)}, expected uint8 or float32{list(expected)}.",
                "Give it the aligned or resized picture that its card describes.",
            )
        if values.dtype == np.uint8:
            made = self._of_pixel[values]
        elif np.isfinite(values).all():
            made = self._quantized(values)
        else:
            raise NotANumber(
                f"{self.model.name} was given a wrong input.",
                f"{int((~np.isfinite(values)).sum())} of its {values.size} numbers are NaN or infinite.",
                "Give it pixels; look for the division by zero that made these.",
            )
        self._interpreter.set_tensor(self._input["index"], made[None])
        made.fill(0)
        self._interpreter.invoke()

    def _quantized(self, values: np.ndarray) -> np.ndarray:
        """A new array in the type that the input tensor has."""
        import numpy as np

        kind = np.dtype(self._input["dtype"])
        if kind.kind in "iu":
            scale, zero = self._input["quantization"]
            bounds = np.iinfo(kind)
            values = np.clip(np.rint(values / np.float32(scale)) + zero, bounds.min, bounds.max)
        return values.astype(kind)

    def _float(self, detail: dict[str, Any]) -> np.ndarray:
        import numpy as np

        values = self._interpreter.get_tensor(detail["index"])[0]
        if values.dtype.kind not in "iu":
            return values
        scale, zero = detail["quantization"]
        return (values.astype(np.float32) - zero) * np.float32(scale)


def _normalized(model: Model) -> np.ndarray:
    """What each pixel value 0..255 is to the network, float32 (256,)."""
    import numpy as np

    return (np.arange(256, dtype=np.float32) - np.float32(model.mean)) / np.float32(model.scale)


def _delegate(module: Any, file: Path) -> Any:
    try:
        ctypes.CDLL(str(file))  # first, because a delegate that fails to load complains once more when it is dropped
        return module.load_delegate(str(file))
    except (OSError, ValueError) as error:
        raise NoDelegate(
            "The accelerator cannot be used.",
            f"{file}: {str(error)[:200]}.",
            "Name a TFLite delegate library for this processor, or leave it away: the processor alone is enough.",
        ) from error


def _matching(model: Model, tensor: Tensor, details: list[dict[str, Any]]) -> dict[str, Any]:
    """The file's tensor of that shape and type. Converters rename and reorder outputs, so names are not asked."""
    import numpy as np

    for detail in details:
        if tuple(detail["shape"]) == tensor.shape and np.dtype(detail["dtype"]) == np.dtype(tensor.dtype):
            _check_quantization(model, tensor, detail)
            return detail
    found = ", ".join(f"{np.dtype(d['dtype'])}{[int(n) for n in d['shape']]}" for d in details)
    raise WrongShape(
        f"{model.file.name} is not the network that the catalogue describes as {model.name}.",
        f"For {tensor.name!r} the file has {found}, the catalogue says {tensor.dtype}{list(tensor.shape)}.",
        "Use the release's weights, or correct the catalogue entry.",
    )


def _check_outputs(model: Model, details: list[dict[str, Any]]) -> None:
    """A head that the catalogue is silent about, or that guesses at a person's traits, is no part of this house."""
    found = ", ".join(f"{detail['name']} {[int(n) for n in detail['shape']]}" for detail in details)
    if len(details) == len(model.outputs) and not traits.named(*(str(detail["name"]) for detail in details)):
        return
    raise WrongShape(
        f"{model.file.name} is not the network that the catalogue describes as {model.name}.",
        f"Its outputs are {found}, expected {len(model.outputs)} and none about a trait of a person.",
        "Cut the other heads off the network, and name what stays in the catalogue.",
    )


def _check_quantization(model: Model, tensor: Tensor, detail: dict[str, Any]) -> None:
    """An integer tensor without a scale, or with one a channel, would be read as nonsense without any error."""
    import numpy as np

    if np.dtype(detail["dtype"]).kind not in "iu":
        return
    scales = [float(scale) for scale in detail["quantization_parameters"]["scales"]]
    if len(scales) == 1 and 0 < scales[0] < np.inf:
        return
    raise WrongShape(
        f"{model.file.name} is not the network that the catalogue describes as {model.name}.",
        f"{tensor.name!r} is {tensor.dtype} with {len(scales)} scales {scales[:3]}, expected one positive scale.",
        "Use the release's weights, or quantize the network per tensor at its ends.",
    )
