"""Alike: whose enrolled face a new one may be, at an operating point stricter than any door's 1:1 comparison."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from ostiary.controller.access.gallery import Gallery
from ostiary.models.operating import NoOperatingPoint

if TYPE_CHECKING:
    import numpy as np

DUPLICATE_FMR = 1e-5
"""Stricter than the 1:1 comparison at a door, for one face is held against everybody's."""


def alike(
    vector: "np.ndarray", model: str, but: str | None, gallery: Gallery, threshold: Callable[[str, float], float]
) -> tuple[str, ...]:
    """Whose templates this shielded face meets at the stricter operating point, the likest first; never `but`, the
    person whose own face it is said to be. Where no such point was measured, nobody is."""
    of_model = gallery.of(model)
    if not of_model.persons:
        return ()
    try:
        least = threshold(model, DUPLICATE_FMR)
    except NoOperatingPoint:
        return ()
    best: dict[str, float] = {}
    [row] = of_model.similarities(vector[None, :])
    for person, similarity in zip(of_model.persons, row, strict=True):
        if person != but and similarity >= least:
            best[person] = max(best.get(person, -1.0), float(similarity))
    return tuple(sorted(best, key=lambda person: -best[person]))
