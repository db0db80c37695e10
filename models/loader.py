"""One way to run a TFLite file, over ai-edge-litert or tflite-runtime, whichever is installed.

Values go in and come out as float32; a quantized tensor is converted by its own parameters. What the file wants is
compared with what the catalogue says before anything runs.
"""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from ostiary.models.catalog import Model, Tensor, checked_file
from ostiary.models.mistake import Mistake

if TYPE_CHECKING:
    import numpy as np

THREADS = 1  # a door's board has other work, and one thread gives the same bytes everywhere
# tflite-runtime comes second: its int8 kernels are 3 to 20 times slower on x86.
RUNTIMES = (("ai-edge-litert", "ai_edge_litert.interpreter"), ("tflite-runtime", "tflite_runtime.interpreter"))


class NoRuntime(Mistake, ImportError):
    """Neither of the two TFLite runtimes is installed."""


class UnreadableModel(Mistake, ValueError):
    """The runtime cannot load the file, although its sha256 is the expected one."""


class WrongShape(Mistake, ValueError):
    """A tensor of the file, or an input given to it, has another shape or type than the catalogue says."""


def runtime() -> tuple[str, Any]:
    """Name with version, like "ai-edge-litert 2.3.0", and the Interpreter class. Raises NoRuntime."""
    for package, module in RUNTIMES:
        try:
            return f"{package} {version(package)}", import_module(module).Interpreter
        except ImportError:  # PackageNotFoundError is one as well
            continue
    raise NoRuntime(
        "Faces cannot be read here.",
        "Neither ai-edge-litert nor tflite-runtime is installed.",
        "Install them with: pip install 'ostiary[face]'. Without faces, doors go on with their other credentials.",
    )


class Net:
    """One loaded model. Not for several threads at once: an interpreter has one set of tensors."""

    def __init__(self, model: Model, threads: int = THREADS) -> None:
        """Raises MissingModel, WrongModel, NoRuntime, UnreadableModel or WrongShape."""
        file = checked_file(model)
        self.model = model
        self.runtime, interpreter = runtime()
        try:
            self._interpreter = interpreter(model_path=str(file), num_threads=threads)
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

    def run(self, values: np.ndarray) -> dict[str, np.ndarray]:
        """Outputs by catalogue name, float32 and without the batch axis, for float32 `values` of the input's shape
        without it. Raises WrongShape."""
        self._invoke(values)
        return {name: self._float(detail) for name, detail in self._outputs.items()}

    def run_quantized(self, values: np.ndarray, output: str) -> tuple[np.ndarray, float]:
        """Like `run`, for one int8 output, as the integers q - zero_point (int8, saturated) and their scale: q times
        scale is the value. Nothing of it stays behind in the input or output tensor."""
        import numpy as np

        self._invoke(values)
        detail = self._outputs[output]
        scale, zero = detail["quantization"]
        numbers = self._interpreter.get_tensor(detail["index"])[0].astype(np.int16) - int(zero)
        vector = np.clip(numbers, -128, 127).astype(np.int8)
        numbers.fill(0)
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
        if values.shape != expected or values.dtype != np.float32:
            raise WrongShape(
                f"{self.model.name} was given a wrong input.",
                f"Found {values.dtype}{list(values.shape)}, expected float32{list(expected)}.",
                "Give it the aligned or resized picture that its card describes.",
            )
        kind = np.dtype(self._input["dtype"])
        if kind.kind in "iu":
            scale, zero = self._input["quantization"]
            bounds = np.iinfo(kind)
            values = np.clip(np.rint(values / np.float32(scale)) + zero, bounds.min, bounds.max)
        self._interpreter.set_tensor(self._input["index"], values.astype(kind)[None])
        self._interpreter.invoke()

    def _float(self, detail: dict[str, Any]) -> np.ndarray:
        import numpy as np

        values = self._interpreter.get_tensor(detail["index"])[0]
        if values.dtype.kind not in "iu":
            return values
        scale, zero = detail["quantization"]
        return (values.astype(np.float32) - zero) * np.float32(scale)


def _matching(model: Model, tensor: Tensor, details: list[dict[str, Any]]) -> dict[str, Any]:
    """The file's tensor of that shape and type. Converters rename and reorder outputs, so names are not asked."""
    import numpy as np

    for detail in details:
        if tuple(detail["shape"]) == tensor.shape and np.dtype(detail["dtype"]) == np.dtype(tensor.dtype):
            return detail
    found = ", ".join(f"{np.dtype(d['dtype'])}{[int(n) for n in d['shape']]}" for d in details)
    raise WrongShape(
        f"{model.name} is not the network that the catalogue describes.",
        f"For {tensor.name!r} the file has {found}, the catalogue says {tensor.dtype}{list(tensor.shape)}.",
        "Use the release's weights, or correct the catalogue entry.",
    )
