"""The named numbers say what they claim, and the bounds sort faults of the capture, not persons."""

import numpy as np
import pytest

from ostiary.models import align, quality


def head(yaw: float) -> np.ndarray:
    """Five points of a rigid head turned aside, seen from far: eyes 1 apart, nose 0.45 before them."""
    solid = np.array([[-0.5, 0, 0], [0.5, 0, 0], [0, 0.5, 0.45], [-0.35, 1, 0.1], [0.35, 1, 0.1]])
    turned = solid[:, 0] * np.cos(yaw) + solid[:, 2] * np.sin(yaw)
    return np.stack([turned, solid[:, 1]], 1) * 100 + 300


@pytest.mark.parametrize("degrees", [0, 10, 25, 40, 60])
@pytest.mark.parametrize("roll", [0.0, 0.6, -2.0])
def test_yaw_is_that_of_the_head_whichever_way_it_leans(degrees: int, roll: float) -> None:
    lean = np.array([[np.cos(roll), -np.sin(roll)], [np.sin(roll), np.cos(roll)]])
    for side in (1, -1):
        points = head(side * np.radians(degrees)) @ lean.T
        assert quality.yaw_deg(points) == pytest.approx(degrees, abs=0.5)
    assert quality.yaw_deg(np.ones((5, 2))) == 90


def nodding(pitch: float) -> np.ndarray:
    """The same head raised or lowered."""
    solid = np.array([[-0.5, 0, 0], [0.5, 0, 0], [0, 0.6, 0.45], [-0.35, 1.09, 0.1], [0.35, 1.09, 0.1]])
    lowered = solid[:, 1] * np.cos(pitch) + solid[:, 2] * np.sin(pitch)
    return np.stack([solid[:, 0], lowered], 1) * 100 + 300


@pytest.mark.parametrize("degrees", [0, 10, 25, 40])
@pytest.mark.parametrize("roll", [0.0, 0.6, -0.7])
def test_pitch_and_roll_are_those_of_the_head(degrees: int, roll: float) -> None:
    lean = np.array([[np.cos(roll), -np.sin(roll)], [np.sin(roll), np.cos(roll)]])
    for side in (1, -1):
        points = nodding(side * np.radians(degrees)) @ lean.T
        assert quality.pitch_deg(points) == pytest.approx(degrees, abs=0.5)
        assert quality.roll_deg(points) == pytest.approx(np.degrees(abs(roll)), abs=0.1)
    assert quality.pitch_deg(np.ones((5, 2))) == 90
    assert quality.pitch_deg(np.array([[0, 0], [2, 0], [1, 1], [0, -2], [2, -2.0]])) == 90


@pytest.mark.parametrize("part", quality._FEATURES)
def test_a_plain_cover_over_an_eye_or_the_mouth_is_seen(part: tuple[int, int, int, int]) -> None:
    face = np.random.default_rng(4).integers(0, 256, (112, 112, 3), np.uint8)
    points = np.array(align.REFERENCE)
    assert quality.measure(face, points)["uncovered"] == pytest.approx(1, abs=0.1)
    left, top, right, bottom = part
    face[top:bottom, left:right] = 120
    covered = quality.measure(face, points)
    missed = quality.unmet(covered)
    assert missed is not None
    assert missed.name == "uncovered"
    assert covered["uncovered"] < 0.2


def test_each_number_falls_with_its_own_fault_alone() -> None:
    """A textured crop, its brightness and its contrast changed: exposure and sharpness must not read skin or light."""
    rng = np.random.default_rng(3)
    texture = rng.normal(0, 1, (112, 112, 1))
    points = np.array(align.REFERENCE) * 2

    def measured(mean: float, contrast: float) -> dict[str, float]:
        face = np.clip(mean + contrast * texture, 0, 255).astype(np.uint8).repeat(3, axis=2)
        return quality.measure(face, points)

    bright, dark, flat = measured(190, 15), measured(60, 15), measured(60, 6)
    for other in (dark, flat):
        assert other["exposure"] == pytest.approx(bright["exposure"], abs=0.01)
        assert other["sharpness"] == pytest.approx(bright["sharpness"], rel=0.05)
    assert measured(255, 40)["exposure"] < 0.5
    assert measured(0, 3)["exposure"] < 0.4
    assert measured(120, 0)["sharpness"] == 0
    assert bright["eye-distance-px"] == pytest.approx(70.5, abs=0.1)
