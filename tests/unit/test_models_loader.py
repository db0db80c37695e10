"""One interface over the TFLite runtimes: right files run, wrong ones are named before anything runs."""

import hashlib
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ostiary.models import catalog
from ostiary.models.loader import Kernels, Net, NoDelegate, NotANumber, UnreadableModel, WrongShape, _matching, runtime

EMBEDDER = catalog.the_one("embed")
POINTER = catalog.the_one("landmarks")


def picture(model: catalog.Model, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-1, 1, model.input.shape[1:]).astype(np.float32)


def test_the_runtime_is_named_with_its_version() -> None:
    name, module = runtime()
    assert re.fullmatch(r"(ai-edge-litert|tflite-runtime) \d+(\.\d+)+\S*", name)
    assert module.Interpreter.__name__ == "Interpreter"


@pytest.mark.parametrize("model", catalog.models(), ids=lambda model: model.name)
def test_every_model_of_the_catalogue_runs(model: catalog.Model) -> None:
    out = Net(model).run(picture(model))
    assert {name: values.shape for name, values in out.items()} == {t.name: t.shape[1:] for t in model.outputs}
    assert all(values.dtype == np.float32 and np.isfinite(values).all() for values in out.values())


@pytest.mark.parametrize("model", catalog.models(), ids=lambda model: model.name)
def test_the_same_input_gives_the_same_bytes_whatever_the_threads(model: catalog.Model) -> None:
    one, two = Net(model, threads=1), Net(model, threads=2)
    expected = one.run(picture(model))
    one.run(picture(model, seed=2))
    for other in (one.run(picture(model)), two.run(picture(model))):
        assert all((other[name] == values).all() for name, values in expected.items())


def test_pixels_are_normalized_and_quantized_as_their_floats_are() -> None:
    pixels = np.random.default_rng(3).integers(0, 256, EMBEDDER.input.shape[1:], np.uint8)
    floats = (pixels.astype(np.float32) - np.float32(EMBEDDER.mean)) / np.float32(EMBEDDER.scale)
    net = Net(EMBEDDER)
    assert (net.run(pixels)["embedding"] == net.run(floats)["embedding"]).all()


def test_reference_kernels_run_the_same_network_and_say_so() -> None:
    """O-Net is small enough for them; what they compute differs from XNNPACK by rounding alone."""
    fast, reference = Net(POINTER), Net(POINTER, kernels=Kernels.REFERENCE)
    assert reference.runtime == f"{fast.runtime} BUILTIN_REF"
    one, other = fast.run(picture(POINTER)), reference.run(picture(POINTER))
    assert all(np.abs(one[name] - other[name]).max() < 0.1 for name in one)


def test_a_delegate_that_is_none_is_named(tmp_path: Path) -> None:
    file = tmp_path / "libnone.so"
    file.write_bytes(b"no library")
    with pytest.raises(NoDelegate, match=r"libnone\.so") as refused:
        Net(POINTER, delegate=file)
    assert all((refused.value.what, refused.value.why, refused.value.now))


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
def test_numbers_that_are_none_are_refused(wrong: float) -> None:
    values = picture(EMBEDDER)
    values[3, 4, 1] = wrong
    with pytest.raises(NotANumber, match="1 of its 37632 numbers"):
        Net(EMBEDDER).run(values)


def test_probabilities_come_out_as_probabilities() -> None:
    """Wrong quantization parameters would show here: O-Net ends in a softmax."""
    face = Net(POINTER).run(picture(POINTER))["face"]
    assert face.sum() == pytest.approx(1, abs=0.02)


def test_the_quantized_output_is_the_float_one_without_its_zero_point() -> None:
    net = Net(EMBEDDER)
    vector, scale = net.run_quantized(picture(EMBEDDER), "embedding")
    assert vector.dtype == np.int8
    expected = net.run(picture(EMBEDDER))["embedding"]
    assert np.abs(vector * np.float32(scale) - expected).max() <= scale * 1.01  # saturation costs one step at most
    assert (np.abs(vector * np.float32(scale) - expected) > 1e-4).sum() <= 1


def test_a_quantized_run_leaves_nothing_in_the_networks_ends() -> None:
    net = Net(EMBEDDER)
    vector, _ = net.run_quantized(picture(EMBEDDER), "embedding")
    kept = vector.copy()
    assert vector.any()
    for detail in (net._input, *net._outputs.values()):
        assert not net._interpreter.get_tensor(detail["index"]).any()
    net.run_quantized(picture(EMBEDDER, seed=2), "embedding")
    assert (vector == kept).all()  # a copy, not a view that the next run would change


def changed(tmp_path: Path, data: bytes, model: catalog.Model) -> catalog.Model:
    """A catalogue entry whose sha256 fits `data`, so that only the content is wrong."""
    file = tmp_path / "changed.tflite"
    file.write_bytes(data)
    return replace(model, file=file, sha256=hashlib.sha256(data).hexdigest())


def test_a_changed_file_is_refused_before_it_is_loaded(tmp_path: Path) -> None:
    model = changed(tmp_path, EMBEDDER.file.read_bytes()[:-1], EMBEDDER)
    with pytest.raises(catalog.WrongModel):
        Net(replace(model, sha256=EMBEDDER.sha256))
    model.file.unlink()
    with pytest.raises(catalog.MissingModel):
        Net(model)


def test_a_file_that_is_no_model_is_named(tmp_path: Path) -> None:
    for data in (b"", b"not a model " * 100):
        with pytest.raises(UnreadableModel, match=r"changed\.tflite cannot be loaded"):
            Net(changed(tmp_path, data, EMBEDDER))


def test_a_network_of_another_shape_is_refused() -> None:
    other = replace(EMBEDDER, input=replace(EMBEDDER.input, shape=(1, 160, 160, 3)))
    with pytest.raises(WrongShape, match=re.escape("int8[1, 112, 112, 3], the catalogue says int8[1, 160, 160, 3]")):
        Net(other)
    (embedding,) = EMBEDDER.outputs
    with pytest.raises(WrongShape, match=re.escape("float32[1, 192]")):
        Net(replace(EMBEDDER, outputs=(replace(embedding, dtype="float32"),)))
    with pytest.raises(WrongShape):
        Net(replace(EMBEDDER, file=POINTER.file, sha256=POINTER.sha256))


@pytest.mark.parametrize("scales", [[], [0.0], [-1.0], [float("nan")], [float("inf")], [0.1, 0.2]])
def test_an_end_without_one_positive_scale_is_refused(scales: list[float]) -> None:
    detail = {
        "dtype": np.int8,
        "shape": np.array([1, 192]),
        "name": "out",
        "quantization_parameters": {"scales": np.array(scales)},
    }
    with pytest.raises(WrongShape, match=r"face-embed.*tflite.*expected one positive scale"):
        _matching(EMBEDDER, EMBEDDER.outputs[0], [detail])


@pytest.mark.parametrize(
    "wrong",
    [np.zeros((112, 112), np.float32), np.zeros((112, 112, 3), np.int8), np.zeros((1, 112, 112, 3), np.uint8)],
)
def test_a_wrong_input_is_refused(wrong: np.ndarray) -> None:
    with pytest.raises(WrongShape, match=r"expected uint8 or float32\[112, 112, 3\]"):
        Net(EMBEDDER).run(wrong)


def test_without_a_runtime_the_error_says_what_to_install(tmp_path: Path) -> None:
    """In a child process without site-packages, as on a site without the face extra."""
    (tmp_path / "ostiary").mkdir()
    (tmp_path / "ostiary" / "models").symlink_to(Path(catalog.__file__).parent.resolve())
    code = "from ostiary.models.pipeline import FacePipeline; FacePipeline.load()"
    bare = subprocess.run(
        [sys.executable, "-S", "-B", "-c", code],
        env={"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert bare.returncode == 1
    assert "NoRuntime: Faces cannot be read here." in bare.stderr
    assert "pip install 'ostiary[face]'" in bare.stderr
