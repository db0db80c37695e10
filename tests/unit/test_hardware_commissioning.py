"""The commissioning checklist: whatever the house says is on it has its line there, and each line can be filled in."""

import re
from pathlib import Path

import pytest

HOUSE = Path(__file__).resolve().parents[2]
SHEET = HOUSE / "hardware" / "COMMISSIONING.md"
ROOMS = ("protocol", "models", "hardware", "scenarios", "firmware", "controller", "docs")
KINDS = {".py", ".md", ".toml", ".service", ".html"}
SAYS = re.compile(r"on\s+the\s+checklist", re.IGNORECASE)
NAMED = re.compile(r"\s*\(([a-z0-9-]+(?:,\s+[a-z0-9-]+)*)\)")


def lines() -> dict[str, list[str]]:
    """Each line of the sheet by its name, with its cells."""
    found: dict[str, list[str]] = {}
    for row in SHEET.read_text().splitlines():
        if named := re.match(r"\| \*\*([a-z0-9-]+)\*\*", row):
            assert named[1] not in found, f"{named[1]} stands there twice"
            found[named[1]] = [cell.strip() for cell in re.split(r"(?<!\\)\|", row)[1:-1]]
    return found


def said(text: str) -> list[tuple[str, str | None]]:
    """Each mention in a text with what it names, in prose or in comments of several lines."""
    flat = re.sub(r"\n[ \t]*#?[ \t]*", " ", text)
    return [
        (flat[max(0, one.start() - 40) : one.end() + 40], named[1] if (named := NAMED.match(flat, one.end())) else None)
        for one in SAYS.finditer(flat)
    ]


def files() -> list[Path]:
    return [
        path
        for room in ROOMS
        for path in sorted((HOUSE / room).rglob("*"))
        if path.suffix in KINDS and path != SHEET and "__pycache__" not in path.parts
    ] + [HOUSE / "README.md", HOUSE / "SECURITY.md"]


def test_whatever_is_said_to_be_on_the_checklist_is_there() -> None:
    known, mentioned = set(lines()), set()
    for path in files():
        for context, named in said(path.read_text()):
            assert named, f"{path.relative_to(HOUSE)} says “…{context}…” and names no line: on the checklist (line)"
            wanted = set(re.split(r",\s+", named))
            assert wanted <= known, f"{path.relative_to(HOUSE)}: {sorted(wanted - known)} has no line in {SHEET.name}"
            mentioned |= wanted
    assert {"one-shot", "rex-wire", "boot-pins", "reset-level", "camera", "wiegand", "polarity"} <= mentioned


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("It is on the checklist (camera).", ["camera"]),
        ("# what it does is on\n    # the checklist (boot-pins, one-shot)", ["boot-pins, one-shot"]),
        ("It is on the checklist.", [None]),
        ("Nothing.", []),
    ],
)
def test_mentions_are_found_wherever_lines_break(text: str, names: list[str | None]) -> None:
    assert [named for _, named in said(text)] == names


def test_each_line_says_how_and_what_to_write_down() -> None:
    found = lines()
    assert len(found) >= 30
    for name, cells in found.items():
        assert len(cells) == 4 and all(cells), name


def test_it_ends_in_remove_power_and_walk_out() -> None:
    last = SHEET.read_text().rstrip().splitlines()[-1]
    assert last.startswith("| **walk-out**") and "remove power, and walk out" in last
