"""Error rates of all comparisons in a collection, and thresholds that keep one (ISO/IEC 19795-1): pure arithmetic."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ostiary.models.catalog import OperatingPoint
from ostiary.models.operating import MIN_FALSE_MATCHES


@dataclass(frozen=True, slots=True, eq=False)
class Comparisons:
    """Every pair of pictures: the similarities of genuine pairs, and those of impostor pairs that could matter (the
    highest) with both persons; `impostors` counts all of them, `pictures` those of each person."""

    genuine: np.ndarray
    high: np.ndarray
    high_persons: np.ndarray
    impostors: int
    pictures: np.ndarray


class TooFewPictures(ValueError):
    """Nobody has two pictures, or there is only one person: there is no rate to measure."""


class TooFewFalseMatches(ValueError):
    """Fewer than MIN_FALSE_MATCHES stand behind the asked rate: counting them says nothing about it."""


def compare(vectors: np.ndarray, person: np.ndarray, persons: int, left_out: set[tuple[int, int]]) -> Comparisons:
    """All pairs of unit `vectors` (n, d). Pairs of persons in `left_out` (smaller index first) are no pairs at all.
    Raises TooFewPictures."""
    if not 1 < len(set(person.tolist())) < len(person):
        raise TooFewPictures("Thresholds need at least two persons, and two usable pictures of one of them.")
    genuine, high, high_persons = [], [], []
    impostors = 0
    excluded = np.zeros((persons, persons), bool)
    for one, other in left_out:
        excluded[one, other] = excluded[other, one] = True
    floor = _floor(vectors)
    for at in range(len(vectors) - 1):
        similarity = vectors[at + 1 :] @ vectors[at]
        others = person[at + 1 :]
        same = others == person[at]
        genuine.append(similarity[same])
        impostor = ~same & ~excluded[person[at], others]
        impostors += int(impostor.sum())
        keep = impostor & (similarity >= floor)
        high.append(similarity[keep])
        high_persons.append(np.stack([np.full(keep.sum(), person[at]), others[keep]], 1))
    return Comparisons(
        np.concatenate(genuine),
        np.concatenate(high),
        np.concatenate(high_persons),
        impostors,
        np.bincount(person, minlength=persons),
    )


def operating_point(
    comparisons: Comparisons, fmr: float, rng: np.random.Generator, rounds: int = 1000
) -> OperatingPoint:
    """The lowest similarity, of three decimals, whose false match rate is at most `fmr`.

    The interval is the 95 % percentile interval of the false match rate at that similarity when persons are drawn with
    replacement `rounds` times: comparisons of one person are not independent, persons are. Raises TooFewFalseMatches.
    """
    allowed = int(fmr * comparisons.impostors)
    if allowed < MIN_FALSE_MATCHES:
        raise TooFewFalseMatches(
            f"FMR {fmr:g} of {comparisons.impostors:,} impostor comparisons is {allowed} false matches: "
            f"fewer than {MIN_FALSE_MATCHES} measure nothing."
        )
    ordered = np.sort(comparisons.high)[::-1]
    if len(ordered) <= allowed:
        raise ValueError(f"FMR {fmr:g} lies below the similarities that were kept")
    similarity = float(np.floor(ordered[allowed] * 1000) + 1) / 1000
    matched = comparisons.high_persons[comparisons.high >= similarity]
    if len(matched) < MIN_FALSE_MATCHES:
        raise TooFewFalseMatches(f"FMR {fmr:g} leaves {len(matched)} false matches at {similarity}.")
    low, high = _interval(matched, comparisons.pictures, rng, rounds)
    return OperatingPoint(
        fmr=fmr,
        similarity=similarity,
        tar=float((comparisons.genuine >= similarity).mean()),
        false_matches=len(matched),
        fmr_low=low,
        fmr_high=high,
    )


def _interval(matched: np.ndarray, pictures: np.ndarray, rng: np.random.Generator, rounds: int) -> tuple[float, float]:
    persons = len(pictures)
    rates = []
    for _ in range(rounds):
        weight = np.bincount(rng.integers(0, persons, persons), minlength=persons).astype(np.float64)
        drawn = weight * pictures
        comparisons = (drawn.sum() ** 2 - (drawn**2).sum()) / 2
        rates.append(float((weight[matched[:, 0]] * weight[matched[:, 1]]).sum() / comparisons))
    low, high = np.percentile(rates, [2.5, 97.5])
    return float(low), float(high)


def _floor(vectors: np.ndarray) -> float:
    """A similarity that one pair in twenty exceeds, from some thousand pairs: only the pairs above it are kept."""
    step = max(1, len(vectors) // 300)
    some = vectors[::step]
    similarity = some @ some.T
    return float(np.quantile(similarity[np.triu_indices(len(some), 1)], 0.95))
