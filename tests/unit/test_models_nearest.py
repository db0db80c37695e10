"""Who stands at the door: the nearest usable face, and nobody where two are about equally near."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostiary.models import quality
from ostiary.models.nearest import CLEARLY_NEARER, FACE_MISSING, FACES_UNCLEAR, nearest

GOOD = {
    "eye-distance-px": 60.0,
    "yaw-deg": 5.0,
    "pitch-deg": 4.0,
    "roll-deg": 2.0,
    "uncovered": 1.0,
    "exposure": 0.99,
    "sharpness": 0.5,
}
BAD = {
    "eye-distance-px": 5.0,
    "yaw-deg": 70.0,
    "pitch-deg": 50.0,
    "roll-deg": 60.0,
    "uncovered": 0.1,
    "exposure": 0.1,
    "sharpness": 0.01,
}


@dataclass(frozen=True)
class Seen:
    quality: dict[str, float]


def seen(**changes: float) -> Seen:
    return Seen(GOOD | {name.replace("_", "-"): value for name, value in changes.items()})


NUMBERS = st.fixed_dictionaries(
    {
        "eye-distance-px": st.floats(0, 500),
        "yaw-deg": st.floats(0, 90),
        "pitch-deg": st.floats(0, 90),
        "roll-deg": st.floats(0, 180),
        "uncovered": st.floats(0, 2),
        "exposure": st.floats(0, 1),
        "sharpness": st.floats(0, 2),
    }
)


def test_nobody_is_missing_and_one_is_chosen() -> None:
    assert nearest([]) == nearest(())
    assert nearest([]).reason == FACE_MISSING
    assert nearest([seen()]).index == 0


@pytest.mark.parametrize("name", [bound.name for bound in quality.BOUNDS])
def test_a_missed_bound_is_the_reason(name: str) -> None:
    choice = nearest([Seen(GOOD | {name: BAD[name]})])
    assert (choice.index, choice.reason) == (None, f"quality-{name}")


@pytest.mark.parametrize(("far", "index", "reason"), [(60 / 1.24, None, FACES_UNCLEAR), (60 / 1.26, 1, None)])
def test_two_about_equally_near_are_unclear(far: float, index: int | None, reason: str | None) -> None:
    choice = nearest([seen(eye_distance_px=far), seen()])
    assert (choice.index, choice.reason) == (index, reason)


def test_a_nearer_face_that_misses_quality_steps_back() -> None:
    assert nearest([seen(eye_distance_px=90, sharpness=0.0), seen()]).index == 1
    assert nearest([seen(eye_distance_px=90, sharpness=0.0), seen(yaw_deg=80)]).reason == "quality-sharpness"


@given(st.lists(NUMBERS.map(Seen), max_size=6))
def test_the_chosen_is_good_and_clearly_nearest_among_the_good(faces: list[Seen]) -> None:
    choice = nearest(faces)
    assert (choice.index is None) != (choice.reason is None)
    good = [face for face in faces if quality.unmet(face.quality) is None]
    if choice.index is None:
        assert choice.reason is not None
        assert (choice.reason == FACES_UNCLEAR) == bool(good)
        assert (choice.reason == FACE_MISSING) == (not faces)
        return
    chosen = faces[choice.index]
    assert chosen in good
    near = chosen.quality["eye-distance-px"]
    assert all(face is chosen or near >= face.quality["eye-distance-px"] * CLEARLY_NEARER for face in good)
