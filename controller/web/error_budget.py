"""A door's error budget beside its gallery: how often a stranger would be taken for somebody, by measured points."""

import math

from ostiary.controller.policy.document import Door
from ostiary.controller.web.charts import Chart
from ostiary.models import operating
from ostiary.models.catalog import embedders

POINTS = 60


def chart(door: Door, templates: int) -> Chart | None:
    """False positive identification rate of a series of attempts (ISO/IEC 19795-1) against the gallery's size, at the
    strictest measured point; None where the door has no budget or no model was measured."""
    budget = door.budget
    rates = [min(point.fmr for point in model.operating_points) for model in embedders() if model.operating_points]
    if budget is None or not rates:
        return None
    fmr = max(rates)
    most = max(2 * budget.gallery, 2 * templates, 10)
    sizes = sorted({max(1, round(most * step / POINTS)) for step in range(POINTS + 1)})
    values = tuple(100 * fpir(fmr, size) for size in sizes)
    marks = (
        (float(budget.gallery), f"allowed by the policy: {budget.gallery}"),
        (float(templates), f"now: {templates}"),
    )
    return Chart(
        "line",
        tuple(float(size) for size in sizes),
        (values,),
        ("a stranger is let in",),
        time=False,
        unit="%",
        levels=((round(100 * budget.fpir, 6), "% is the budget"),),
        marks=marks,
        lowest=0.0,
        highest=max(*values, 110 * budget.fpir),
        across="templates in the gallery",
    )


def fpir(fmr: float, gallery: int) -> float:
    """FPIR of a series of attempts: 1 - (1 - FMR)^(N * attempts), as `operating.fmr_for` solves it."""
    return -math.expm1(gallery * operating.ATTEMPTS * math.log1p(-fmr))
