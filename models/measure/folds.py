"""The protocol of Labeled Faces in the Wild, View 2: ten folds, each judged by a threshold from the other nine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ostiary.models.catalog import MIN_FALSE_MATCHES
from ostiary.models.measure.pairs import Pair
from ostiary.models.measure.rates import equal_error_rate, tar_at

RATES = (1e-2, 1e-3, 1e-4)


@dataclass(frozen=True, slots=True)
class FoldResult:
    """Rates in 0..1 of the pairs that could be compared. `accuracy` is the mean over folds with its `standard_error`;
    `tar` by FMR, None where fewer than 30 false matches would stand behind it, which `few` then has; `failed` of
    `pictures` could not be enrolled, so that `not_compared` pairs were left out."""

    folds: int
    genuine: int
    impostor: int
    accuracy: float
    standard_error: float
    eer: float
    tar: dict[float, float | None]
    few: dict[float, float]
    failed: int
    pictures: int
    not_compared: int


class NothingCompared(ValueError):
    """A fold has no genuine or no impostor pair of two usable pictures."""


def judge(
    folds: list[list[Pair]],
    vectors: dict[str, np.ndarray],
    alike: Callable[[np.ndarray, np.ndarray], float] = np.dot,
) -> FoldResult:
    """`vectors` holds the unit vector of each picture that could be enrolled, by file name; `alike` is the similarity
    of two of them. Raises NothingCompared."""
    compared = [[pair for pair in fold if pair.one in vectors and pair.other in vectors] for fold in folds]
    scores = [np.array([float(alike(vectors[pair.one], vectors[pair.other])) for pair in fold]) for fold in compared]
    truths = [np.array([pair.genuine for pair in fold], bool) for fold in compared]
    if any(truth.all() or not truth.any() for truth in truths):
        raise NothingCompared(
            "There is nothing to judge. A fold has no genuine or no impostor pair with two usable pictures. "
            "Name the folder that these pairs were made for."
        )
    shares = []
    for at in range(len(folds)):
        others = [fold for fold in range(len(folds)) if fold != at] or [at]
        threshold = _best(np.concatenate([scores[n] for n in others]), np.concatenate([truths[n] for n in others]))
        shares.append(float(((scores[at] >= threshold) == truths[at]).mean()))
    every, truth = np.concatenate(scores), np.concatenate(truths)
    genuine, impostor = every[truth], every[~truth]
    named = {name for fold in folds for pair in fold for name in (pair.one, pair.other)}
    tars = {fmr: tar_at(genuine, impostor, fmr) for fmr in RATES}
    return FoldResult(
        folds=len(folds),
        genuine=len(genuine),
        impostor=len(impostor),
        accuracy=float(np.mean(shares)),
        standard_error=float(np.std(shares, ddof=1) / np.sqrt(len(shares))) if len(shares) > 1 else 0.0,
        eer=equal_error_rate(genuine, impostor),
        tar={fmr: tar if fmr * len(impostor) >= MIN_FALSE_MATCHES else None for fmr, tar in tars.items()},
        few={fmr: tar for fmr, tar in tars.items() if fmr * len(impostor) < MIN_FALSE_MATCHES},
        failed=sum(name not in vectors for name in named),
        pictures=len(named),
        not_compared=sum(map(len, folds)) - len(every),
    )


def _best(scores: np.ndarray, truth: np.ndarray) -> float:
    """The threshold that judges most of these comparisons rightly."""
    order = np.argsort(scores)
    ordered, genuine = scores[order], truth[order]
    # Everything from position k on is called a match: right are the genuine ones there and the impostors before.
    right = np.concatenate([[0], np.cumsum(~genuine)]) + genuine.sum() - np.concatenate([[0], np.cumsum(genuine)])
    at = int(np.argmax(right))
    return float(ordered[at]) if at < len(ordered) else float(ordered[-1]) + 1e-6
