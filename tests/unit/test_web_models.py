"""The page on which an operator finds how often the face models are wrong."""

import asyncio

import httpx
import pytest
from fastapi import FastAPI
from markupsafe import escape

from ostiary.controller.web import answering
from ostiary.controller.web.panel import models
from ostiary.models import catalog, operating
from tests.unit.signed_in import signed_in


def got(path: str) -> httpx.Response:
    app = FastAPI()
    answering.register(app)
    app.include_router(models.router)

    async def ask() -> httpx.Response:
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(signed_in(app)), base_url="http://127.0.0.1"
        ) as client:
            return await client.get(path)

    return asyncio.run(ask())


def test_it_says_what_the_catalogue_says_and_claims_nothing_about_the_living() -> None:
    (model,) = catalog.embedders()
    page = got("/models").text
    assert f'src="/models/{model.name}.svg"' in page
    assert str(escape(model.measured_on)) in page
    for point in model.operating_points:
        assert f"{100 * point.tar:.2f} %" in page
        assert f">{point.false_matches}<" in page
    assert f">{operating.largest_gallery(model, 0.001)}<" in page
    assert "no rate can be claimed" in page
    assert "replayed video may pass" in page


def test_the_plot_comes_from_here_and_loads_nothing() -> None:
    (model,) = catalog.embedders()
    plot = got(f"/models/{model.name}.svg")
    assert (plot.status_code, plot.headers["content-type"]) == (200, "image/svg+xml")
    for outside in ("href", "<script", "url(", "@import"):
        assert outside not in plot.text


@pytest.mark.parametrize(
    "name", ["no-such-model", "..%2fface-embed-mobilefacenet", "%2e%2e", "face-embed-mobilefacenet"]
)
def test_no_other_file_is_served(name: str) -> None:
    assert got(f"/models/{name}.svg").status_code == 404
