"""Finds persons of a collection who look like one person under two names; such a label error reads as a false match."""

from __future__ import annotations

import numpy as np


def one_person(persons: tuple[str, ...]) -> set[tuple[int, int]]:
    """Pairs of indices, smaller first, whose names are the same words in another order: Wang_Yingfan, Yingfan_Wang.
    Judged by the name alone: to judge by similarity would remove exactly what is to be counted."""
    pairs, seen = set(), {}
    for at, name in enumerate(persons):
        words = tuple(sorted(name.lower().split("_")))
        if words in seen:
            pairs.add((seen[words], at))
        seen.setdefault(words, at)
    return pairs


def most_alike(high: np.ndarray, high_persons: np.ndarray, count: int) -> list[tuple[int, int, float, int]]:
    """The pairs of persons with the highest similarity: (one, other, similarity, their comparisons kept), for a human
    to judge. Nothing is left out because of it."""
    best: dict[tuple[int, int], tuple[float, int]] = {}
    for similarity, (one, other) in zip(high, high_persons, strict=True):
        pair = (min(int(one), int(other)), max(int(one), int(other)))
        top, times = best.get(pair, (-1.0, 0))
        best[pair] = (max(top, float(similarity)), times + 1)
    ordered = sorted(best.items(), key=lambda item: -item[1][0])[:count]
    return [(one, other, top, times) for (one, other), (top, times) in ordered]
