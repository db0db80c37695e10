"""The plot is well-formed SVG that shows every operating point, and runs or loads nothing."""

import xml.etree.ElementTree as ElementTree

import numpy as np

from ostiary.models.measure import plot, rates

SVG = "{http://www.w3.org/2000/svg}"


def test_every_point_is_drawn_inside_the_picture() -> None:
    rng = np.random.default_rng(1)
    person = np.repeat(np.arange(60), 3)
    vectors = rng.normal(size=(60, 16))[person] + 0.5 * rng.normal(size=(180, 16))
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    comparisons = rates.compare(vectors, person, 60, set())
    points = [rates.operating_point(comparisons, fmr, rng, rounds=20).point for fmr in (1e-2, 5e-3)]
    drawn = ElementTree.fromstring(  # noqa: S314 - our own text
        plot.svg("a <model> & its rates", rates.curve(comparisons), comparisons, points)
    )
    assert {element.tag.removeprefix(SVG) for element in drawn.iter()} <= {
        "svg",
        "title",
        "rect",
        "text",
        "path",
        "polyline",
        "polygon",
        "circle",
    }
    title = drawn.find(f"{SVG}title")
    assert title is not None
    assert title.text == "a <model> & its rates"
    circles = drawn.findall(f"{SVG}circle")
    assert len(circles) == len(points)
    for circle in circles:
        assert plot.LEFT <= float(circle.get("cx", "nan")) <= plot.PANEL
        assert plot.TOP <= float(circle.get("cy", "nan")) <= plot.HEIGHT - plot.BOTTOM
