"""`motion` is given to what has depth and turns, never to what is flat, however it is held."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostiary.controller.samples import portrait
from ostiary.models import liveness
from ostiary.models.measure import frames
from ostiary.models.picture import decode
from ostiary.models.pipeline import FacePipeline

HEAD = np.array([[-0.5, 0, 0], [0.5, 0, 0], [0, 0.6, 0.45], [-0.35, 1.09, 0.1], [0.35, 1.09, 0.1]])


def turned(yaw: float, depth: float = 1.0) -> np.ndarray:
    """Five points of a head, or of a flat picture of it (depth 0), turned aside."""
    angle = np.radians(yaw)
    across = HEAD[:, 0] * np.cos(angle) + HEAD[:, 2] * depth * np.sin(angle)
    return (np.stack([across, HEAD[:, 1]], 1) * 60 + 200).astype(np.float32)


def test_a_head_that_turns_slowly_has_motion() -> None:
    said = liveness.motion([turned(yaw) for yaw in range(0, 36, 5)])
    assert (said.passed, said.level, said.why) == (True, "motion", "")
    assert said.parallax > liveness.PARALLAX


@pytest.mark.parametrize("largest", [0, 20, 60])
def test_a_flat_picture_that_turns_has_none(largest: int) -> None:
    said = liveness.motion([turned(yaw, depth=0.0) for yaw in np.linspace(0, largest, 12)])
    assert (said.passed, said.level, said.why) == (False, "none", "parallax")
    assert said.parallax < 1e-4


def test_a_turn_that_never_faces_the_camera_has_none() -> None:
    said = liveness.motion([turned(yaw) for yaw in range(15, 60, 5)])
    assert (said.passed, said.why) == (False, "facing")
    assert said.parallax > liveness.PARALLAX
    assert liveness.motion([turned(yaw) for yaw in (*range(40, 5, -5), 11)]).passed


def test_a_face_that_becomes_wider_as_it_turns_has_none() -> None:
    stretched = [turned(yaw) * np.float32([1 + yaw / 60, 1]) for yaw in range(0, 41, 5)]
    assert liveness.motion(stretched).why == "wider"


def test_two_prints_exchanged_jump_and_a_look_too_short_counts_for_nothing() -> None:
    exchanged = [turned(yaw + wobble) for yaw in (0, 35) for wobble in (0, 0.5, 1, 1.5)]
    assert liveness.motion(exchanged).why == "steps"
    assert liveness.motion([turned(yaw) for yaw in (0, 10, 20, 30, 35)]).why == "frames"
    assert liveness.motion([]).why == "frames"


@given(st.lists(st.tuples(*[st.floats(-1e4, 1e4, width=32)] * 10), max_size=9))
def test_no_points_break_it(sequence: list[tuple[float, ...]]) -> None:
    said = liveness.motion([np.array(points, np.float32).reshape(5, 2) for points in sequence])
    assert said.passed == (said.why == "")


def test_points_in_one_place_pass_nothing() -> None:
    assert not liveness.motion([np.ones((5, 2), np.float32)] * 8).passed
    assert not liveness.motion([np.full((5, 2), np.nan, np.float32)] * 8).passed


@pytest.mark.parametrize("attack", frames.ATTACKS)
def test_an_attack_made_from_a_portrait_fails(pipeline: FacePipeline, attack: str) -> None:
    rgb = decode(portrait("stranger-1").read_bytes())
    middle = pipeline.look(rgb, embed="none").faces[0].points.mean(0)
    side = min(rgb.shape[0], rgb.shape[1], 400) // 2
    left, top = (max(0, int(edge) - side) for edge in middle)
    made = frames.ATTACKS[attack](rgb[top : top + 2 * side, left : left + 2 * side], np.random.default_rng(1))
    assert len(made) == frames.FRAMES
    watched = pipeline.watch(made)
    assert watched.motion is not None
    assert (watched.motion.passed, watched.motion.level) == (False, "none")
    assert watched.nearest is not None
    assert watched.nearest.liveness == "none"


def test_a_made_head_that_turns_reaches_it_through_the_whole_pipeline(pipeline: FacePipeline) -> None:
    rgb = decode(portrait("member-1").read_bytes())
    points = pipeline.look(rgb, embed="none").faces[0].points
    watched = pipeline.watch(frames.turned_head(rgb, points, np.random.default_rng(1)))
    assert watched.motion is not None
    assert watched.motion.passed, watched.motion
    assert watched.nearest is not None
    assert watched.nearest.liveness == "motion"
    watched.wipe()


@pytest.fixture(scope="module")
def pipeline() -> FacePipeline:
    return FacePipeline.load()


def test_levels_are_ordered_and_closed() -> None:
    assert liveness.enough("sensor", "motion")
    assert liveness.enough("motion", "motion")
    assert not liveness.enough("none", "motion")
    with pytest.raises(ValueError, match="video"):
        liveness.enough("video", "motion")
