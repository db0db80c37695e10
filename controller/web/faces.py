"""The face pipeline for enrolment: loaded at the first face, used in a worker thread, absent without the face extra."""

import asyncio
import importlib.util
from typing import TYPE_CHECKING, Any

from ostiary.controller.web.problem import FaceRefused, FacesAbsent, PictureRefused

if TYPE_CHECKING:
    from ostiary.models.embed import Probe
    from ostiary.models.pipeline import FacePipeline, Look


def installed() -> bool:
    """Whether the face extra is there. The weights are checked when they are loaded, not here."""
    return any(importlib.util.find_spec(runtime) for runtime in ("ai_edge_litert", "tflite_runtime"))


class Faces:
    """One pipeline for the process, and one picture at a time: enrolment must not take the door's cores."""

    def __init__(self) -> None:
        self._pipeline: FacePipeline | None = None
        self._turn = asyncio.Lock()

    async def probe(self, picture: bytes) -> "Probe":
        """The embedding of the one near face in a picture file; the caller wipes it.

        Raises `FacesAbsent`, `PictureRefused` or, with the sentence that tells the person what to do, `FaceRefused`.
        """
        if not installed():
            raise absent()
        async with self._turn:
            return await asyncio.to_thread(self._probe, picture)

    async def hint(self, picture: bytes) -> dict[str, Any]:
        """What a person can do for a better picture, and where their face is: `say`, `good`, and `box` (left, top,
        right, bottom in parts of the picture) or None. Raises as `probe` does, but for a picture that is not good."""
        if not installed():
            raise absent()
        async with self._turn:
            return await asyncio.to_thread(self._hint, picture)

    def _hint(self, picture: bytes) -> dict[str, Any]:
        from ostiary.models.quality import BOUNDS, ONE_FACE

        look, (height, width) = self._look(picture)
        reason, near = look.no_probe, look.nearest
        look.wipe()
        box = max(look.faces, key=lambda face: face.box[2] - face.box[0]).box if near is None and look.faces else None
        box = near.box if near is not None else box
        says = {f"quality-{bound.name}": bound.say for bound in BOUNDS} | {"faces-unclear": ONE_FACE.say}
        parts = None if box is None else [box[0] / width, box[1] / height, box[2] / width, box[3] / height]
        say = "Good. Take the picture." if reason is None else says.get(reason, "Please look into the camera.")
        return {"good": reason is None, "say": say, "box": parts}

    def _look(self, picture: bytes) -> "tuple[Look, tuple[int, int]]":
        from ostiary.models.mistake import Mistake
        from ostiary.models.picture import PictureError, decode
        from ostiary.models.pipeline import FacePipeline

        rgb = None
        try:
            rgb = decode(picture)
            if self._pipeline is None:
                self._pipeline = FacePipeline.load()
            return self._pipeline.look(rgb), (rgb.shape[0], rgb.shape[1])
        except PictureError as error:
            raise PictureRefused(error.what, error.why, error.now) from error
        except Mistake as error:
            raise FacesAbsent(error.what, error.why, error.now) from error
        finally:
            if rgb is not None:
                rgb.fill(0)

    def _probe(self, picture: bytes) -> "Probe":
        look, _ = self._look(picture)
        if look.nearest is None or look.nearest.probe is None:
            look.wipe()
            raise refused(look.no_probe or "face-missing")
        return look.nearest.probe


def absent() -> FacesAbsent:
    return FacesAbsent(
        "Faces are not installed here.",
        "This site runs without the face extra; its doors work with cards.",
        "Enrol with a card, or install the extra: pip install 'ostiary[face]'",
    )


def refused(reason: str) -> FaceRefused:
    """Why no template is made, in the words that the door would use."""
    from ostiary.models.quality import BOUNDS

    for bound in BOUNDS:
        if reason == f"quality-{bound.name}":
            return FaceRefused(
                "The picture is not good enough to compare faces.", f"{bound.name} is out of its bound.", bound.say
            )
    if reason == "faces-unclear":
        return FaceRefused(
            "Several people are about equally near.",
            "Choosing one of them silently could enrol the wrong person.",
            "Use a picture that shows one person.",
        )
    return FaceRefused(
        "No face was found in the picture.",
        "A template needs a face seen from the front, in even light.",
        "Choose another picture, or enrol with a card only.",
    )
