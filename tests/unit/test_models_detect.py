"""Proposals: one for each face, where it is, at any size of square; and a second opinion that says no to hands."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostiary.controller.samples import portrait
from ostiary.models import catalog, detect, landmarks
from ostiary.models.loader import Net
from ostiary.models.picture import decode

BOX = st.tuples(st.floats(0, 100), st.floats(0, 100), st.floats(1, 60), st.floats(1, 60)).map(
    lambda b: (b[0], b[1], b[0] + b[2], b[1] + b[3])
)


@pytest.fixture(scope="module")
def detector() -> Net:
    return Net(catalog.the_one("detect"))


@pytest.fixture(scope="module")
def pointer() -> Net:
    return Net(catalog.the_one("landmarks"))


@given(st.lists(st.tuples(BOX, st.floats(0.5, 1)), max_size=12))
def test_merging_keeps_the_best_and_leaves_no_two_of_one_face(found: list[tuple[tuple[float, ...], float]]) -> None:
    boxes = np.array([box for box, _ in found]).reshape(-1, 4)
    scores = np.array([score for _, score in found])
    merged = detect._merged(boxes, scores)
    assert bool(merged) == bool(found)
    assert [one.score for one in merged] == sorted((one.score for one in merged), reverse=True)
    for one in merged:
        assert one.score in scores
        low, high = boxes.min(0), boxes.max(0)
        assert all(low[k] - 1e-9 <= one.box[k] <= high[k] + 1e-9 for k in range(4))
    if found:
        assert merged[0].score == scores.max()


def test_two_boxes_of_one_face_are_averaged_by_score_and_two_faces_are_not() -> None:
    boxes = np.array([[0, 0, 10, 10], [2, 0, 12, 10], [50, 50, 60, 60]], float)
    first, second = detect._merged(boxes, np.array([0.9, 0.6, 0.7]))
    assert first.box == pytest.approx((0.8, 0, 10.8, 10))
    assert second.box == (50, 50, 60, 60)


def test_the_overlap_of_boxes() -> None:
    boxes = np.array([[0, 0, 10, 10], [5, 0, 15, 10], [10, 10, 20, 20], [3, 3, 3, 9]], float)
    assert detect.overlap(boxes[0], boxes) == pytest.approx([1, 1 / 3, 0, 0])


def test_the_anchors_are_those_of_the_model() -> None:
    anchors = detect._anchors()
    assert anchors.shape == (896, 2)
    assert anchors[0] == pytest.approx([1 / 32, 1 / 32])
    assert anchors[2] == pytest.approx([3 / 32, 1 / 32])
    assert anchors[512] == pytest.approx([1 / 16, 1 / 16])
    assert anchors[-1] == pytest.approx([15 / 16, 15 / 16])


@pytest.mark.parametrize("side", [360, 450, 512, 700])
@pytest.mark.parametrize("shift", [0, -40, 60])
def test_a_face_is_found_at_its_place_whatever_square_is_searched(
    detector: Net, pointer: Net, side: int, shift: int
) -> None:
    """The points of stranger-1 were read off the picture by eye: a wrong undoing of the clipped heads, a shifted anchor
    or a cut that moves pixels would land elsewhere."""
    rgb = decode(portrait("stranger-1").read_bytes())
    (proposal,) = detect.propose(detector, rgb, 256 + shift, 220 + shift, side)
    located = landmarks.locate(pointer, rgb, proposal)
    assert located is not None
    by_hand = np.array([[203.7, 101.3], [246.3, 103.8], [225.5, 129.2], [203.7, 140.2], [244.7, 141.8]])
    assert np.abs(located.points - by_hand).max() < 3
    assert located.face > 0.95


def test_crossed_hands_are_proposed_and_turned_down(detector: Net, pointer: Net) -> None:
    """The square shows member-3's crossed arms, which the detector takes for a face at 0.8."""
    rgb = decode(portrait("member-3").read_bytes())
    proposals = detect.propose(detector, rgb, 187, 562, 150)
    assert proposals
    assert [landmarks.locate(pointer, rgb, proposal) for proposal in proposals] == [None] * len(proposals)


def test_a_proposal_that_leads_out_of_the_picture_is_no_face(pointer: Net) -> None:
    rgb = np.full((200, 200, 3), 90, np.uint8)
    for box in ((900.0, 900.0, 990.0, 990.0), (0.0, 0.0, 0.5, 0.5), (-5000.0, -5000.0, 5000.0, 5000.0)):
        assert landmarks.locate(pointer, rgb, detect.Proposal(box, 0.9)) is None
