"""From a visit to the facts of an ask: the picture becomes a probe on this node, and the picture goes no further."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ostiary.firmware.pi.hardware import Visit
from ostiary.protocol import base64url

if TYPE_CHECKING:
    import numpy as np

    from ostiary.models.pipeline import FacePipeline, Look

LOAD_WAIT_S = 20.0
MORE_FRAMES = 4  # after the first; at the camera's 30 a second they take a seventh of a second
MOST_FACES = 32
LONGEST_CARD = 64


class NotAsked(ValueError):
    """Nothing can be asked for this visit; `error` has the three parts for the person."""

    def __init__(self, what: str, why: str, now: str) -> None:
        super().__init__(f"{what} {why} {now}")
        self.error = {"what": what, "why": why, "now": now}


@dataclass(frozen=True, slots=True)
class Seen:
    """Facts for the ask (see `door.session.FACTS`); times in ms, None for what was not done; `wipe` overwrites the
    probe in memory; `asked_to_turn`: the person was asked to turn the head."""

    facts: dict[str, Any]
    ms: Mapping[str, float | None]
    faces: int
    no_probe: str | None
    wipe: Callable[[], None]
    asked_to_turn: bool = False


class Sight:
    """The face pipeline, loaded in the background so that cards work at once; None where faces are not installed."""

    def __init__(self, load: Callable[[], FacePipeline], log: Callable[[str], None]) -> None:
        self._load = load
        self._log = log
        self._pipeline: FacePipeline | None = None
        self._why_not = ""
        self._loaded = threading.Event()

    def start(self) -> None:
        """Begin to load the models in a thread."""
        threading.Thread(target=self._run, name="models", daemon=True).start()

    def see(self, visit: Visit, liveness: str = "none", ask_to_turn: Callable[[], None] = lambda: None) -> Seen:
        """The facts of one visit. A door that asks for the liveness `motion` asks the person to turn the head as soon
        as a face is seen, and looks longer. Raises `NotAsked`: no card and no picture, an unreadable picture, no face
        models."""
        card = visit.card or None
        if card is not None and (len(card) > LONGEST_CARD or not card.isprintable()):
            raise NotAsked(
                "The card was not read.", "Its number is not 1 to 64 characters.", "Hold the card to the reader again."
            )
        if not visit.pictures and visit.pixels is None:
            if card is None:
                raise NotAsked("Nothing was presented.", "There was neither card nor picture.", "Present one of them.")
            return _card_alone(card)
        if not self._loaded.wait(LOAD_WAIT_S) or self._pipeline is None:
            if card is not None:
                return _card_alone(card)
            why = self._why_not or "The face models are still being loaded."
            raise NotAsked("This door cannot look at faces now.", why, "Use a card.")
        return self._look(self._pipeline, visit, card, liveness, ask_to_turn)

    def _look(
        self, pipeline: FacePipeline, visit: Visit, card: str | None, liveness: str, ask_to_turn: Callable[[], None]
    ) -> Seen:
        from ostiary.models.liveness import MOTION, TURN_EVERY_S, TURN_FRAMES
        from ostiary.models.picture import PictureError, decode

        turning, asked_to_turn, decoding_s = liveness == MOTION, False, 0.0

        def decoded(picture: bytes) -> np.ndarray:
            nonlocal decoding_s
            begun = time.perf_counter()
            pixels = decode(picture)
            decoding_s += time.perf_counter() - begun
            return pixels

        def frames() -> Iterator[np.ndarray]:
            nonlocal asked_to_turn
            pictures = map(decoded, visit.pictures)
            yield next(pictures) if visit.pixels is None else visit.pixels
            # The pipeline wants another frame only after a face that it can compare.
            if turning:
                asked_to_turn = True
                ask_to_turn()
            yield from pictures
            if visit.pixels is not None:
                yield from visit.more(*((TURN_FRAMES - 1, TURN_EVERY_S) if turning else (MORE_FRAMES, 0.0)))

        try:
            look = pipeline.watch(_wiped_after(frames()))
        except PictureError as mistake:
            raise NotAsked(mistake.what, mistake.why, mistake.now) from mistake
        facts = _facts(look)
        if card is not None:
            facts["claim"] = {"kind": "card", "value": card}
        ms = {"decode": decoding_s * 1000, **look.ms}
        return Seen(facts, ms, len(look.faces), facts.get("no_probe"), look.wipe, asked_to_turn)

    def _run(self) -> None:
        try:
            self._pipeline = self._load()
        except ImportError as missing:
            self._why_not = "Faces are not installed on this node."
            self._log(f"faces are off: {missing}; cards work. To have them: pip install 'ostiary[face]'")
        except (OSError, ValueError, LookupError) as mistake:
            self._why_not = "The face models of this node cannot be used."
            self._log(f"faces are off: {mistake}; cards work")
        finally:
            self._loaded.set()


def load_pipeline() -> FacePipeline:
    """The real pipeline. Raises ImportError without the face extra, and what `FacePipeline.load` raises."""
    from ostiary.models.pipeline import FacePipeline

    return FacePipeline.load()


def _wiped_after(frames: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
    """Each frame, overwritten when the next is wanted or none is: no picture is kept, in memory either."""
    for frame in frames:
        try:
            yield frame
        finally:
            if frame.flags.writeable:
                frame.fill(0)


def _card_alone(card: str) -> Seen:
    facts = {"credential": "card", "claim": {"kind": "card", "value": card}, "faces": 0}
    nothing_measured = {"decode": None, "detect": None, "align": None, "quality": None, "embed": None}
    return Seen(facts, nothing_measured, 0, None, lambda: None)


def _facts(look: Look) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "credential": "face",
        "faces": min(len(look.faces), MOST_FACES),
        "liveness": {"level": look.nearest.liveness if look.nearest else "none"},
    }
    face = look.nearest
    if face is None or face.probe is None:
        facts["no_probe"] = look.no_probe or "face-missing"
        return facts
    facts["quality"] = {name: round(float(value), 4) for name, value in face.quality.items()}
    facts["probe"] = {
        "model": face.probe.model,
        "runtime": face.probe.runtime,
        "vector": base64url.encode(face.probe.vector.tobytes()),
        "scale": float(face.probe.scale),
    }
    return facts
