"""The TFLite core for boards gives the bytes of tflite-micro, in slices of any size; no damage leads it astray."""

import os
import subprocess
import sys
from array import array
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema
from hypothesis import given, settings
from hypothesis import strategies as st

from ostiary.firmware.esp32 import net as board
from ostiary.firmware.esp32.net import ModelRefused, Net
from ostiary.firmware.esp32.tflite import build

sys.path.insert(0, str(Path(__file__).parent))  # the name `tests` belongs to a dependency

from made_tflite import FLOAT32, INT8, Made, Op, every_operator
from tflite_library import load

WEIGHTS = Path(__file__).parents[2] / "models" / "weights" / "micro"
SHIPPED = sorted(WEIGHTS.glob("*-int8.tflite"))
WHOLE = 1 << 31


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build.library(tmp_path_factory.mktemp("tflite"))


@pytest.fixture(scope="session")
def call(library: Path) -> Callable[..., int]:
    return load(library)


def run(net: Net, shown: np.ndarray, macs: int = WHOLE) -> list[np.ndarray]:
    net.begin()
    net.input.data[:] = shown.tobytes()
    while net.step(macs):
        pass
    return [np.frombuffer(output.data, np.int8) for output in net.outputs]


def peer(model: bytes) -> Any:
    micro = pytest.importorskip("tflite_micro", reason="tflite-micro has wheels for x86-64 only")
    return micro.runtime.Interpreter.from_bytes(model, arena_size=8 << 20)


def same_as_peer(call: Callable[..., int], model: bytes, inputs: Sequence[np.ndarray]) -> None:
    theirs, ours = peer(model), Net(call, model)
    shape = theirs.get_input_details(0)["shape"]
    for shown in inputs:
        theirs.set_input(shown.reshape(shape), 0)
        theirs.invoke()
        for at, mine in enumerate(run(ours, shown)):
            assert (mine == theirs.get_output(at).ravel()).all()


def shown_to(model: bytes, count: int, seed: int = 1) -> list[np.ndarray]:
    """Noise and, as pictures are, soft gradients; numbers at both ends of the range occur."""
    size = len(Net(load_once(), model).input.data)
    rng = np.random.default_rng(seed)
    soft = np.clip(np.cumsum(rng.normal(0, 9, (count, size)), axis=1), -128, 127)
    noise = rng.integers(-128, 128, (count, size))
    return [(soft if i % 2 else noise)[i].astype(np.int8) for i in range(count)]


_LOADED: list[Callable[..., int]] = []


def load_once() -> Callable[..., int]:
    return _LOADED[0]


@pytest.fixture(autouse=True)
def _loaded(call: Callable[..., int]) -> None:
    _LOADED[:] = [call]


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.name)
def test_a_shipped_model_gives_the_bytes_of_tflite_micro(call: Callable[..., int], file: Path) -> None:
    model = file.read_bytes()
    same_as_peer(call, model, shown_to(model, 6))


def test_there_are_three_shipped_models() -> None:
    assert [file.name.split("-")[1] for file in SHIPPED] == ["detect", "embed", "points"]


@settings(max_examples=150, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), data=st.data())
def test_nets_of_any_shape_give_the_bytes_of_tflite_micro(seed: int, data: st.DataObject) -> None:
    made = Made(seed)
    numbers = st.integers(1, 12)
    at = made.input((1, data.draw(numbers), data.draw(numbers), data.draw(st.integers(1, 20))))
    for _ in range(data.draw(st.integers(1, 4))):
        _, height, width, _channels = made.graph.tensors[at].shape
        size, stride = data.draw(st.integers(1, 5)), data.draw(st.integers(1, 3))
        same = data.draw(st.booleans()) or size > min(height, width)
        step = data.draw(st.sampled_from(("conv", "depthwise", "prelu", "add", "pool", "pad", "concat")))
        if step == "conv":
            at = made.conv(at, data.draw(st.integers(1, 18)), size, stride, same, data.draw(st.sampled_from((0, 1, 3))))
        elif step == "depthwise":
            at = made.depthwise(at, size, stride, same)
        elif step == "pool":
            at = made.pool(at, size, stride, same)
        elif step == "pad":
            at = made.pad(at, [(0, 0), *data.draw(st.tuples(*[st.tuples(st.integers(0, 2), st.integers(0, 2))] * 3))])
        elif step == "concat":
            at = made.concat(at, at, data.draw(st.sampled_from((1, 2, 3))))
        else:
            at = made.prelu(at) if step == "prelu" else made.add(at, made.prelu(at))
    at = made.reshape(at, (1, int(np.prod(made.graph.tensors[at].shape))))
    if data.draw(st.booleans()):
        made.softmax(made.fully_connected(at, data.draw(st.integers(1, 9))))
    model = made.bytes
    same_as_peer(load_once(), model, shown_to(model, 2, seed))


@settings(max_examples=40, deadline=None)
@given(macs=st.integers(0, 60_000))
def test_slices_of_any_size_give_the_same(macs: int) -> None:
    model = every_operator()
    shown = shown_to(model, 2)[1]
    whole, cut = Net(load_once(), model), Net(load_once(), model)
    assert all((a == b).all() for a, b in zip(run(whole, shown), run(cut, shown, macs), strict=True))


def test_a_slice_is_about_as_long_as_asked(call: Callable[..., int]) -> None:
    net = Net(call, SHIPPED[1].read_bytes())
    net.begin()
    slices = 1
    while net.step(1_000_000):
        slices += 1
    assert net.macs // 3_000_000 < slices <= net.macs // 1_000_000 + len(SHIPPED) * 100


def test_a_run_does_not_depend_on_the_one_before(call: Callable[..., int]) -> None:
    model = every_operator()
    one, other = shown_to(model, 2)
    net = Net(call, model)
    first = [part.copy() for part in run(net, one)]
    run(net, other)
    net.begin()
    net.step(500)  # left in the middle
    assert all((a == b).all() for a, b in zip(first, run(net, one), strict=True))


def test_memory_is_what_it_says(call: Callable[..., int]) -> None:
    told = {file.name.split("-")[1]: Net(call, file.read_bytes()) for file in SHIPPED}
    # The largest tensors that are in use together, and nothing beside them.
    assert told["embed"].arena_bytes == 2 * 56 * 56 * 128
    assert told["detect"].arena_bytes <= 4 * 64 * 64 * 24
    assert all(net.table_bytes < 100_000 for net in told.values())


def refused(model: bytes) -> str:
    with pytest.raises(ModelRefused) as caught:
        Net(load_once(), model)
    assert caught.value.name in str(caught.value)
    return caught.value.name


def test_each_thing_that_is_wrong_has_its_name() -> None:
    def wrong(change: Callable[[Made], Any]) -> str:
        made = Made()
        made.prelu(made.conv(made.input((1, 8, 8, 4)), 6, 3))
        change(made)
        return refused(made.bytes)

    def set_to(thing: Callable[[Made], Any], name: str, value: Any) -> Callable[[Made], None]:
        return lambda made: setattr(thing(made), name, value)

    def options(made: Made) -> Any:
        return made.graph.operators[0].builtinOptions

    def tensor(index: int) -> Callable[[Made], Any]:
        return lambda made: made.graph.tensors[index]

    def code(made: Made) -> Any:
        return made.model.operatorCodes[1]

    def second(made: Made) -> Any:
        return made.graph.operators[1]

    assert wrong(set_to(options, "dilationWFactor", 2)) == "option"
    assert wrong(set_to(options, "fusedActivationFunction", 4)) == "option"
    assert wrong(set_to(options, "strideH", 0)) == "shape"
    assert wrong(set_to(tensor(0), "shape", [1, 8, 8, 5])) == "shape"
    assert wrong(set_to(tensor(0), "shape", [2, 8, 8, 4])) == "shape"
    assert wrong(set_to(tensor(0), "shape", [1, 8, -8, 4])) == "shape"
    assert wrong(set_to(tensor(0), "shape", [1, 65535, 65535, 4])) == "shape"
    assert wrong(set_to(tensor(0), "shape", [])) == "shape"
    assert wrong(set_to(tensor(0), "type", FLOAT32)) == "type"
    assert wrong(set_to(tensor(1), "type", schema.TensorType.INT4)) == "type"
    assert wrong(set_to(tensor(2), "type", INT8)) == "type"
    assert wrong(set_to(tensor(1), "buffer", 0)) == "constant"
    assert wrong(set_to(tensor(1), "buffer", 3)) == "constant"
    assert wrong(set_to(tensor(1), "buffer", 77)) == "damaged"
    assert wrong(set_to(tensor(3), "quantization", None)) == "quantization"
    assert wrong(lambda made: setattr(made.graph.tensors[3].quantization, "scale", [0.0])) == "quantization"
    assert wrong(lambda made: setattr(made.graph.tensors[3].quantization, "scale", [float("nan")])) == "quantization"
    assert wrong(lambda made: setattr(made.graph.tensors[3].quantization, "zeroPoint", [300])) == "quantization"
    assert wrong(lambda made: setattr(made.graph.tensors[1].quantization, "scale", [0.1] * 5)) == "quantization"
    assert wrong(set_to(code, "builtinCode", Op.GELU)) == "operator"
    assert wrong(set_to(second, "inputs", [5, 4])) == "order"
    assert wrong(set_to(second, "outputs", [3])) == "order"
    assert wrong(set_to(second, "outputs", [99])) == "damaged"
    assert wrong(set_to(second, "outputs", [])) == "too-many"
    assert wrong(lambda made: setattr(made.graph, "inputs", [0, 0])) == "too-many"
    assert wrong(lambda made: setattr(made.model, "version", 2)) == "damaged"


def test_a_file_that_ends_early_is_refused() -> None:
    model = every_operator()
    for length in (0, 3, 4, 7, 8, *range(9, len(model), 61)):
        refused(model[:length])
    assert refused(b"PK\x03\x04" * 100) == "damaged"


def test_the_table_and_the_arena_must_be_large_enough(call: Callable[..., int]) -> None:
    model, told = every_operator(), array("I", [0] * 27)
    nothing = bytearray(0)
    assert call(board.MEASURE, nothing, model, nothing, told, 0) == 0
    state = bytearray(told[0] + 15)
    table, arena = bytearray(told[1] - 1), bytearray(8)
    assert call(board.OPEN, state, model, table, told, 0) == 11
    assert call(board.OPEN, state, model, bytearray(told[1] + 15), told, 0) == 0
    assert call(board.USE, state, arena, nothing, told, 0) == 11
    assert call(board.STEP, state, nothing, nothing, nothing, 1) == -1, "nothing runs without its arena"
    assert call(board.OPEN, nothing, model, table, told, 0) == -1
    assert call(99, state, model, table, told, 0) == -1


@pytest.mark.skipif(
    not (os.environ.get("OSTIARY_LONG") and os.environ.get("OSTIARY_FACES")),
    reason="200 faces take a minute and pictures of your own: OSTIARY_LONG=1 OSTIARY_FACES=folder",
)
def test_real_faces_give_the_bytes_of_tflite_micro(call: Callable[..., int]) -> None:
    from ostiary.models.build import parity, views

    seen = parity.some(Path(os.environ["OSTIARY_FACES"]), 200)
    rng = np.random.default_rng(19795)
    shown = {
        "embed": [views.of_crop(one) for one in seen],
        "points": [views.of_box(one, rng) for one in seen],
        "detect": [views.of_somewhere(one, rng) for one in seen],
    }
    for file in SHIPPED:
        numbers = parity.Net(file, parity.OpResolverType.BUILTIN_REF).numbers
        same_as_peer(call, file.read_bytes(), [numbers(values).ravel() for values in shown[file.name.split("-")[1]]])


def test_real_micropython_runs_the_same_files(tmp_path: Path) -> None:
    """The native module in MicroPython on this machine, and the shared library on CPython: the same bytes."""
    micropython = Path(sys.executable).parent / "micropython"
    if not micropython.exists():
        pytest.skip("MicroPython is not installed beside this Python: its wheel exists for x86-64 Linux only.")
    build.native(tmp_path)
    rooms = tmp_path / "ostiary"
    (rooms / "firmware").mkdir(parents=True)
    (rooms / "firmware" / "esp32").symlink_to(Path(board.__file__).parent)
    model = every_operator(7)
    (tmp_path / "model.tflite").write_bytes(model)
    program = (
        "import sys\n"
        f"sys.path[:0] = [{str(tmp_path)!r}]\n"
        "import ostiary_tflite\n"
        "from ostiary.firmware.esp32.net import Net, ModelRefused\n"
        "model = open(sys.argv[1], 'rb').read()\n"
        "net = Net(ostiary_tflite.call, model)\n"
        "net.begin()\n"
        "for i in range(len(net.input.data)): net.input.data[i] = i * 7 % 251\n"
        "while net.step(5000): pass\n"
        "print([bytes(output.data).hex() for output in net.outputs], net.macs, net.arena_bytes)\n"
        "try: Net(ostiary_tflite.call, model[:900])\n"
        "except ModelRefused as refused: print(refused.name)\n"
    )
    done = subprocess.run(
        [micropython, "-c", program, tmp_path / "model.tflite"], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    net = Net(load_once(), model)
    shown = (np.arange(len(net.input.data)) * 7 % 251).astype(np.uint8).view(np.int8)
    hexes = [bytes(part.view(np.uint8)).hex() for part in run(net, shown)]
    assert done.stdout.splitlines() == [f"{hexes!r} {net.macs} {net.arena_bytes}", "damaged"]
