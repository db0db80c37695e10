"""Measured thresholds keep the rate they are named after, and a rate that nothing stands behind is refused."""

import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ostiary.controller.samples import portrait
from ostiary.models.measure import duplicates, embeddings, gain, names, rates
from ostiary.models.picture import decode
from ostiary.models.pipeline import FacePipeline

sys.path.insert(0, str(Path(__file__).parent))  # the name `tests` belongs to a dependency

from faces_folder import faces_folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return faces_folder(tmp_path / "images")


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
    measured = rates.operating_point(comparisons, fmr, np.random.default_rng(1), rounds=20)
    point = measured.point
    assert (impostor >= point.similarity).sum() == pytest.approx(point.false_matches, abs=1)
    assert (impostor >= point.similarity).mean() <= fmr * 1.01
    assert (impostor >= point.similarity - 0.0011).mean() > fmr * 0.99
    assert point.tar == pytest.approx((genuine >= point.similarity).mean(), abs=0.01)
    assert point.fmr_low <= point.fmr_high
    assert measured.tar_low <= measured.tar_high
    curve = rates.curve(comparisons)
    at = int(np.searchsorted(curve.similarity, point.similarity - 1e-9))
    assert curve.fmr[at] == pytest.approx((impostor >= point.similarity).mean(), rel=0.02)
    assert curve.fnmr[at] == pytest.approx(1 - point.tar, abs=0.01)
    assert list(curve.fmr) == sorted(curve.fmr, reverse=True)
    assert list(curve.fnmr) == sorted(curve.fnmr)


def test_the_interval_is_wider_over_persons_than_counting_pairs_would_make_it() -> None:
    """Two look-alikes with ten pictures each give a hundred false matches that are one accident, not a hundred."""
    vectors, person = crowd(5, 150, 10)
    vectors[10:20] = vectors[0:10]
    comparisons = rates.compare(vectors, person, 150, set())
    point = rates.operating_point(comparisons, 1e-3, np.random.default_rng(1), rounds=300).point
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


def test_a_copy_of_a_photograph_proves_nothing() -> None:
    vectors, person = crowd(2, 100, 3)
    everything = rates.compare(vectors, person, 100, set())
    without = rates.compare(vectors, person, 100, set(), {(0, 1), (2, 3)})
    assert len(everything.genuine) - len(without.genuine) == 1
    assert everything.impostors - without.impostors == 1


def test_the_two_rates_meet_where_they_are_equal() -> None:
    genuine, impostor = np.array([0.9, 0.8, 0.7, 0.3]), np.array([0.1, 0.2, 0.4, 0.0])
    assert rates.equal_error_rate(genuine, impostor) == pytest.approx(0.25)
    assert rates.equal_error_rate(np.array([0.9]), np.array([0.1])) == 0
    assert rates.tar_at(genuine, impostor, 0.25) == 1
    assert rates.tar_at(genuine, impostor, 0.01) == 0.75


def suspects(persons: tuple[str, ...]) -> dict[tuple[int, int], str]:
    return {(found.one, found.other): found.reason for found in names.suspects(persons, [], np.array([], int))}


def test_two_orders_or_spellings_of_one_name_are_suspected_and_alike_names_are_not() -> None:
    persons = ("Ann_Lee", "Bo_Ann_Lee", "Jo_Kim", "Kim_Jo", "Lee_Ann", "Lee_Anna", "Ann_X_Lee", "Ann_XY_Lee")
    assert suspects(persons) == dict.fromkeys([(0, 4), (2, 3)], "the same words in another order")
    spelled = ("Mohamed_Brown", "Mohammed_Brown", "Brown_Mohamad", "Nohammet_Brown", "Mohammed_Braun")
    assert suspects(spelled) == dict.fromkeys([(0, 1), (0, 2)], "one letter apart")
    assert suspects(("José_al-Attar", "Jose_Al_Attar")) == {(0, 1): "the same words in another order"}


def test_one_photograph_under_two_names_is_found_by_its_pixels() -> None:
    rgb = decode(portrait("member-1").read_bytes())
    copy = np.clip(rgb[4:-4, 4:-4].astype(np.int16) + 3, 0, 255).astype(np.uint8)
    another = decode(portrait("member-2").read_bytes())
    prints = np.array([duplicates.print_of(picture) for picture in (rgb, another, copy)])
    pairs = duplicates.same_photograph(prints)
    assert pairs == [(0, 2)]
    (found,) = names.suspects(("A", "B", "C"), pairs, np.array([0, 1, 2]))
    assert (found.one, found.other, found.reason) == (0, 2, "one photograph under both names")


def test_several_templates_are_judged_on_the_same_probes() -> None:
    vectors, person = crowd(7, 120, 6, spread=1.0)
    found = gain.templates(vectors, person, set(), 1e-2, np.random.default_rng(1))
    assert found is not None
    assert found.persons == 120
    one, two, three = found.tar.values()
    assert one < two < three
    assert all(low <= more <= high for more, low, high in found.more.values())
    assert gain.templates(vectors, person, set(), 1e-4, np.random.default_rng(1)) is None


def test_a_folder_is_looked_at_picture_by_picture(folder: Path) -> None:
    told: list[tuple[int, int]] = []
    files = embeddings.pictures(folder)
    found = embeddings.collect(FacePipeline.load(), files, lambda done, total: told.append((done, total)))
    assert told == [(0, 4), (1, 4), (2, 4), (3, 4), (4, 4)]
    assert found.persons == ("M", "N", "S")
    assert found.person.tolist() == [0, 0, 2]
    assert found.failed == {"N_0001": "no-face"}
    assert found.files == ("M_0001", "M_0002", "S_0001")
    assert found.pictures == 4
    assert found.vectors[0] @ found.vectors[1] > 0.6 > 0.3 > found.vectors[0] @ found.vectors[2]
    with pytest.raises(FileNotFoundError, match="expected DIR/<person>/<picture>"):
        embeddings.pictures(folder / "M")
