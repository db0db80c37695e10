"""Finds persons of a collection who look like one person under two names; such a label error reads as a false match.

Judged by names and by identical photographs alone: to judge by similarity would remove exactly what is to be counted.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

import numpy as np

SHORTEST = 5  # letters of a word that may differ by one: an initial or a short name tells two people apart


@dataclass(frozen=True, slots=True)
class Suspect:
    """Two persons, as indices (smaller first), who may be one, and why."""

    one: int
    other: int
    reason: str


def suspects(persons: tuple[str, ...], same_photographs: list[tuple[int, int]], person: np.ndarray) -> list[Suspect]:
    """Pairs of persons with the same words in another order, with one letter of a word more, less or other, or with one
    photograph under both names (`same_photographs`: pairs of picture indices, `person` of each picture)."""
    found: dict[tuple[int, int], str] = {}
    plain = [_plain(name) for name in persons]
    seen: dict[tuple[str, ...], int] = {}
    for at, words in enumerate(plain):
        key = tuple(sorted(words))
        if key in seen:
            found.setdefault((seen[key], at), "the same words in another order")
        seen.setdefault(key, at)
    for pair in _one_letter_apart(plain):
        found.setdefault(pair, "one letter apart")
    for one, other in same_photographs:
        a, b = sorted((int(person[one]), int(person[other])))
        if a != b:
            found.setdefault((a, b), "one photograph under both names")
    return [Suspect(one, other, reason) for (one, other), reason in sorted(found.items())]


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


def _plain(name: str) -> list[str]:
    """Words without accents, case and signs: al-Attiyah and Al_Attiyah are spelled alike."""
    letters = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return "".join(letter if letter.isalnum() else " " for letter in letters).split()


def _one_letter_apart(names: list[list[str]]) -> set[tuple[int, int]]:
    """Pairs that differ in one letter of one word of at least SHORTEST letters, found by the words with one letter
    taken out (Mor and Fraenkel, CACM 25, 1982)."""
    by_rest: dict[tuple[tuple[str, ...], str], list[tuple[int, int]]] = {}
    for at, words in enumerate(names):
        for number, word in enumerate(words):
            if len(word) < SHORTEST:
                continue
            others = tuple(sorted(words[:number] + words[number + 1 :]))
            by_rest.setdefault((others, word), []).append((at, -1))
            for cut in range(len(word)):
                by_rest.setdefault((others, word[:cut] + word[cut + 1 :]), []).append((at, cut))
    pairs = set()
    for same in by_rest.values():
        for first, (one, one_cut) in enumerate(same):
            for other, other_cut in same[first + 1 :]:
                # One taken out of each at different places would be two edits.
                if one != other and (one_cut == other_cut or -1 in (one_cut, other_cut)):
                    pairs.add((min(one, other), max(one, other)))
    return pairs
