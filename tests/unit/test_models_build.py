"""The build leaves a network's outputs alone, quantizes it well, and its files are those written down."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter
from hypothesis import given
from hypothesis import strategies as st

from ostiary.models import catalog
from ostiary.models.build import __main__ as command
from ostiary.models.build import equalize, ranges, read, recipes, rewrite, sources, split
from ostiary.models.build.graph import Graph, Layer
from ostiary.models.build.lower import Number, lower, weight_scales
from ostiary.models.build.ranges import Measured

RNG = np.random.default_rng(7)
Step = Callable[[Graph, ranges.Ranges], None]
SOURCES = {"mobilefacenet": sources.MOBILEFACENET, "onet": sources.ONET, "blazeface": sources.BLAZEFACE}


def run(data: bytes, values: np.ndarray) -> dict[str, np.ndarray]:
    """Every output by its tensor's name, as float."""
    net = Interpreter(model_content=data)
    net.allocate_tensors()
    (entry,) = net.get_input_details()
    if entry["dtype"] != np.float32:
        scale, zero = entry["quantization"]
        bounds = np.iinfo(entry["dtype"])
        values = np.clip(np.rint(values / scale) + zero, bounds.min, bounds.max).astype(entry["dtype"])
    net.set_tensor(entry["index"], values[None])
    net.invoke()
    found = {}
    for detail in net.get_output_details():
        value = net.get_tensor(detail["index"])[0]
        if value.dtype != np.float32:
            scale, zero = detail["quantization"]
            value = (value.astype(np.float32) - zero) * np.float32(scale)
        found[detail["name"]] = value
    return found


def small() -> Graph:
    """A stem, a steep PReLU, a depthwise, a residual stream with a padding and a pool, two outputs."""
    rng = np.random.default_rng(3)
    uneven = np.array([1, 9, 0.1, 1, 30, 1])
    return Graph(
        "in",
        {"flat": "flat"},
        [
            Layer("conv", ("in",), "a", rng.normal(size=(6, 3, 3, 3)), rng.normal(size=6), stride=2, same=True),
            Layer("prelu", ("a",), "b", np.array([-9.0, 0.2, 3.0, 1.0, -0.4, 0.0])),
            Layer("depthwise", ("b",), "c", rng.normal(size=(1, 3, 3, 6)) * uneven, rng.normal(size=6), same=True),
            Layer("conv", ("c",), "d", rng.normal(size=(6, 1, 1, 6)), rng.normal(size=6)),
            Layer("conv", ("d",), "e", rng.normal(size=(4, 1, 1, 6)), rng.normal(size=4), activation="relu"),
            Layer("depthwise", ("e",), "f", rng.normal(size=(1, 3, 3, 4)), np.zeros(4), same=True),
            Layer("conv", ("f",), "g", rng.normal(size=(5, 1, 1, 4)), rng.normal(size=5)),
            Layer("pad", ("e",), "h"),
            Layer("add", ("h", "g"), "i", activation="relu"),
            Layer("max_pool", ("i",), "j", stride=2, window=2),
            Layer("conv", ("j",), "k", rng.normal(size=(3, 1, 1, 5)), rng.normal(size=3)),
            Layer("reshape", ("k",), "flat"),
        ],
        {
            "in": (1, 8, 8, 3), "a": (1, 4, 4, 6), "b": (1, 4, 4, 6), "c": (1, 4, 4, 6), "d": (1, 4, 4, 6),
            "e": (1, 4, 4, 4), "f": (1, 4, 4, 4), "g": (1, 4, 4, 5), "h": (1, 4, 4, 5), "i": (1, 4, 4, 5),
            "j": (1, 2, 2, 5), "k": (1, 2, 2, 3), "flat": (1, 12),
        },
    )  # fmt: skip


def bounds_of(graph: Graph, inputs: list[np.ndarray]) -> ranges.Ranges:
    """As calibration measures them, every activation made an output."""
    everything = Graph(graph.input, {layer.output: layer.output for layer in graph.layers}, graph.layers, graph.shapes)
    data = lower(everything, "float32").pack()
    seen = [run(data, values) for values in inputs]
    found = {}
    for layer in graph.layers:
        stacked = np.concatenate([one[layer.output].reshape(-1, graph.shapes[layer.output][-1]) for one in seen])
        found[layer.output] = np.minimum(stacked.min(0), 0.0), np.maximum(stacked.max(0), 0.0)
    return found


@pytest.fixture(scope="module")
def inputs() -> list[np.ndarray]:
    return [RNG.uniform(-1, 1, (8, 8, 3)).astype(np.float32) for _ in range(40)]


def fold(graph: Graph, bounds: ranges.Ranges) -> None:
    rewrite.fold_slopes(graph, bounds)


def join(graph: Graph, bounds: ranges.Ranges) -> None:
    rewrite.join_linear(graph)


def level(graph: Graph, bounds: ranges.Ranges) -> None:
    equalize.equalize(graph, bounds)


def half(graph: Graph, bounds: ranges.Ranges) -> None:
    equalize.equalize(graph, bounds, 0.7, 0.5)


def _words(steps: tuple[Step, ...]) -> str:
    return "-".join(step.__name__ for step in steps)


@pytest.mark.parametrize("steps", [(fold,), (join,), (level,), (half,), (join, fold, level)], ids=_words)
def test_a_rewrite_leaves_the_outputs_as_they_are(inputs: list[np.ndarray], steps: tuple[Step, ...]) -> None:
    graph = small()
    before = [run(lower(graph, "float32").pack(), values)["flat"] for values in inputs]
    bounds = bounds_of(graph, inputs)
    for step in steps:
        step(graph, bounds)
    data = lower(graph, "float32").pack()
    size = np.abs(before).max()
    assert max(np.abs(run(data, values)["flat"] - was).max() for values, was in zip(inputs, before, strict=True)) < (
        1e-5 * size
    )


def test_the_ranges_follow_the_rewrites(inputs: list[np.ndarray]) -> None:
    graph = small()
    bounds = bounds_of(graph, inputs)
    join(graph, bounds)
    fold(graph, bounds)
    level(graph, bounds)
    measured = bounds_of(graph, inputs)
    for layer in graph.layers:
        for said, found in zip(bounds[layer.output], measured[layer.output], strict=True):
            np.testing.assert_allclose(said, found, rtol=1e-3, atol=1e-3 * np.abs(found).max())


def test_slopes_are_folded_and_linear_pairs_joined(inputs: list[np.ndarray]) -> None:
    graph = small()
    bounds = bounds_of(graph, inputs)
    rewrite.join_linear(graph)
    assert [layer.output for layer in graph.layers if layer.kind == "conv"] == ["a", "e", "g", "k"]
    rewrite.fold_slopes(graph, bounds)
    slopes = graph.maker("b").weights
    assert slopes is not None
    assert np.abs(slopes).max() <= 1
    data = {form: lower(graph, "float32", prelu=form).pack() for form in ("prelu", "maximum")}
    for values in inputs[:5]:
        one, other = (run(data[form], values)["flat"] for form in ("prelu", "maximum"))
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-5)


def test_equalized_channels_reach_equally_far(inputs: list[np.ndarray]) -> None:
    graph = small()
    bounds = bounds_of(graph, inputs)
    fold(graph, bounds)
    equalize.equalize(graph, bounds, limit=1e9)
    for name in ("c", "f"):
        reach = np.maximum(-bounds[name][0], bounds[name][1])
        assert reach.min() == pytest.approx(reach.max(), rel=1e-6)


@pytest.mark.parametrize(("number", "close"), [("int8", 0.02), ("int16", 0.01)])
def test_quantized_outputs_stay_close_and_closer_when_equalized(
    inputs: list[np.ndarray], number: Number, close: float
) -> None:
    errors = []
    for steps in ((), (join, fold, level)):
        graph = small()
        if number == "int16":  # no PReLU there, in any runtime
            graph.drop([graph.maker("b")])
            graph.rename("b", "a")
        bounds = bounds_of(graph, inputs)
        data = lower(graph, "float32").pack()
        truth = np.array([run(data, values)["flat"] for values in inputs])
        for step in steps:
            step(graph, bounds)
        data = lower(graph, number, bounds, (-1, 1)).pack()
        found = np.array([run(data, values)["flat"] for values in inputs])
        errors.append(float(np.abs(found - truth).mean() / np.abs(truth).max()))
    assert errors[1] < close
    if number == "int8":  # with 16 bits the activations have digits enough as they are
        assert errors[1] < errors[0]


def test_a_centre_is_taken_off_the_output_and_its_ranges(inputs: list[np.ndarray]) -> None:
    graph = small()
    bounds = bounds_of(graph, inputs)
    was = run(lower(graph, "float32").pack(), inputs[0])["flat"]
    del graph.layers[-1]
    graph.outputs = {"k": "k"}
    rewrite.centre_output(graph, "k", np.array([1.0, -2.0, 3.0]), bounds)
    now = run(lower(graph, "float32").pack(), inputs[0])["k"].reshape(-1)
    np.testing.assert_allclose(now, was - np.tile([1.0, -2.0, 3.0], 4), atol=1e-5)


@given(st.integers(0, 2**32 - 1), st.integers(1, 6), st.sampled_from([1e-6, 1.0, 1e4]))
def test_a_weight_is_off_by_half_a_step_at_most(seed: int, channels: int, size: float) -> None:
    weights = np.random.default_rng(seed).normal(0, size, (channels, 3, 3, 2))
    step = weight_scales(weights, 0).astype(np.float64).reshape(-1, 1, 1, 1)
    numbers = np.rint(weights / step)
    assert np.abs(numbers).max() <= 127
    assert (np.abs(numbers * step - weights) <= step * 0.5001).all()


def test_ranges_are_written_and_read_back(tmp_path: Path) -> None:
    wrote = Measured("n", 3, 2, {"t1": (np.array([-1.23456, 0.0]), np.array([2e-9, 31415.9]))}, np.array([0.5, -7.0]))
    wrote.write(tmp_path)
    got = ranges.load("n", tmp_path)
    assert (got.pictures, got.persons, got.network) == (3, 2, "n")
    assert got.bounds["t1"][0].tolist() == [-1.235, 0.0]
    assert got.bounds["t1"][1].tolist() == [2e-9, 31420.0]
    assert got.centre is not None
    assert got.centre.tolist() == [0.5, -7.0]


@pytest.mark.parametrize("network", ["mobilefacenet", "onet", "blazeface"])
def test_the_written_ranges_hold_no_more_than_channels_bounds(network: str) -> None:
    """Hundreds of pictures went in: no picture, name or embedding may come out."""
    file = ranges.FOLDER / f"{network}.json"
    measured = ranges.load(network)
    assert measured.pictures >= 300
    assert measured.persons >= 100
    assert all(
        (low <= 0).all() and (high >= 0).all() and low.shape == high.shape for low, high in measured.bounds.values()
    )
    assert file.stat().st_size < 300_000
    assert (measured.centre is not None) == (network == "mobilefacenet")


def test_every_shipped_file_has_a_recipe_and_its_written_sum() -> None:
    sums = command.written_down()
    shipped = {str(file.relative_to(command.WEIGHTS)) for file in command.WEIGHTS.rglob("*.tflite")}
    assert shipped == set(sums) == {recipe.file for recipe in recipes.RECIPES}
    for file, digest in sums.items():
        assert hashlib.sha256((command.WEIGHTS / file).read_bytes()).hexdigest() == digest
    for model in catalog.models():
        assert sums[str(model.file.resolve().relative_to(command.WEIGHTS.resolve()))] == model.sha256


@pytest.fixture(scope="module")
def cache() -> Path:
    """The published networks, where `make models` was run on this machine."""
    wanted = [source for source in SOURCES.values() if not (command.CACHE / source.sha256).exists()]
    if wanted:
        pytest.skip("the published networks are not on this machine: make models fetches them")
    return command.CACHE


def test_making_twice_gives_the_written_bytes(cache: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for folder in ("one", "two"):
        assert command.main(["make", "--out", str(tmp_path / folder)]) == 0
    for recipe in recipes.RECIPES:
        made = [(tmp_path / folder / recipe.file).read_bytes() for folder in ("one", "two")]
        assert made[0] == made[1] == (command.WEIGHTS / recipe.file).read_bytes()
    assert "is not what was written down" not in capsys.readouterr().out


@pytest.mark.parametrize("network", ["mobilefacenet", "onet"])
def test_the_real_networks_survive_their_rewrites(cache: Path, network: str) -> None:
    source = SOURCES[network]
    graph = read.read(sources.fetch(source, cache), source.outputs)
    data = {"as published": lower(graph, "float32").pack()}
    bounds = ranges.load(network).bounds
    rewrite.join_linear(graph)
    rewrite.fold_slopes(graph, bounds)
    equalize.equalize(graph, bounds)
    data["rewritten"] = lower(graph, "float32", prelu="maximum").pack()
    for _ in range(3):
        values = RNG.uniform(-1, 1, graph.shapes[graph.input][1:]).astype(np.float32)
        one, other = (run(data[kind], values) for kind in data)
        for name in graph.outputs.values():
            assert np.abs(one[name] - other[name]).max() <= 1e-5 * max(1, np.abs(one[name]).max())


def test_a_changed_network_or_recipe_is_told_and_not_written(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    sums = tmp_path / "SHA256SUMS"
    sums.write_text(command.SUMS.read_text().replace("face-points-onet", "face-points-other"), encoding="utf-8")
    monkeypatch.setattr(command, "SUMS", sums)
    assert command.main(["make", "--out", str(tmp_path / "out")]) == 1
    said = capsys.readouterr()
    assert "face-points-onet-48-int8.tflite  is not what was written down" in said.out
    assert said.err.startswith("2 of 7 files came out differently and were not written.")
    assert not (tmp_path / "out" / "face-points-onet-48-int8.tflite").exists()


def test_another_package_than_the_pinned_one_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "archive.tgz"
    file.write_bytes(b"something else")
    with pytest.raises(sources.NoSource, match=r"expo is not the one that was pinned\. Its sha256 is .* Do not use it"):
        sources._expect(file, "0" * 64, "expo")


def test_calibrating_without_pictures_says_what_it_needs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("OSTIARY_FACES", raising=False)
    assert command.main(["calibrate"]) == 1
    assert "Set OSTIARY_FACES to a folder with one subfolder of pictures a person" in capsys.readouterr().err


def test_one_person_in_five_calibrates_whoever_it_is() -> None:
    names = [f"Person_{number}" for number in range(5000)]
    assert sum(not split.held_out(name) for name in names) / len(names) == pytest.approx(0.2, abs=0.02)
    assert split.held_out("Yasser_Arafat") == (hashlib.sha256(b"Yasser_Arafat").digest()[0] >= 51)
