"""Which face models decide here, how often they are wrong, and on what that was measured."""

from fastapi import APIRouter
from fastapi.responses import FileResponse
from starlette.requests import Request
from starlette.responses import Response

from ostiary.controller.web.answering import not_there
from ostiary.controller.web.render import page
from ostiary.controller.web.signin.who import signed_in
from ostiary.controller.web.views import MeasuredModel
from ostiary.models import catalog, operating
from ostiary.models.measure.card import plot_of

router = APIRouter(include_in_schema=False)

BUDGETS = (0.01, 0.003, 0.001, 0.0003)


@router.get("/models", dependencies=[signed_in("see-now")])
def models(request: Request) -> Response:
    return page(request, "models.html", here="/models", models=[measured(model) for model in catalog.embedders()])


@router.get("/models/{name}.svg", dependencies=[signed_in("see-now")])
def plot(name: str) -> Response:
    """The plot that `ostiary models evaluate --card` wrote beside the model's card."""
    files = {model.name: plot_of(model) for model in catalog.embedders()}
    if name not in files or not files[name].is_file():
        raise not_there()
    return FileResponse(files[name], media_type="image/svg+xml")


def measured(model: catalog.Model) -> MeasuredModel:
    return MeasuredModel(
        name=model.name,
        sha256=model.sha256,
        licence=model.licence,
        caveat=model.caveat,
        measured_on=model.measured_on,
        points=model.operating_points,
        galleries=tuple((f"{fpir:g}", operating.largest_gallery(model, fpir)) for fpir in BUDGETS),
        plotted=plot_of(model).is_file(),
    )
