"""Error rates of all comparisons in a collection, and thresholds that keep one (ISO/IEC 19795-1): pure arithmetic."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ostiary.models.catalog import MIN_FALSE_MATCHES, OperatingPoint

BINS = 2000  # of similarity from -1 to 1: a thousandth each


@dataclass(frozen=True, slots=True, eq=False)
class Comparisons:
    """Every pair of pictures: the similarities of `genuine` pairs with the person of each, and those of impostor pairs
    that could matter (the highest) with both persons. `impostors` counts all of them, `spread` does so by similarity
    (BINS), `pictures` are those of each person."""

    genuine: np.ndarray
    genuine_person: np.ndarray
    high: np.ndarray
    high_persons: np.ndarray
    impostors: int
    spread: np.ndarray
    pictures: np.ndarray


@dataclass(frozen=True, slots=True)
class Measured:
    """An operating point with the 95 % interval over persons of its true accept rate."""

    point: OperatingPoint
    tar_low: float
    tar_high: float


@dataclass(frozen=True, slots=True)
class Curve:
    """False match and false non-match rate at each similarity, all of one length, ascending in similarity."""

    similarity: list[float]
    fmr: list[float]
    fnmr: list[float]


class TooFewPictures(ValueError):
    """Nobody has two pictures, or there is only one person: there is no rate to measure."""


class TooFewFalseMatches(ValueError):
    """Fewer than MIN_FALSE_MATCHES stand behind the asked rate: counting them says nothing about it."""


def compare(
    vectors: np.ndarray,
    person: np.ndarray,
    persons: int,
    left_out: set[tuple[int, int]],
    one_photograph: set[tuple[int, int]] | None = None,
) -> Comparisons:
    """All pairs of unit `vectors` (n, d). Pairs of persons in `left_out` (smaller index first) are no pairs at all, and
    neither are pairs of pictures in `one_photograph`: a photograph resembles its copy, which proves nothing.
    Raises TooFewPictures."""
    if not 1 < len(set(person.tolist())) < len(person):
        raise TooFewPictures("Thresholds need at least two persons, and two usable pictures of one of them.")
    genuine, genuine_person, high, high_persons = [], [], [], []
    impostors, spread = 0, np.zeros(BINS, np.int64)
    excluded = np.zeros((persons, persons), bool)
    for one, other in left_out:
        excluded[one, other] = excluded[other, one] = True
    copies: dict[int, list[int]] = {}
    for one, other in one_photograph or ():
        copies.setdefault(one, []).append(other)
    floor = _floor(vectors)
    for at in range(len(vectors) - 1):
        similarity = vectors[at + 1 :] @ vectors[at]
        others = person[at + 1 :]
        counted = np.ones(len(others), bool)
        counted[[copy - at - 1 for copy in copies.get(at, ())]] = False
        same = (others == person[at]) & counted
        genuine.append(similarity[same])
        genuine_person.append(others[same])
        impostor = (others != person[at]) & counted & ~excluded[person[at], others]
        impostors += int(impostor.sum())
        of_impostors = similarity[impostor]
        spread += np.bincount(_bin(of_impostors), minlength=BINS)
        keep = impostor & (similarity >= floor)
        high.append(similarity[keep])
        high_persons.append(np.stack([np.full(keep.sum(), person[at]), others[keep]], 1))
    return Comparisons(
        np.concatenate(genuine),
        np.concatenate(genuine_person),
        np.concatenate(high),
        np.concatenate(high_persons),
        impostors,
        spread,
        np.bincount(person, minlength=persons),
    )


def operating_point(comparisons: Comparisons, fmr: float, rng: np.random.Generator, rounds: int = 1000) -> Measured:
    """The lowest similarity, of three decimals, whose false match rate is at most `fmr`.

    The intervals are 95 % percentile intervals of both rates at that similarity when persons are drawn with
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
    accepted = comparisons.genuine >= similarity
    rates = _drawn(comparisons, matched, accepted, rng, rounds)
    (fmr_low, tar_low), (fmr_high, tar_high) = np.percentile(rates, [2.5, 97.5], axis=0).tolist()
    point = OperatingPoint(fmr, similarity, float(accepted.mean()), len(matched), fmr_low, fmr_high)
    return Measured(point, tar_low, tar_high)


def curve(comparisons: Comparisons) -> Curve:
    """Both rates at every thousandth of similarity at which either changes."""
    genuine = np.bincount(_bin(comparisons.genuine), minlength=BINS)
    fmr = np.cumsum(comparisons.spread[::-1])[::-1] / comparisons.impostors
    fnmr = np.concatenate([[0], np.cumsum(genuine)[:-1]]) / len(comparisons.genuine)
    changes = np.flatnonzero((comparisons.spread > 0) | (genuine > 0))
    return Curve(
        [round(float(at) / (BINS / 2) - 1, 3) for at in changes], fmr[changes].tolist(), fnmr[changes].tolist()
    )


def equal_error_rate(genuine: np.ndarray, impostor: np.ndarray) -> float:
    """Where FMR and FNMR meet (their mean at the threshold at which they are closest), in 0..1."""
    thresholds = np.unique(np.concatenate([genuine, impostor]))
    fnmr = np.searchsorted(np.sort(genuine), thresholds, side="left") / len(genuine)
    fmr = 1 - np.searchsorted(np.sort(impostor), thresholds, side="left") / len(impostor)
    closest = int(np.argmin(np.abs(fmr - fnmr)))
    return float((fmr[closest] + fnmr[closest]) / 2)


def tar_at(genuine: np.ndarray, impostor: np.ndarray, fmr: float) -> float:
    """Share of `genuine` above the lowest threshold at which at most `fmr` of `impostor` match."""
    allowed = int(fmr * len(impostor))
    threshold = np.sort(impostor)[::-1][allowed]
    return float((genuine > threshold).mean())


def _drawn(
    comparisons: Comparisons, matched: np.ndarray, accepted: np.ndarray, rng: np.random.Generator, rounds: int
) -> np.ndarray:
    """(rounds, 2): false match and true accept rate of persons drawn with replacement."""
    persons = len(comparisons.pictures)
    of_person = np.bincount(comparisons.genuine_person, minlength=persons)
    accepted_of = np.bincount(comparisons.genuine_person[accepted], minlength=persons)
    rates = np.zeros((rounds, 2))
    for row in rates:
        weight = np.bincount(rng.integers(0, persons, persons), minlength=persons).astype(np.float64)
        drawn = weight * comparisons.pictures
        impostors = (drawn.sum() ** 2 - (drawn**2).sum()) / 2
        row[0] = (weight[matched[:, 0]] * weight[matched[:, 1]]).sum() / max(impostors, 1)
        row[1] = (weight * accepted_of).sum() / max((weight * of_person).sum(), 1)
    return rates


def _bin(similarity: np.ndarray) -> np.ndarray:
    return np.clip(((similarity + 1) * (BINS / 2)).astype(np.int64), 0, BINS - 1)


def _floor(vectors: np.ndarray) -> float:
    """A similarity that one pair in twenty exceeds, from some thousand pairs: only the pairs above it are kept."""
    step = max(1, len(vectors) // 300)
    some = vectors[::step]
    similarity = some @ some.T
    return float(np.quantile(similarity[np.triu_indices(len(some), 1)], 0.95))
