"""Real portraits through the real pipeline: the same person passes, strangers do not, and nobody is invented."""

import shutil
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFilter

from ostiary.controller.samples import portrait
from ostiary.controller.samples.compose import side_by_side
from ostiary.models import align, catalog, detect, landmarks, operating
from ostiary.models.embed import Probe, similarity
from ostiary.models.loader import WrongShape
from ostiary.models.measure import frames
from ostiary.models.picture import decode
from ostiary.models.pipeline import FacePipeline, _looks, _steps

PEOPLE = ("member-1", "member-2", "member-3", "stranger-1", "stranger-2")


@pytest.fixture(scope="module")
def pipeline() -> FacePipeline:
    return FacePipeline.load()


def rgb(name: str) -> np.ndarray:
    return decode(portrait(name).read_bytes())


def resized(picture: np.ndarray, factor: float) -> np.ndarray:
    height, width = picture.shape[:2]
    size = (round(width * factor), round(height * factor))
    return np.array(Image.fromarray(picture).resize(size, Image.Resampling.LANCZOS))


@pytest.fixture(scope="module")
def vectors(pipeline: FacePipeline) -> dict[str, np.ndarray]:
    found = {}
    for name in PEOPLE:
        nearest = pipeline.look(rgb(name)).nearest
        assert nearest is not None
        assert nearest.probe is not None
        found[name] = nearest.probe.vector
    return found


@pytest.mark.parametrize("name", PEOPLE)
def test_each_portrait_shows_one_usable_face(pipeline: FacePipeline, name: str) -> None:
    look = pipeline.look(rgb(name))
    (face,) = look.faces
    assert look.nearest is face
    assert look.no_probe is None
    assert face.liveness == "none"
    assert face.probe is not None
    assert face.probe.model == pipeline.model.sha256
    assert face.probe.runtime == pipeline.runtime
    assert face.probe.vector.dtype == np.int8
    assert face.probe.vector.shape == (pipeline.model.dimensions,)
    assert face.probe.scale > 0
    left, top, right, bottom = face.box
    assert ((face.points > (left, top)) & (face.points < (right, bottom))).all()
    assert set(look.ms) == {"detect", "align", "quality", "embed"}
    assert all(spent > 0 for spent in look.ms.values())


@pytest.mark.parametrize("other", ["member-2", "member-3"])
def test_another_picture_of_the_member_passes_the_strictest_point(
    pipeline: FacePipeline, vectors: dict[str, np.ndarray], other: str
) -> None:
    assert similarity(vectors["member-1"], vectors[other]) > operating.threshold(pipeline.model, 1e-5)


@pytest.mark.parametrize("stranger", ["stranger-1", "stranger-2"])
@pytest.mark.parametrize("member", ["member-1", "member-2", "member-3"])
def test_a_stranger_is_far_from_the_easiest_point(
    pipeline: FacePipeline, vectors: dict[str, np.ndarray], stranger: str, member: str
) -> None:
    assert similarity(vectors[stranger], vectors[member]) < operating.threshold(pipeline.model, 1e-3) - 0.1
    assert similarity(vectors["stranger-1"], vectors["stranger-2"]) < operating.threshold(pipeline.model, 1e-3) - 0.1


def test_a_picture_without_a_face_has_none(pipeline: FacePipeline) -> None:
    look = pipeline.look(rgb("no-face"), embed="all")
    assert (look.faces, look.nearest, look.no_probe) == ((), None, "face-missing")


@pytest.mark.parametrize("pair", [("member-1", "stranger-1"), ("member-3", "stranger-2"), ("member-2", "stranger-1")])
@pytest.mark.parametrize("factor", [1, 0.6])
def test_two_people_are_two_whatever_the_size(pipeline: FacePipeline, pair: tuple[str, str], factor: float) -> None:
    """To overlook one of two would be to choose the other silently."""
    assert len(pipeline.look(resized(side_by_side(rgb(pair[0]), rgb(pair[1])), factor), embed="none").faces) == 2


@pytest.mark.parametrize("order", [("member-1", "stranger-1"), ("stranger-1", "member-1")])
def test_two_equally_near_are_unclear_and_neither_gets_a_probe(pipeline: FacePipeline, order: tuple[str, str]) -> None:
    look = pipeline.look(side_by_side(rgb(order[0]), rgb(order[1])))
    assert len(look.faces) == 2
    assert (look.nearest, look.no_probe) == (None, "faces-unclear")
    assert all(face.probe is None for face in look.faces)


def test_of_two_at_different_distances_the_nearer_is_chosen(
    pipeline: FacePipeline, vectors: dict[str, np.ndarray]
) -> None:
    look = pipeline.look(side_by_side(rgb("stranger-2"), rgb("member-1")))
    assert len(look.faces) == 2
    assert look.nearest is not None
    assert look.nearest is look.faces[0]
    assert look.nearest.probe is not None
    assert look.faces[1].probe is None
    assert similarity(look.nearest.probe.vector, vectors["member-1"]) > 0.9


def test_embed_decides_who_gets_a_probe(pipeline: FacePipeline) -> None:
    both = side_by_side(rgb("member-1"), rgb("stranger-1"))
    assert [face.probe is None for face in pipeline.look(both, embed="all").faces] == [False, False]
    assert [face.probe is None for face in pipeline.look(both, embed="none").faces] == [True, True]
    assert pipeline.look(rgb("member-1"), embed="none").nearest is not None


def within(small: np.ndarray, height: int, width: int, left: int, top: int) -> np.ndarray:
    canvas = np.full((height, width, 3), 127, np.uint8)
    canvas[top : top + small.shape[0], left : left + small.shape[1]] = small
    return canvas


@pytest.mark.parametrize("factor", [0.6, 1, 2, 4])
def test_the_size_of_a_picture_does_not_change_who_it_is(
    pipeline: FacePipeline, vectors: dict[str, np.ndarray], factor: float
) -> None:
    look = pipeline.look(resized(rgb("stranger-1"), factor))
    assert look.nearest is not None
    assert look.nearest.probe is not None
    assert similarity(look.nearest.probe.vector, vectors["stranger-1"]) > 0.9


@pytest.mark.parametrize("place", [(30, 40), (1500, 900), (1700, 60)])
def test_a_person_far_away_in_a_large_picture_is_found_by_parts(
    pipeline: FacePipeline, vectors: dict[str, np.ndarray], place: tuple[int, int]
) -> None:
    """Eyes 35 px apart in 2300: 2 of the detector's 128, which a look at the whole misses."""
    left, top = place
    picture = within(resized(rgb("stranger-1"), 0.8), 1500, 2300, left, top)
    look = pipeline.look(picture)
    (face,) = look.faces
    assert face.probe is not None
    assert face.quality["eye-distance-px"] == pytest.approx(34.6, abs=2)
    assert similarity(face.probe.vector, vectors["stranger-1"]) > 0.9


def test_a_face_that_fills_the_picture_is_found_with_a_frame_around_it(pipeline: FacePipeline) -> None:
    for name in PEOPLE:
        picture = rgb(name)
        left, top, right, bottom = (max(0, round(edge)) for edge in pipeline.look(picture, embed="none").faces[0].box)
        assert len(pipeline.look(picture[top:bottom, left:right], embed="none").faces) == 1


def test_a_person_too_far_away_is_told_to_come_closer(pipeline: FacePipeline) -> None:
    look = pipeline.look(within(resized(rgb("stranger-1"), 0.4), 300, 300, 40, 40))
    assert (look.nearest, look.no_probe) == (None, "quality-eye-distance-px")


SPOILT: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "quality-sharpness": lambda picture: np.array(
        Image.fromarray(picture).filter(ImageFilter.GaussianBlur(picture.shape[0] / 95))
    ),
    "quality-exposure": lambda picture: np.clip(picture.astype(np.uint16) * 3, 0, 255).astype(np.uint8),
}


@pytest.mark.parametrize("reason", SPOILT)
def test_a_spoilt_capture_is_told_its_fault(pipeline: FacePipeline, reason: str) -> None:
    look = pipeline.look(SPOILT[reason](rgb("member-1")))
    assert len(look.faces) == 1
    assert (look.nearest, look.no_probe) == (None, reason)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 2**32), st.integers(1, 700), st.integers(1, 700))
def test_noise_and_plain_pictures_show_nobody(pipeline: FacePipeline, seed: int, height: int, width: int) -> None:
    noise = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    assert pipeline.look(noise, embed="none").no_probe == "face-missing"
    assert pipeline.look(np.full_like(noise, seed % 256), embed="none").no_probe == "face-missing"


@pytest.mark.parametrize(
    "wrong",
    [
        np.zeros((100, 100), np.uint8),
        np.zeros((100, 100, 4), np.uint8),
        np.zeros((100, 100, 3), np.float32),
        np.zeros((0, 100, 3), np.uint8),
    ],
)
def test_what_is_no_rgb_picture_is_refused(pipeline: FacePipeline, wrong: np.ndarray) -> None:
    with pytest.raises(WrongShape, match="uint8"):
        pipeline.look(wrong)


def test_a_look_can_be_wiped_and_the_embedder_keeps_nothing(pipeline: FacePipeline) -> None:
    look = pipeline.look(rgb("member-1"))
    assert look.nearest is not None
    probe = look.nearest.probe
    assert probe is not None
    assert probe.vector.any()
    assert str(probe.vector[0]) not in repr(probe).replace(probe.model, "").replace(str(probe.scale), "")
    for net in (pipeline._detector, pipeline._pointer, pipeline._embedder):
        assert not any(
            net._interpreter.get_tensor(detail["index"]).any() for detail in (net._input, *net._outputs.values())
        )
    look.wipe()
    assert not probe.vector.any()
    assert similarity(probe.vector, probe.vector) == 0


def test_one_look_does_not_colour_the_next(pipeline: FacePipeline, vectors: dict[str, np.ndarray]) -> None:
    pipeline.look(rgb("stranger-2"))
    pipeline.look(rgb("no-face"))
    nearest = pipeline.look(rgb("member-2")).nearest
    assert nearest is not None
    assert nearest.probe is not None
    assert (nearest.probe.vector == vectors["member-2"]).all()


@given(st.floats(1, 3000), st.floats(100, 1500))
def test_parts_cover_a_side_and_overlap_by_half(length: float, side: float) -> None:
    centres = _steps(length, side)
    if side >= length:
        assert centres == [length / 2]
        return
    assert centres[0] == pytest.approx(side / 2)
    assert centres[-1] == pytest.approx(length - side / 2)
    assert all(0 < b - a <= side / 2 + 1e-6 for a, b in pairwise(centres))


@given(st.integers(1, 2560), st.integers(1, 2560))
def test_the_search_of_any_picture_has_a_bound(height: int, width: int) -> None:
    looks = list(_looks(height, width))
    assert looks[0] == [(width / 2, height / 2, max(height, width))]
    assert sum(len(squares) for squares in looks) <= 2 + 3 + 9 + 49 + 225


def test_a_catalogue_folder_with_other_weights_is_refused(tmp_path: Path) -> None:
    shutil.copytree(catalog.FOLDER, tmp_path / "catalog")
    shutil.copytree(catalog.FOLDER.parent / "weights", tmp_path / "weights")
    assert FacePipeline.load(folder=tmp_path / "catalog").model.sha256 == catalog.the_one("embed").sha256
    weights = tmp_path / "weights" / "face-embed-mobilefacenet-192-int8.tflite"
    weights.write_bytes(weights.read_bytes()[:-7])
    with pytest.raises(catalog.WrongModel):
        FacePipeline.load(folder=tmp_path / "catalog")
    weights.unlink()
    with pytest.raises(catalog.MissingModel):
        FacePipeline.load(folder=tmp_path / "catalog")


def framed(picture: np.ndarray, count: int, seed: int = 1) -> list[np.ndarray]:
    return frames.poor(picture, count, np.random.default_rng(seed))


def test_several_frames_make_one_probe_that_is_better_than_most_of_them(
    pipeline: FacePipeline, vectors: dict[str, np.ndarray]
) -> None:
    portrait_of = rgb("stranger-1")[:400, 56:456]
    sequence = framed(portrait_of, 6)
    alone = []
    for frame in sequence:
        nearest = pipeline.look(frame).nearest
        if nearest is not None and nearest.probe is not None:
            alone.append(similarity(nearest.probe.vector, vectors["stranger-1"]))
    watched = pipeline.watch(iter(sequence))
    assert watched.nearest is not None
    assert watched.nearest.probe is not None
    assert watched.faces == (watched.nearest,)
    assert watched.nearest.liveness == "none"  # a still picture
    fused = similarity(watched.nearest.probe.vector, vectors["stranger-1"])
    assert fused > np.mean(alone)
    assert set(watched.ms) == {"detect", "align", "quality", "embed"}
    watched.wipe()
    assert not watched.nearest.probe.vector.any()


def test_two_people_in_one_visit_are_unclear(pipeline: FacePipeline) -> None:
    one, other = framed(rgb("stranger-1")[:400, 56:456], 2), framed(rgb("member-1")[:700], 2)
    watched = pipeline.watch([*one, *other])
    assert (watched.nearest, watched.no_probe) == (None, "faces-unclear")
    assert all(face.probe is None for face in watched.faces)


def test_a_visit_without_frames_or_without_a_face_asks_for_no_more(pipeline: FacePipeline) -> None:
    assert pipeline.watch([]).no_probe == "face-missing"
    empty, taken = np.full((480, 640, 3), 90, np.uint8), []

    def camera() -> Iterator[np.ndarray]:
        for number in range(5):
            taken.append(number)
            yield empty

    assert pipeline.watch(camera()).no_probe == "face-missing"
    assert taken == [0]


def test_every_probe_but_the_fused_one_is_wiped(pipeline: FacePipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[np.ndarray] = []
    embed = Probe.__init__

    def kept(self: Probe, model: str, runtime: str, vector: np.ndarray, scale: float) -> None:
        embed(self, model, runtime, vector, scale)
        made.append(vector)

    monkeypatch.setattr(Probe, "__init__", kept)
    watched = pipeline.watch(framed(rgb("stranger-1")[:400, 56:456], 4))
    assert len(made) == 5
    assert [vector.any() for vector in made] == [False] * 4 + [True]
    watched.wipe()
    assert not made[-1].any()


def test_no_buffer_of_a_look_survives_it(pipeline: FacePipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every square and crop that is cut from the picture is overwritten before the look returns."""
    cuts: list[np.ndarray] = []

    def kept(cut: Callable[..., np.ndarray]) -> Callable[..., np.ndarray]:
        def cutting(*given: object) -> np.ndarray:
            made = cut(*given)
            cuts.append(made)
            return made

        return cutting

    monkeypatch.setattr(detect, "cut", kept(detect.cut))
    monkeypatch.setattr(landmarks, "cut", kept(landmarks.cut))
    monkeypatch.setattr(align, "crop", kept(align.crop))
    look = pipeline.look(rgb("member-1"), embed="all")
    assert len(cuts) >= 5
    assert not any(cut.any() for cut in cuts)
    look.wipe()
