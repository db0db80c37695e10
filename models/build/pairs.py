"""Error rates of one way to compare beside another, over the same pairs and the same drawn persons."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

ROUNDS = 500
SEED = 19795


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """Similarities of all genuine pairs with their person, the highest impostor pairs with both persons, how many
    impostor pairs there are, and each person's pictures."""

    genuine: np.ndarray
    genuine_person: np.ndarray
    high: np.ndarray
    high_persons: np.ndarray
    impostors: int
    pictures: np.ndarray


def pairs(one: np.ndarray, other: np.ndarray, person: np.ndarray) -> Pairs:
    """All pairs of pictures, each both ways: rows of `one` (n, d) are the probes, rows of `other` the templates."""
    a, b = _unit(one), _unit(other)
    similarity = a @ b.T
    first, second = np.triu_indices(len(person), 1)
    both = np.concatenate([similarity[first, second], similarity[second, first]])
    first, second = np.concatenate([first, second]), np.concatenate([second, first])
    same = person[first] == person[second]
    high = np.flatnonzero(~same & (both > np.quantile(both[~same], 0.99)))
    return Pairs(
        both[same],
        person[first[same]],
        both[high],
        np.stack([person[first[high]], person[second[high]]], 1),
        int((~same).sum()),
        np.bincount(person),
    )


def threshold(found: Pairs, fmr: float) -> float:
    """The similarity above which a share of `fmr` of the impostor pairs lies."""
    return float(np.sort(found.high)[::-1][int(fmr * found.impostors)])


def tar(found: Pairs, fmr: float) -> float:
    """The share of genuine pairs above that threshold."""
    return float((found.genuine > threshold(found, fmr)).mean())


def difference(found: Pairs, reference: Pairs, fmr: float) -> tuple[float, float, float]:
    """TAR of `found` less that of `reference`, each at its own threshold for `fmr`, and the paired 95 % interval: both
    see the same persons, drawn with replacement ROUNDS times."""
    rng = np.random.default_rng(SEED)
    present = np.flatnonzero(found.pictures)
    drawn = []
    for _ in range(ROUNDS):
        weight = np.bincount(rng.choice(present, len(present)), minlength=len(found.pictures)).astype(np.float64)
        drawn.append(_weighted_tar(found, fmr, weight) - _weighted_tar(reference, fmr, weight))
    low, high = np.percentile(drawn, [2.5, 97.5])
    return tar(found, fmr) - tar(reference, fmr), float(low), float(high)


def _weighted_tar(found: Pairs, fmr: float, weight: np.ndarray) -> float:
    order = np.argsort(-found.high)
    matched = np.cumsum((weight[found.high_persons[:, 0]] * weight[found.high_persons[:, 1]])[order])
    drawn = weight * found.pictures
    impostors = drawn.sum() ** 2 - (drawn**2).sum()  # each pair both ways
    at = min(int(np.searchsorted(matched, fmr * impostors)), len(order) - 1)
    genuine = weight[found.genuine_person]
    return float((genuine * (found.genuine > found.high[order[at]])).sum() / genuine.sum())


def _unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
