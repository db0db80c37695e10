"""Which similarity counts as the same person: measured points only, and always the stricter neighbour."""

import math

from ostiary.models.catalog import Model, OperatingPoint, embedders
from ostiary.models.mistake import Mistake

# How many times a stranger may try before the door makes them wait (NIST SP 800-63B-4, 3.2.2: five failed attempts).
ATTEMPTS = 5


class NoOperatingPoint(Mistake, LookupError):
    """No threshold was measured that keeps the asked false match rate."""


def threshold(model: Model, fmr: float) -> float:
    """Cosine similarity in [-1, 1] at or above which two faces count as one person at a false match rate `fmr`.

    It is the threshold of the largest measured rate that is not above `fmr`: nothing is interpolated, because between
    and beyond the points nothing was counted. Raises NoOperatingPoint when every measured rate is above `fmr`, and
    ValueError when `fmr` is not a rate.
    """
    if not 0 < fmr <= 1:
        raise ValueError(f"fmr is {fmr}, expected more than 0 and at most 1")
    # The tolerance forgives rounding in fmr_for, no more: 1 - (1 - 1e-3) is a hair off 1e-3.
    reached = [point for point in model.operating_points if point.fmr <= fmr * (1 + 1e-9)]
    if not reached:
        measured = ", ".join(f"{point.fmr:g}" for point in model.operating_points) or "none"
        raise NoOperatingPoint(
            f"{model.name} has no threshold for a false match rate of {fmr:.2g}.",
            f"Measured rates: {measured}.",
            "Allow a smaller gallery or a larger budget at this door, or ask for a card first (verify).",
        )
    return max(reached, key=lambda point: point.fmr).similarity


def fmr_for(fpir: float, gallery: int, attempts: int = ATTEMPTS) -> float:
    """False match rate of one comparison that keeps `fpir` in `attempts` searches through `gallery` templates.

    The budget is a stranger's, not a frame's: who is turned away tries again. FPIR = 1 - (1 - FMR)^(N * attempts) for
    independent comparisons (ISO/IEC 19795-1, identification), solved for FMR; attempts of one stranger depend on each
    other, which makes the true rate lower. Raises ValueError outside 0 < fpir < 1, gallery >= 1 and attempts >= 1.
    """
    if not 0 < fpir < 1 or gallery < 1 or attempts < 1:
        raise ValueError(
            f"fpir {fpir}, gallery {gallery}, attempts {attempts}: expected 0 < fpir < 1 and at least one of each"
        )
    return -math.expm1(math.log1p(-fpir) / (gallery * attempts))


def operating_point(model: Model, fpir: float, gallery: int, attempts: int = ATTEMPTS) -> OperatingPoint:
    """The measured point with which a door may identify among `gallery` templates and keep `fpir` a series of attempts.

    Raises NoOperatingPoint where no measured rate is low enough: the door then refuses and asks for a claim.
    """
    fmr = fmr_for(fpir, gallery, attempts)
    similarity = threshold(model, fmr)
    return next(point for point in model.operating_points if point.similarity == similarity)


def largest_gallery(model: Model, fpir: float, attempts: int = ATTEMPTS, *, cautious: bool = False) -> int:
    """How many templates a search may compare so that `operating_point` finds a measured point for `fpir`; 0: none.

    The inverse of `fmr_for` at the strictest measured rate. `cautious` counts on the upper end of the points' 95 %
    intervals instead of their rates. Raises ValueError outside 0 < fpir < 1.
    """
    if not 0 < fpir < 1:
        raise ValueError(f"fpir {fpir}: expected 0 < fpir < 1")
    rates = [point.fmr_high if cautious else point.fmr for point in model.operating_points]
    # The same tolerance as in `threshold`, so that the two agree at the edge.
    return int(math.log1p(-fpir) / (attempts * math.log1p(-min(rates) / (1 + 1e-9)))) if rates else 0


def largest_gallery_of_all(fpir: float) -> int:
    """How many templates every embedder of this version may search within `fpir`; 0 where one may search none."""
    return min((largest_gallery(model, fpir) for model in embedders()), default=0)
