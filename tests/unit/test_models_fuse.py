"""Fusing takes the best frames, leaves none of them behind, and never two people in one probe."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostiary.models import fuse
from ostiary.models.embed import Probe, similarity

GOOD = {
    "eye-distance-px": 60.0,
    "yaw-deg": 5.0,
    "pitch-deg": 4.0,
    "roll-deg": 2.0,
    "uncovered": 1.0,
    "exposure": 0.99,
    "sharpness": 0.5,
}
TRUE = np.random.default_rng(1).normal(0, 30, 192)


def frame(seed: int, noise: float = 20, **quality: float) -> tuple[Probe, dict[str, float]]:
    vector = TRUE + np.random.default_rng(seed).normal(0, noise, 192)
    named = {name.replace("_", "-"): value for name, value in quality.items()}
    return Probe("a" * 64, "test", np.clip(vector, -128, 127).astype(np.int8), 0.1), GOOD | named


def test_a_fused_probe_is_nearer_to_the_truth_than_its_frames_and_those_are_wiped() -> None:
    frames = [frame(seed) for seed in range(2, 7)]
    alone = max(similarity(probe.vector, TRUE) for probe, _ in frames)
    fused = fuse.fuse(frames, best=5)
    assert similarity(fused.vector, TRUE) > alone
    assert fused.vector.dtype == np.int8
    assert (fused.model, fused.runtime) == ("a" * 64, "test")
    assert not any(probe.vector.any() for probe, _ in frames)


def test_the_best_by_quality_are_taken_whatever_their_order() -> None:
    poor = [frame(seed, noise=200, sharpness=0.26) for seed in (2, 3)]
    fused = fuse.fuse([poor[0], frame(4), poor[1], frame(5)], best=2)
    assert similarity(fused.vector, TRUE) == pytest.approx(
        similarity(fuse.fuse([frame(4), frame(5)], best=2).vector, TRUE), abs=1e-6
    )


def test_two_people_or_two_models_are_refused_and_wiped() -> None:
    stranger = Probe("a" * 64, "test", np.random.default_rng(9).integers(-99, 99, 192).astype(np.int8), 0.1)
    frames = [frame(2), frame(3), (stranger, GOOD | {"sharpness": 0.3})]
    with pytest.raises(fuse.NotOneFace, match="more than one person"):
        fuse.fuse(frames, best=2, alike=0.5)
    assert not any(probe.vector.any() for probe, _ in frames)
    other = Probe("b" * 64, "test", np.ones(192, np.int8), 0.1)
    with pytest.raises(fuse.NotOneFace, match="different models"):
        fuse.fuse([frame(2), (other, GOOD)], best=2)
    assert not other.vector.any()


@pytest.mark.parametrize(("frames", "best"), [([], 1), ([frame(2)], 0)])
def test_nothing_cannot_be_fused(frames: list[tuple[Probe, dict[str, float]]], best: int) -> None:
    with pytest.raises(ValueError, match="at least one"):
        fuse.fuse(frames, best)


@given(st.integers(1, 6), st.integers(1, 8))
def test_a_wiped_frame_does_no_harm(count: int, best: int) -> None:
    frames = [frame(seed) for seed in range(count)]
    frames[0][0].wipe()
    assert fuse.fuse(frames, best).scale > 0


def test_headroom_is_negative_exactly_where_a_bound_is_missed() -> None:
    assert fuse.headroom(GOOD) > 0
    assert fuse.headroom(GOOD | {"yaw-deg": 41.0}) < 0
    assert fuse.headroom(GOOD | {"sharpness": 0.2}) < 0
