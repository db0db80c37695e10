"""Shows the `motion` level attacks that were made from pictures, and counts how many it lets through."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ostiary.models import liveness
from ostiary.models.measure import frames
from ostiary.models.pipeline import FacePipeline


@dataclass(frozen=True, slots=True)
class Attacked:
    """Of `shown` sequences `passed` reached the level; `largest` parallax of any, in eye distances."""

    name: str
    shown: int
    passed: int
    largest: float


def attack(
    pipeline: FacePipeline, pictures: list[np.ndarray], seed: int, told: Callable[[int, int], None]
) -> list[Attacked]:
    """Every attack of `frames.ATTACKS` with every picture, uint8 (height, width, 3)."""
    total, done, found = len(frames.ATTACKS) * len(pictures), 0, []
    for number, (name, make) in enumerate(frames.ATTACKS.items()):
        passed, largest = 0, 0.0
        for at, rgb in enumerate(pictures):
            look = pipeline.watch(make(rgb, np.random.default_rng((seed, number, at))))
            if look.motion is not None:
                passed += look.motion.passed
                largest = max(largest, look.motion.parallax)
            look.wipe()
            done += 1
            told(done, total)
        found.append(Attacked(name, len(pictures), passed, largest))
    return found


def turning(
    pipeline: FacePipeline, pictures: list[np.ndarray], seed: int, told: Callable[[int, int], None]
) -> Attacked:
    """What the level is to let through: `frames.turned_head` of every picture whose face looks at the camera."""
    shown, passed, largest = 0, 0, 0.0
    for at, rgb in enumerate(pictures):
        face = pipeline.look(rgb, embed="none").nearest
        if face is not None and face.quality["yaw-deg"] <= liveness.LARGEST_FACING_DEG:
            look = pipeline.watch(frames.turned_head(rgb, face.points, np.random.default_rng((seed, at))))
            look.wipe()
            shown += 1
            if look.motion is not None:
                passed += look.motion.passed
                largest = max(largest, look.motion.parallax)
        told(at + 1, len(pictures))
    return Attacked("made head that turns", shown, passed, largest)


NO_RATE = (
    "No rate can be claimed for living people: none were measured. A replayed video of a turning head passes, and a "
    "mask may."
)


def markdown(found: list[Attacked], heads: Attacked) -> str:
    """The card's section, of `attack` and `turning`."""
    lines = [
        "### Attacks on the liveness level `motion`",
        "",
        f"Sequences of {frames.FRAMES} frames made from still pictures, {found[0].shown} of each kind. The level asks "
        f"for a parallax of {liveness.PARALLAX} eye distances between a frame that looks at the camera, within "
        f"{liveness.LARGEST_FACING_DEG:.0f} degrees, and one in which the face is no wider.",
        "",
        "| attack | shown | passed | largest parallax |",
        "|---|---|---|---|",
        *(f"| {attack.name} | {attack.shown} | {attack.passed} | {attack.largest:.3f} |" for attack in found),
        "",
        f"For comparison, {heads.shown} heads made from those of the pictures that look at the camera, laid over an "
        f"ellipsoid with a nose and turned aside and back: {heads.passed} passed. A person turns otherwise, so that is "
        "no rate either.",
        "",
        f"{NO_RATE} The level is no presentation-attack detection (ISO/IEC 30107-3) and gives nobody more attempts.",
    ]
    return "\n".join(lines)
