"""Thresholds come from measured points, and a stricter rate never gets an easier one."""

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostiary.models import catalog, operating

EMBEDDER = catalog.the_one("embed")
STRICTEST = min(point.fmr for point in EMBEDDER.operating_points)
RATE = st.floats(STRICTEST, 1, allow_nan=False)


@given(RATE, RATE)
def test_a_stricter_rate_never_has_a_lower_threshold(one: float, other: float) -> None:
    strict, easy = sorted((one, other))
    assert operating.threshold(EMBEDDER, strict) >= operating.threshold(EMBEDDER, easy)


@given(RATE)
def test_the_threshold_was_measured_at_the_asked_rate_or_a_stricter_one(fmr: float) -> None:
    similarity = operating.threshold(EMBEDDER, fmr)
    (point,) = [point for point in EMBEDDER.operating_points if point.similarity == similarity]
    assert point.fmr <= fmr * (1 + 1e-9)


def test_every_point_stands_on_enough_false_matches_and_lies_in_its_interval() -> None:
    assert {1e-3, 1e-4, 1e-5} <= {point.fmr for point in EMBEDDER.operating_points}
    for point in EMBEDDER.operating_points:
        assert point.false_matches >= catalog.MIN_FALSE_MATCHES
        assert point.fmr_low < point.fmr < point.fmr_high


def test_nothing_is_promised_beyond_what_was_measured() -> None:
    with pytest.raises(operating.NoOperatingPoint, match="1e-06") as refused:
        operating.threshold(EMBEDDER, 1e-6)
    assert f"{STRICTEST:g}" in refused.value.why
    with pytest.raises(operating.NoOperatingPoint, match="none"):
        operating.threshold(replace(EMBEDDER, operating_points=()), 0.5)


@pytest.mark.parametrize("fmr", [0, -1, 1.5, float("nan")])
def test_a_rate_that_is_none_is_refused(fmr: float) -> None:
    with pytest.raises(ValueError, match="fmr is"):
        operating.threshold(EMBEDDER, fmr)


@given(st.floats(1e-6, 0.5), st.integers(1, 100_000), st.integers(1, 20))
def test_the_rate_of_one_comparison_keeps_the_rate_of_the_series(fpir: float, gallery: int, attempts: int) -> None:
    fmr = operating.fmr_for(fpir, gallery, attempts)
    assert 0 < fmr <= fpir * (1 + 1e-9)
    assert -math.expm1(gallery * attempts * math.log1p(-fmr)) == pytest.approx(fpir, rel=1e-6)


@given(st.floats(1e-5, 0.2))
def test_the_largest_gallery_has_a_point_and_one_template_more_has_none(fpir: float) -> None:
    largest = operating.largest_gallery(EMBEDDER, fpir)
    cautious = operating.largest_gallery(EMBEDDER, fpir, cautious=True)
    assert cautious <= largest
    if largest:
        assert operating.operating_point(EMBEDDER, fpir, largest).fmr == STRICTEST
    with pytest.raises(operating.NoOperatingPoint):
        # A hair further, because the two roundings may differ at the edge itself.
        operating.operating_point(EMBEDDER, fpir * (1 - 1e-6), largest + 1)


def test_the_budget_is_a_series_of_attempts() -> None:
    assert operating.fmr_for(0.001, 10) == operating.fmr_for(0.001, 10 * operating.ATTEMPTS, attempts=1)
    assert operating.largest_gallery(replace(EMBEDDER, operating_points=()), 0.001) == 0
    for none in (0.0, 1.0):
        with pytest.raises(ValueError, match="fpir"):
            operating.largest_gallery(EMBEDDER, none)


@pytest.mark.parametrize(("fpir", "gallery", "attempts"), [(0, 30, 1), (1, 30, 1), (0.001, 0, 1), (0.001, 1, 0)])
def test_a_search_that_is_none_is_refused(fpir: float, gallery: int, attempts: int) -> None:
    with pytest.raises(ValueError, match="fpir"):
        operating.fmr_for(fpir, gallery, attempts)
