"""What more pictures bring: several templates a person, and several frames of one visit fused into one probe."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ostiary.models import fuse
from ostiary.models.measure import frames
from ostiary.models.measure.rates import tar_at
from ostiary.models.pipeline import FacePipeline

TEMPLATES = {"one template": 1, "best of two": 2, "best of three": 3}
FRAMES, BEST = 5, 3


@dataclass(frozen=True, slots=True)
class Gain:
    """True accept rate of each way at the same FMR, over the same probes, and its difference to the first way with the
    95 % interval over persons."""

    fmr: float
    persons: int
    impostors: int
    tar: dict[str, float]
    more: dict[str, tuple[float, float, float]]


def templates(
    vectors: np.ndarray, person: np.ndarray, left_out: set[tuple[int, int]], fmr: float, rng: np.random.Generator
) -> Gain | None:
    """Persons with more pictures than TEMPLATES enrol one, two or three of them; the rest are probes, and so are all
    pictures of everybody else. A score is the best of a person's templates. None when too few false matches stand
    behind `fmr`."""
    counts = np.bincount(person)
    most = max(TEMPLATES.values())
    enrolled = np.flatnonzero(counts > most)
    shuffled = {int(who): rng.permutation(np.flatnonzero(person == who)) for who in enrolled}
    genuine: dict[str, list[np.ndarray]] = {way: [] for way in TEMPLATES}
    impostor: dict[str, list[np.ndarray]] = {way: [] for way in TEMPLATES}
    owner = []
    excluded = left_out | {(b, a) for a, b in left_out}
    for who, mine in shuffled.items():
        others = person != who
        for a, b in excluded:
            if a == who:
                others &= person != b
        for way, k in TEMPLATES.items():
            best = (vectors @ vectors[mine[:k]].T).max(1)
            genuine[way].append(best[mine[most:]])
            impostor[way].append(best[others])
        owner.append(np.full(len(mine) - most, who))
    if not owner or sum(len(part) for part in impostor["one template"]) * fmr < 30:
        return None
    return _gain(
        {way: np.concatenate(parts) for way, parts in genuine.items()},
        {way: np.concatenate(parts) for way, parts in impostor.items()},
        np.concatenate(owner),
        fmr,
        rng,
    )


def fused(
    pipeline: FacePipeline,
    pictures: list[tuple[np.ndarray, np.ndarray]],
    fmr: float,
    rng: np.random.Generator,
) -> Gain | None:
    """`pictures`: for each person the unit vector of one picture (the template) and the pixels of another, from which
    FRAMES frames of a poor camera are made (`frames.poor`). None when too few false matches stand behind `fmr`."""
    ways = ("1 frame", f"{FRAMES} frames fused", f"best {BEST} of {FRAMES} fused")
    probes: dict[str, list[np.ndarray]] = {way: [] for way in ways}
    kept = []
    for template, rgb in pictures:
        looks = [pipeline.look(frame, embed="all") for frame in frames.poor(rgb, FRAMES, rng)]
        seen = [look.nearest for look in looks if look.nearest is not None and look.nearest.probe is not None]
        if not seen:
            continue
        kept.append(template)
        for way, count, best in zip(ways, (1, FRAMES, FRAMES), (1, FRAMES, BEST), strict=True):
            # Fusing wipes what it is given, and the next way wants the same frames.
            chosen = [
                (replace(face.probe, vector=face.probe.vector.copy()), face.quality)
                for face in seen[:count]
                if face.probe
            ]
            probe = fuse.fuse(chosen, best)
            vector = probe.vector.astype(np.float32)
            probes[way].append(vector / np.linalg.norm(vector))
    count = len(kept)
    if count * (count - 1) * fmr < 30:
        return None
    gallery, same = np.array(kept), np.eye(count, dtype=bool)
    scores = {way: np.array(made) @ gallery.T for way, made in probes.items()}
    return _gain(
        {way: table[same] for way, table in scores.items()},
        {way: table[~same] for way, table in scores.items()},
        np.arange(count),
        fmr,
        rng,
    )


def _gain(
    genuine: dict[str, np.ndarray],
    impostor: dict[str, np.ndarray],
    owner: np.ndarray,
    fmr: float,
    rng: np.random.Generator,
) -> Gain:
    passed = {}
    for way, scores in genuine.items():
        passed[way] = scores > np.sort(impostor[way])[::-1][int(fmr * len(impostor[way]))]
    first = next(iter(passed))
    persons, index = np.unique(owner, return_inverse=True)
    more = {}
    for way, right in passed.items():
        if way == first:
            continue
        difference = np.bincount(index, right.astype(float) - passed[first], len(persons))
        each = np.bincount(index, minlength=len(persons))
        drawn = rng.integers(0, len(persons), (1000, len(persons)))
        rates = difference[drawn].sum(1) / each[drawn].sum(1)
        low, high = np.percentile(rates, [2.5, 97.5]).tolist()
        more[way] = (float(right.mean() - passed[first].mean()), low, high)
    tar = {way: tar_at(genuine[way], impostor[way], fmr) for way in genuine}
    return Gain(fmr, len(persons), len(impostor[first]), tar, more)
