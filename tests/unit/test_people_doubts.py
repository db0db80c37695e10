"""Doubts: whom a face looks like at the stricter point, and for how long and for whom a doubtful face is held."""

from dataclasses import replace

import numpy as np
import pytest

from ostiary.controller.access.alike import alike
from ostiary.controller.access.gallery import Gallery, HeldTemplate
from ostiary.controller.people.doubts import HELD_MS, MOST_HELD, Doubt, Doubts
from ostiary.models.operating import NoOperatingPoint
from tests.unit.test_access_identify import MODEL, OTHER_MODEL, THRESHOLDS, like, threshold, unit

STRICT = THRESHOLDS[1e-5]


def gallery(**vectors: np.ndarray) -> Gallery:
    return Gallery(None, {person: (HeldTemplate(person, MODEL, vector),) for person, vector in vectors.items()})


@pytest.mark.parametrize(("similarity", "found"), [(STRICT + 0.01, ("ada",)), (STRICT - 0.01, ())])
def test_the_stricter_point_decides(similarity: float, found: tuple[str, ...]) -> None:
    assert alike(like(unit(1), similarity), MODEL, None, gallery(ada=unit(1)), threshold) == found


def test_the_likest_comes_first_and_ones_own_face_never() -> None:
    face = unit(1)
    known = gallery(bo=like(face, 0.7, 5), ada=like(face, 0.9, 6), cy=unit(8))
    assert alike(face, MODEL, None, known, threshold) == ("ada", "bo")
    assert alike(face, MODEL, "ada", known, threshold) == ("bo",)


def test_another_model_and_an_unmeasured_point_find_nobody() -> None:
    def unmeasured(model: str, fmr: float) -> float:
        raise NoOperatingPoint("none", "none", "none")

    assert alike(unit(1), OTHER_MODEL, None, gallery(ada=unit(1)), threshold) == ()
    assert alike(unit(1), MODEL, None, gallery(ada=unit(1)), unmeasured) == ()


def test_a_doubt_is_its_enrollers_for_ten_minutes() -> None:
    doubts, vector = Doubts(), unit(1)
    doubts.hold("x", Doubt(vector, MODEL, "test", ("ada",), "anna", HELD_MS), 0)
    assert doubts.find("x", "ben", 0) is None
    assert doubts.find("x", "anna", HELD_MS - 1) is not None
    assert doubts.find("x", "anna", HELD_MS) is None
    assert not vector.any(), "it is wiped"


def test_a_withdrawn_face_ends_the_doubts_about_it() -> None:
    doubts, other = Doubts(), unit(2)
    about_ada = Doubt(unit(1), MODEL, "test", ("ada",), "anna", HELD_MS)
    doubts.hold("x", about_ada, 0)
    doubts.hold("y", replace(about_ada, vector=other, alike=("bo",)), 0)
    doubts.forget_person("ada")
    assert doubts.find("x", "anna", 1) is None and not about_ada.vector.any()
    assert doubts.find("y", "anna", 1) is not None


def test_no_more_are_held_than_the_bound() -> None:
    doubts = Doubts()
    for number in range(MOST_HELD + 1):
        doubts.hold(str(number), Doubt(unit(number), MODEL, "test", ("ada",), "anna", HELD_MS), 0)
    assert doubts.find("0", "anna", 0) is None
    assert doubts.find(str(MOST_HELD), "anna", 0) is not None
