"""`ostiary models`: what it prints and writes for a small folder of real portraits, and what it says of bad input."""

import json
import shutil
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ostiary.controller.cli.main import app
from ostiary.models import catalog
from ostiary.models.measure import frames

sys.path.insert(0, str(Path(__file__).parent))  # the name `tests` belongs to a dependency

from faces_folder import faces_folder

CALL = CliRunner()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return faces_folder(tmp_path / "images")


def models(*words: object) -> tuple[int, str, str]:
    done = CALL.invoke(app, ["models", *map(str, words)])
    return done.exit_code, done.stdout, done.stderr


def test_every_point_of_a_folder_too_small_is_refused(folder: Path) -> None:
    code, out, _ = models("evaluate", "--images", folder, "--all-pairs", "--json")
    assert code == 0
    said = json.loads(out)
    assert (said["pictures"], said["persons"], said["failed"]) == (4, 3, {"no-face": 1})
    assert said["all_pairs"]["operating_points"] == []
    assert len(said["all_pairs"]["refused"]) == 10
    assert (said["all_pairs"]["genuine"], said["all_pairs"]["impostor"]) == (1, 2)
    assert said["all_pairs"]["several_templates"] is None


def test_pairs_are_judged_and_the_card_is_written_by_the_command(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(catalog.FOLDER, tmp_path / "catalog")
    shutil.copytree(catalog.FOLDER.parent / "weights", tmp_path / "weights")
    shutil.copytree(catalog.FOLDER.parent / "cards", tmp_path / "cards")
    (tmp_path / "pairs.txt").write_text("1\nM 1 2\nM 1 S 1\n", encoding="utf-8")
    asked = ("evaluate", "--images", folder, "--pairs", tmp_path / "pairs.txt", "--models", tmp_path / "catalog")
    code, out, err = models(*asked, "--card")
    assert (code, "Traceback" in err) == (0, False)
    assert "1 folds, 1 genuine and 1 impostor pairs" in out
    assert "100.00 ± 0.00 %" in out
    card = (tmp_path / "cards" / f"{catalog.the_one('embed').entry.stem}.md").read_text(encoding="utf-8")
    assert out.strip() in card


def test_the_attacks_are_counted_and_no_rate_is_claimed(folder: Path) -> None:
    code, out, _ = models("attacks", "--images", folder, "--count", 1, "--json")
    said = json.loads(out)
    assert code == 0
    assert [attack["name"] for attack in said["attacks"]] == list(frames.ATTACKS)
    assert all((attack["shown"], attack["passed"]) == (1, 0) for attack in said["attacks"])
    assert "No rate can be claimed" in said["living"]
    assert "replayed video" in said["living"]


def test_drawn_pairs_come_out_alone(folder: Path) -> None:
    code, out, _ = models("pairs", "--images", folder, "--folds", 1, "--each", 1)
    assert (code, out.splitlines()[:2]) == (0, ["1\t1", "M\t1\t2"])


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("evaluate", "--images", "{folder}"), "Say what to compare"),
        (("evaluate", "--images", "{folder}", "--pairs", "{none}", "--plot", "x.svg"), "Add --all-pairs"),
        (("evaluate", "--images", "{folder}", "--pairs", "{none}"), "cannot be used"),
        (("evaluate", "--images", "{none}", "--all-pairs"), "expected DIR/<person>/<picture>"),
        (("evaluate", "--images", "{folder}/M", "--all-pairs"), "expected DIR/<person>/<picture>"),
        (("evaluate", "--images", "{folder}", "--all-pairs", "--models", "{none}"), "There are no models"),
        (("pairs", "--images", "{folder}"), "too small for these pairs"),
        (("attacks", "--images", "{none}"), "expected DIR/<person>/<picture>"),
    ],
)
def test_bad_input_is_a_sentence(folder: Path, tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    filled = [word.format(folder=folder, none=tmp_path / "none") for word in words]
    code, out, err = models(*filled)
    assert code in (1, 2)
    assert out == ""
    assert said in " ".join(err.replace("│", " ").split())
    assert "Traceback" not in err


def test_one_person_alone_gives_no_rate(folder: Path) -> None:
    shutil.rmtree(folder / "S")
    code, _, err = models("evaluate", "--images", folder, "--all-pairs")
    assert (code, "at least two persons" in err) == (1, True)


def test_a_damaged_picture_is_a_failure_to_enrol(folder: Path) -> None:
    (folder / "S" / "S_0002.jpg").write_bytes(b"\xff\xd8\xff no picture")
    code, out, _ = models("evaluate", "--images", folder, "--all-pairs", "--json")
    assert code == 0
    said = json.loads(out)
    assert said["failed"] == {"no-face": 1, "unreadable": 1}
    assert said["failure_to_enrol"] == 0.4
