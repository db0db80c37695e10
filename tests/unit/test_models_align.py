"""The alignment is the similarity it claims to be, and puts a real face where the embedder expects it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostiary.models import align
from ostiary.models.square import cut

REFERENCE = np.array(align.REFERENCE)
ANGLE = st.floats(-3.1, 3.1)
SCALE = st.floats(0.05, 20)
SHIFT = st.tuples(st.floats(-2000, 2000), st.floats(-2000, 2000))


def moved(points: np.ndarray, angle: float, scale: float, shift: tuple[float, float]) -> np.ndarray:
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return points @ turn.T + shift


@given(ANGLE, SCALE, SHIFT)
def test_a_turned_scaled_and_shifted_shape_is_brought_back(
    angle: float, scale: float, shift: tuple[float, float]
) -> None:
    matrix = align.similarity(moved(REFERENCE, angle, scale, shift), REFERENCE)
    back = moved(REFERENCE, angle, scale, shift) @ matrix[:, :2].T + matrix[:, 2]
    assert np.abs(back - REFERENCE).max() < 1e-6


@given(st.lists(st.tuples(st.floats(0, 100), st.floats(0, 100)), min_size=5, max_size=5), ANGLE, SCALE, SHIFT)
def test_no_other_similarity_is_closer(
    target: list[tuple[float, float]], angle: float, scale: float, shift: tuple[float, float]
) -> None:
    wanted = np.array(target)
    matrix = align.similarity(REFERENCE, wanted)
    best = ((REFERENCE @ matrix[:, :2].T + matrix[:, 2] - wanted) ** 2).sum()
    assert best <= ((moved(REFERENCE, angle, scale, shift) - wanted) ** 2).sum() + 1e-6
    assert np.linalg.det(matrix[:, :2]) >= 0  # never a reflection


def test_one_point_five_times_has_no_alignment() -> None:
    with pytest.raises(ValueError, match="coincide"):
        align.similarity(np.ones((5, 2)), REFERENCE)


def painted(points: np.ndarray, height: int, width: int) -> np.ndarray:
    """A black picture with a soft spot of its own brightness at each point."""
    y, x = np.mgrid[:height, :width]
    spots = [180 * np.exp(-((x - px) ** 2 + (y - py) ** 2) / 18) for px, py in points]
    return np.repeat(np.clip(sum(spots), 0, 255).astype(np.uint8)[:, :, None], 3, axis=2)


@pytest.mark.parametrize(("angle", "scale"), [(0, 1), (0.5, 1.7), (-1.2, 2.5), (3.0, 1.3)])
def test_the_crop_shows_the_points_at_their_places(angle: float, scale: float) -> None:
    points = moved(REFERENCE, angle, scale, (0, 0))
    points += 300 - points.mean(0)
    face = align.crop(painted(points, 600, 600), points.astype(np.float32))
    assert face.shape == (112, 112, 3)
    for x, y in REFERENCE:
        place = face[round(y) - 8 : round(y) + 9, round(x) - 8 : round(x) + 9, 0].astype(float)
        grid = np.arange(-8, 9)
        assert (place.sum(0) * grid).sum() / place.sum() == pytest.approx(x - round(x), abs=1)
        assert (place.sum(1) * grid).sum() / place.sum() == pytest.approx(y - round(y), abs=1)


@given(st.floats(-50, 250), st.floats(-50, 250), st.floats(1, 2000), st.sampled_from([48, 128]), st.integers(1, 300))
def test_a_square_anywhere_has_the_asked_size(x: float, y: float, side: float, into_px: int, width: int) -> None:
    assert cut(np.zeros((200, width, 3), np.uint8), x, y, side, into_px).shape == (into_px, into_px, 3)


@pytest.mark.parametrize("side", [60, 128, 300, 900, 2000])
def test_a_square_keeps_places_whatever_it_is_reduced_by(side: int) -> None:
    """A spot a quarter of the square right of and below its centre is found there, averaged or not."""
    y, x = np.mgrid[:1400, :1400]
    at_x, at_y = 700 + side / 4, 650 + side / 4
    spot = 250 * np.exp(-((x - at_x) ** 2 + (y - at_y) ** 2) / (2 * (side / 25) ** 2))
    got = cut(np.repeat(spot.astype(np.uint8)[:, :, None], 3, axis=2), 700, 650, side, 128)[:, :, 0].astype(float)
    grid = np.arange(128)
    assert (got.sum(0) * grid).sum() / got.sum() == pytest.approx(96, abs=0.8)
    assert (got.sum(1) * grid).sum() / got.sum() == pytest.approx(96, abs=0.8)


def test_a_reduced_square_is_averaged_and_not_sampled() -> None:
    """Lines of one pixel, black and white: sampling would give stripes or one of both."""
    lines = np.zeros((1280, 1280, 3), np.uint8)
    lines[:, ::2] = 200
    inner = cut(lines, 640, 640, 1280, 128)[4:-4, 4:-4]
    assert np.abs(inner.astype(int) - 100).max() <= 2


def test_outside_the_picture_is_black_and_a_square_of_no_size_is_refused() -> None:
    white = np.full((100, 100, 3), 255, np.uint8)
    assert cut(white, 5000, 5000, 100, 48).max() == 0
    wide = cut(white, 50, 50, 200, 128)
    assert wide[64, 64, 0] == 255
    assert wide[2, 2, 0] == 0
    for side in (0, -3, float("nan"), float("inf")):
        with pytest.raises(ValueError, match="side"):
            cut(white, 50, 50, side, 48)
