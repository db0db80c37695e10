"""Writes what a command measured into the model's card and catalogue entry, between marks, and touches nothing else."""

from __future__ import annotations

import re
from pathlib import Path

from ostiary.models.catalog import Model, OperatingPoint, read
from ostiary.models.mistake import Mistake

OPERATING = "# Written by `ostiary models evaluate --all-pairs --card`, never by hand."


class NoCard(Mistake, ValueError):
    """The card or the catalogue entry has no place for the results."""


def path_of(model: Model) -> Path:
    """The card lies in the folder `cards` beside the catalogue's, under the entry's name."""
    return model.entry.parent.parent / "cards" / f"{model.entry.stem}.md"


def plot_of(model: Model) -> Path:
    """The plot of its error rates lies beside the card."""
    return path_of(model).with_suffix(".svg")


def write(card: Path, section: str, text: str) -> None:
    """Replaces the text between the marks of `section`; appends them where the card has none. Raises NoCard."""
    begin, end = f"<!-- measured: {section} -->", f"<!-- end: {section} -->"
    try:
        old = card.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise NoCard("The results were not written.", f"{card}: {error}.", "Make the card first.") from error
    block = f"{begin}\n{text.strip()}\n{end}"
    if begin in old and end in old.partition(begin)[2]:
        before, _, rest = old.partition(begin)
        new = before + block + rest.partition(end)[2]
    elif begin in old or end in old:
        raise NoCard("The results were not written.", f"{card} has only one mark of {section!r}.", "Remove it.")
    else:
        new = f"{old.rstrip()}\n\n{block}\n"
    card.write_text(new, encoding="utf-8")


def write_points(entry: Path, measured_on: str, points: list[OperatingPoint]) -> None:
    """Replaces `measured_on` and every operating point of a catalogue entry, and reads the result once more before it
    takes the old one's place. Raises NoCard, BadCatalog."""
    text = entry.read_text(encoding="utf-8")
    said = measured_on.replace("\\", " ").replace('"', "'")
    text, count = re.subn(r'(?s)measured_on = (""".*?"""|"[^\n]*")', lambda _: f'measured_on = """\n{said}"""', text)
    head, found, _ = text.partition("\n# Written by `ostiary models evaluate")
    if count != 1 or not found:
        raise NoCard(
            "The operating points were not written.",
            f"{entry} lacks `measured_on` or the line {OPERATING!r}.",
            "Add both; the release's entry shows where.",
        )
    parts = [f"{head}\n{OPERATING}"]
    parts += [
        f"\n[[operating_point]]\nfmr = {point.fmr:g}\nsimilarity = {point.similarity:.3f}\ntar = {point.tar:.4f}"
        f"\nfalse_matches = {point.false_matches}\nfmr_low = {point.fmr_low:.2g}\nfmr_high = {point.fmr_high:.2g}"
        for point in points
    ]
    new = entry.with_suffix(".new")  # the catalogue reads *.toml alone
    new.write_text("\n".join(parts) + "\n", encoding="utf-8")
    try:
        read(new)
    except ValueError:
        new.unlink()
        raise
    new.replace(entry)
