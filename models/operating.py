"""Which similarity counts as the same person: measured points only, and always the stricter neighbour."""

import math

from ostiary.models.catalog import Model
from ostiary.models.mistake import Mistake

MIN_FALSE_MATCHES = 30  # "rule of 30": Doddington et al., Speech Communication 31 (2000); ISO/IEC 19795-1, B.1.2


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


def fmr_for(fpir: float, gallery: int) -> float:
    """False match rate of one comparison that keeps `fpir` in a search through `gallery` templates.

    FPIR = 1 - (1 - FMR)^N for independent comparisons (ISO/IEC 19795-1, identification), solved for FMR. Raises
    ValueError outside 0 < fpir < 1 and gallery >= 1.
    """
    if not 0 < fpir < 1 or gallery < 1:
        raise ValueError(f"fpir {fpir} and gallery {gallery}: expected 0 < fpir < 1 and at least one template")
    return -math.expm1(math.log1p(-fpir) / gallery)


def largest_gallery(model: Model, fpir: float) -> int:
    """How many templates a search may compare at most so that `threshold` finds a measured point for `fpir`; 0: none.

    The inverse of `fmr_for` at the lowest rate that was measured. Raises ValueError outside 0 < fpir < 1.
    """
    if not 0 < fpir < 1:
        raise ValueError(f"fpir {fpir}: expected 0 < fpir < 1")
    lowest = min((point.fmr for point in model.operating_points), default=0.0)
    # The same tolerance as in `threshold`, so that the two agree at the edge.
    return int(math.log1p(-fpir) / math.log1p(-lowest / (1 + 1e-9))) if lowest else 0
