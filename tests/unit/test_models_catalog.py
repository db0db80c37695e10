"""The catalogue: strict, complete, true to its files, and silent about everything that no model here may know."""

import hashlib
import re
import subprocess
import sys
import tomllib
import tracemalloc
from dataclasses import replace
from pathlib import Path

import pytest

from ostiary.models import catalog, traits
from ostiary.models.loader import Net, WrongShape, runtime

MODELS = Path(catalog.__file__).parent
GOOD = (catalog.FOLDER / "face-embed-mobilefacenet.toml").read_text(encoding="utf-8")

STRICTEST = re.findall(r"similarity = \S+", GOOD)[-1]


def written(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "entry.toml"
    file.write_text(text, encoding="utf-8")
    return file


@pytest.mark.parametrize("model", catalog.models(), ids=lambda model: model.name)
def test_every_entry_names_the_file_that_is_there(model: catalog.Model) -> None:
    data = model.file.read_bytes()
    assert hashlib.sha256(data).hexdigest() == model.sha256
    assert len(data) == model.bytes
    assert catalog.checked_file(model) == model.file


def test_each_task_has_one_model_and_no_weights_lie_about_unnamed() -> None:
    assert {catalog.the_one(task).task for task in catalog.TASKS} == set(catalog.TASKS)
    assert [model.dimensions for model in catalog.embedders()] == [192]
    assert {model.file for model in catalog.models()} == set((MODELS / "weights").resolve().glob("*.tflite"))


@pytest.mark.parametrize("model", catalog.models(), ids=lambda model: model.name)
def test_every_model_has_a_card_that_agrees_with_its_entry(model: catalog.Model) -> None:
    cards = [card.read_text(encoding="utf-8") for card in (MODELS / "cards").glob("*.md")]
    (card,) = [text for text in cards if model.file.name in text]
    assert model.sha256 in card
    assert str(model.bytes) in card
    for said in ("source", "licence", "Training data", "**Input.**", "**Output.**", "Measured"):
        assert said in card
    assert model.file.name in (MODELS / "weights" / "LICENSES.md").read_text(encoding="utf-8")


def test_the_embedders_card_prints_the_catalogues_operating_points() -> None:
    card = (MODELS / "cards" / "face-embed-mobilefacenet.md").read_text(encoding="utf-8")
    for point in catalog.the_one("embed").operating_points:
        assert f"| {point.fmr:g} | {point.similarity:.3f} | {point.tar * 100:.2f} % | {point.false_matches} |" in card


def test_no_model_says_anything_about_a_trait_of_a_person() -> None:
    """Tasks and outputs are a closed list, and no word of an entry, nor a name of any tensor in a file, is a trait."""
    outputs = {model.task: {tensor.name for tensor in model.outputs} for model in catalog.models()}
    assert outputs == {
        "detect": {"scores", "regressions"},
        "landmarks": {"face", "box", "points"},
        "embed": {"embedding"},
    }
    _, module = runtime()
    for model in catalog.models():
        assert traits.named(model.name, model.task, model.file.name, *outputs[model.task]) == []
        interpreter = module.Interpreter(model_path=str(model.file))
        assert traits.named(*(detail["name"] for detail in interpreter.get_tensor_details())) == []
        assert len(interpreter.get_output_details()) == len(model.outputs)


@pytest.mark.parametrize("output", ["age", "gender_out", "genderHead", "EMOTION", "face_age"])
def test_an_entry_with_such_an_output_is_refused(tmp_path: Path, output: str) -> None:
    text = GOOD.replace("embedding = {", f"{output} = {{")
    with pytest.raises(catalog.BadCatalog, match="no trait of a person is computed here"):
        catalog.read(written(tmp_path, text))


def test_whole_words_are_traits_and_parts_of_words_are_not() -> None:
    assert traits.named("image", "average_pool", "manifold", "hairpin") == []
    assert traits.named("fc_age", "headGender", "Conv/race:0") == ["age", "Gender", "race"]


def test_a_network_with_a_head_that_the_catalogue_is_silent_about_is_refused() -> None:
    model = catalog.the_one("landmarks")
    with pytest.raises(WrongShape, match="expected 2 and none about a trait"):
        Net(replace(model, outputs=model.outputs[:2]))


def test_a_missing_weights_file_is_named(tmp_path: Path) -> None:
    model = replace(catalog.the_one("embed"), file=tmp_path / "gone.tflite")
    with pytest.raises(catalog.MissingModel, match=r"gone\.tflite cannot be read\. .*No such file.* Install"):
        catalog.checked_file(model)


def test_another_weights_file_is_refused_with_both_hashes(tmp_path: Path) -> None:
    model = catalog.the_one("landmarks")
    changed = bytearray(model.file.read_bytes())
    changed[1000] ^= 1
    other = tmp_path / "onet.tflite"
    other.write_bytes(changed)
    with pytest.raises(catalog.WrongModel) as refused:
        catalog.checked_file(replace(model, file=other))
    assert refused.value.expected == model.sha256
    assert refused.value.found == hashlib.sha256(changed).hexdigest()
    assert refused.value.found in str(refused.value)


def test_a_large_file_is_checked_in_constant_memory(tmp_path: Path) -> None:
    large = tmp_path / "large.tflite"
    with large.open("wb") as stream:
        stream.truncate(64_000_000)
    model = replace(catalog.the_one("embed"), file=large)
    tracemalloc.start()
    try:
        with pytest.raises(catalog.WrongModel):
            catalog.checked_file(model)
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak_bytes < 2_000_000


@pytest.mark.parametrize("key", sorted(tomllib.loads(GOOD).keys() - {"dimensions", "measured_on", "operating_point"}))
def test_a_missing_key_is_named(tmp_path: Path, key: str) -> None:
    text = re.sub(rf"(?m)^{key} = .*$", "", GOOD)
    if key == "outputs":
        text = GOOD.replace("[outputs]", "[elsewhere]")
    with pytest.raises(catalog.BadCatalog, match=f"the key '{key}' is missing"):
        catalog.read(written(tmp_path, text))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('task = "embed"', 'task = "emotion"', "task is 'emotion'"),
        ('sha256 = "', 'sha256 = "F', "sha256 is not 64"),
        ("scale = 128.0", "scale = inf", "scale is inf"),
        ("mean = 127.5", "mean = nan", "mean is nan"),
        ("bytes = ", "bytes = 1e999 #", "infinity"),
        ("fmr_low = ", "fmr_low = 0.9 #", "has the interval 0.9 to"),
        ("false_matches = ", "false_matches = 29 #", "stands on 29 false matches, expected at least 30"),
        ("dimensions = 192", "dimensions = " + "[" * 3000, "recursion"),
        ("scale = 128.0", "scale = 0", "scale is 0"),
        ("dimensions = 192", "dimensions = 0", "dimensions"),
        (STRICTEST, "similarity = 0.1", "is not stricter"),
        (STRICTEST, "similarity = 1.5", "out of range"),
        ("shape = [1, 112, 112, 3]", 'shape = "112"', "input.shape is '112'"),
        ('name = "', "name = ", "entry.toml"),
    ],
)
def test_an_impossible_entry_is_refused(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in GOOD
    with pytest.raises(catalog.BadCatalog, match=re.escape(said)) as refused:
        catalog.read(written(tmp_path, GOOD.replace(old, new)))
    assert all((refused.value.what, refused.value.why, refused.value.now))


def test_an_empty_folder_and_two_models_of_a_task_are_refused(tmp_path: Path) -> None:
    with pytest.raises(catalog.BadCatalog, match=r"holds no \.toml"):
        catalog.models(tmp_path)
    (tmp_path / "one.toml").write_text(GOOD, encoding="utf-8")
    with pytest.raises(catalog.MissingModel, match="'detect'"):
        catalog.the_one("detect", tmp_path)
    (tmp_path / "two.toml").write_text(GOOD, encoding="utf-8")
    with pytest.raises(catalog.BadCatalog, match="several models"):
        catalog.the_one("embed", tmp_path)


def test_neither_catalogue_nor_thresholds_nor_samples_load_the_face_libraries() -> None:
    """A keeper and a node without faces import these, and must start without numpy installed."""
    code = (
        "import sys, ostiary.models.catalog, ostiary.models.operating, ostiary.models.pipeline\n"
        "import ostiary.models.picture, ostiary.controller.samples\n"
        "print([m for m in ('numpy', 'cv2', 'PIL', 'ai_edge_litert', 'tflite_runtime') if m in sys.modules])"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"
