"""Measured thresholds keep the rate they are named after, and a rate that nothing stands behind is refused."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ostiary.controller.samples import portrait
from ostiary.models.measure import embeddings, names, rates
from ostiary.models.measure.__main__ import main
from ostiary.models.pipeline import FacePipeline


def crowd(seed: int, persons: int, pictures: int, spread: float = 0.6) -> tuple[np.ndarray, np.ndarray]:
    """Unit vectors around one random centre a person."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(persons, 16))
    person = np.repeat(np.arange(persons), pictures)
    vectors = centres[person] + spread * rng.normal(size=(len(person), 16))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32), person


def every_pair(vectors: np.ndarray, person: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Similarities of all impostor and of all genuine pairs, the slow way."""
    one, other = np.triu_indices(len(vectors), 1)
    similarity = (vectors[one] * vectors[other]).sum(1)
    same = person[one] == person[other]
    return similarity[~same], similarity[same]


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 2**32), st.integers(80, 120), st.integers(2, 3), st.sampled_from([1e-2, 5e-3]))
def test_a_point_keeps_its_rate_and_no_lower_threshold_does(seed: int, persons: int, pictures: int, fmr: float) -> None:
    vectors, person = crowd(seed, persons, pictures)
    comparisons = rates.compare(vectors, person, persons, set())
    impostor, genuine = every_pair(vectors, person)
    assert comparisons.impostors == len(impostor)
    assert len(comparisons.genuine) == len(genuine)
    if int(fmr * len(impostor)) < 60:
        return
    point = rates.operating_point(comparisons, fmr, np.random.default_rng(1), rounds=20)
    assert (impostor >= point.similarity).sum() == pytest.approx(point.false_matches, abs=1)
    assert (impostor >= point.similarity).mean() <= fmr * 1.01
    assert (impostor >= point.similarity - 0.0011).mean() > fmr * 0.99
    assert point.tar == pytest.approx((genuine >= point.similarity).mean(), abs=0.01)
    assert point.fmr_low <= point.fmr_high


def test_the_interval_is_wider_over_persons_than_counting_pairs_would_make_it() -> None:
    """Two look-alikes with ten pictures each give a hundred false matches that are one accident, not a hundred."""
    vectors, person = crowd(5, 150, 10)
    vectors[10:20] = vectors[0:10]
    comparisons = rates.compare(vectors, person, 150, set())
    point = rates.operating_point(comparisons, 1e-3, np.random.default_rng(1), rounds=300)
    counting = 1.96 * np.sqrt(point.false_matches) / comparisons.impostors
    assert point.fmr_high - point.fmr_low > 2.5 * counting


def test_fewer_than_thirty_false_matches_measure_nothing() -> None:
    vectors, person = crowd(1, 100, 2)
    comparisons = rates.compare(vectors, person, 100, set())
    with pytest.raises(rates.TooFewFalseMatches, match="fewer than 30"):
        rates.operating_point(comparisons, 1e-3, np.random.default_rng(1))
    rates.operating_point(comparisons, 4e-3, np.random.default_rng(1), rounds=10)


def test_a_pair_that_is_left_out_is_no_comparison_at_all() -> None:
    vectors, person = crowd(2, 100, 3)
    vectors[3:6] = vectors[0:3]
    everything = rates.compare(vectors, person, 100, set())
    without = rates.compare(vectors, person, 100, {(0, 1)})
    assert everything.impostors - without.impostors == 9
    assert everything.high.max() == pytest.approx(1, abs=1e-5)
    assert not ((without.high_persons == 0).any(1) & (without.high_persons == 1).any(1)).any()
    assert names.most_alike(everything.high, everything.high_persons, 1)[0][:2] == (0, 1)


def test_two_orders_of_one_name_are_one_person_and_alike_names_are_not() -> None:
    persons = ("Ann_Lee", "Bo_Ann_Lee", "Jo_Kim", "Kim_Jo", "Lee_Ann", "Lee_Anna")
    assert names.one_person(persons) == {(0, 4), (2, 3)}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for person, name in (("M", "member-1"), ("M", "member-2"), ("S", "stranger-1"), ("N", "no-face")):
        (tmp_path / "images" / person).mkdir(parents=True, exist_ok=True)
        shutil.copy(portrait(name), tmp_path / "images" / person / portrait(name).name)
    return tmp_path / "images"


def test_a_folder_is_looked_at_once_and_again_when_it_changed(folder: Path, tmp_path: Path) -> None:
    pipeline, cache, told = FacePipeline.load(), tmp_path / "cache.npz", []
    found = embeddings.collect(pipeline, folder, cache, lambda done, total: told.append((done, total)))
    assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert found.persons == ("M", "N", "S")
    assert found.person.tolist() == [0, 0, 2]
    assert found.failed == {"no-face": 1}
    assert found.vectors[0] @ found.vectors[1] > 0.6 > 0.3 > found.vectors[0] @ found.vectors[2]
    again = embeddings.collect(pipeline, folder, cache, lambda done, total: told.append((done, total)))
    assert len(told) == 4
    assert (again.vectors == found.vectors).all()
    assert (again.persons, again.failed) == (found.persons, found.failed)
    (folder / "S" / portrait("stranger-1").name).unlink()
    assert len(embeddings.collect(pipeline, folder, cache, lambda done, total: None).vectors) == 2


def test_the_command_refuses_every_point_of_a_folder_too_small(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--images", str(folder)]) == 1
    said = capsys.readouterr().out
    assert said.count("# refused: ") == 4
    assert "[[operating_point]]" not in said
    assert "1 genuine, 2 impostor comparisons" in said


@pytest.mark.parametrize("alone", ["M", "S"])
def test_one_person_alone_gives_no_rate(folder: Path, capsys: pytest.CaptureFixture[str], alone: str) -> None:
    for other in folder.iterdir():
        if other.name != alone:
            shutil.rmtree(other)
    assert main(["--images", str(folder)]) == 1
    assert "at least two persons" in capsys.readouterr().err


def test_the_command_says_what_is_wrong_with_a_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--images", str(tmp_path)]) == 1
    assert "expected DIR/<person>/<picture>.jpg" in capsys.readouterr().err
