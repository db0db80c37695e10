"""The command writes between its marks alone, and a catalogue entry that would become wrong keeps what it had."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from ostiary.models import catalog
from ostiary.models.catalog import OperatingPoint
from ostiary.models.measure import card


def test_a_section_is_appended_once_and_replaced_after(tmp_path: Path) -> None:
    file = tmp_path / "card.md"
    file.write_text("# Card\n\nBy hand.\n", encoding="utf-8")
    card.write(file, "pairs", "one")
    card.write(file, "attacks", "two")
    card.write(file, "pairs", "three")
    text = file.read_text(encoding="utf-8")
    assert text.startswith("# Card\n\nBy hand.\n")
    assert "one" not in text
    assert text.count("<!-- measured: pairs -->\nthree\n<!-- end: pairs -->") == 1
    assert text.index("three") < text.index("two")


@pytest.mark.parametrize("text", ["<!-- measured: pairs -->", "<!-- end: pairs -->\n<!-- measured: pairs -->"])
def test_half_a_section_is_refused_and_nothing_lost(tmp_path: Path, text: str) -> None:
    file = tmp_path / "card.md"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(card.NoCard, match="only one mark"):
        card.write(file, "pairs", "one")
    assert file.read_text(encoding="utf-8") == text
    with pytest.raises(card.NoCard, match="Make the card first"):
        card.write(tmp_path / "none.md", "pairs", "one")


POINTS = [OperatingPoint(1e-2, 0.3, 0.99, 500, 0.009, 0.011), OperatingPoint(1e-3, 0.4, 0.9, 50, 0.0007, 0.0013)]


@pytest.fixture
def entry(tmp_path: Path) -> Path:
    shutil.copytree(catalog.FOLDER, tmp_path / "catalog")
    return tmp_path / "catalog" / catalog.the_one("embed").entry.name


def test_operating_points_are_replaced_and_everything_else_kept(entry: Path) -> None:
    before = catalog.read(entry)
    card.write_points(entry, 'Said "so" on \\ a machine.', POINTS)
    after = catalog.read(entry)
    assert after.operating_points == tuple(POINTS)
    assert after.measured_on == "Said 'so' on   a machine."
    assert replace(after, operating_points=before.operating_points, measured_on=before.measured_on) == before
    assert card.path_of(after) == entry.parent.parent / "cards" / f"{entry.stem}.md"


def test_points_that_no_door_may_use_are_not_written(entry: Path) -> None:
    before = entry.read_text(encoding="utf-8")
    with pytest.raises(catalog.BadCatalog, match="not stricter"):
        card.write_points(entry, "here", [POINTS[0], replace(POINTS[1], similarity=0.2)])
    assert entry.read_text(encoding="utf-8") == before
    assert not list(entry.parent.glob("*.new"))
    entry.write_text(before.replace(card.OPERATING, ""), encoding="utf-8")
    with pytest.raises(card.NoCard, match="lacks"):
        card.write_points(entry, "here", POINTS)
