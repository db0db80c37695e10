"""Writes REPORT.md from what the commands measured. No number in it is typed by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ostiary.models.measure import card

HERE = Path(__file__).parent
SECTIONS = ("compare", "parity", "crossed", "detectors")


def write() -> Path:
    """The report beside this file, of every `measured/*.json` that is there."""
    text = (HERE / "REPORT.head.md").read_text(encoding="utf-8").rstrip()
    for section in SECTIONS:
        file = HERE / "measured" / f"{section}.json"
        if file.exists():
            text += "\n\n" + _SECTIONS[section](json.loads(file.read_text(encoding="utf-8")))
    report = HERE / "REPORT.md"
    report.write_text(text + "\n", encoding="utf-8")
    return report


def into_cards() -> list[Path]:
    """Writes what was measured on a microcontroller's runtime, and across the two, into each file's own card."""
    measured = {
        section: json.loads((HERE / "measured" / f"{section}.json").read_text(encoding="utf-8"))
        for section in ("parity", "crossed", "detectors")
    }
    written = []
    for file in sorted((HERE.parent / "cards").glob("*.md")):

        def its(row: dict[str, Any], stem: str = file.stem) -> bool:
            return Path(row["file"]).name.startswith(stem)

        parts = [_parity({**measured["parity"], "files": list(filter(its, measured["parity"]["files"]))})]
        if file.stem.startswith("face-embed-"):
            parts.append(_crossed(measured["crossed"]))
        if file.stem.startswith("face-detect-"):
            parts.append(_detectors(measured["detectors"]))
        card.write(file, "microcontroller", "\n\n".join(parts).replace("\n## ", "\n### ").replace("## ", "### ", 1))
        written.append(file)
    return written


def _compare(found: dict[str, Any]) -> str:
    speeds = ", ".join(f"{name} {ms}" for name, ms in found["ms_a_run"].items())
    low = found["int8_beside_its_own_float"]
    lines = [
        "## The embedder, step by step",
        "",
        f"{found['pictures']:,} pictures of {found['persons']:,} persons nothing was calibrated with, all against"
        " all, the same crops for each row. The difference is that of TAR at FMR 1e-4 from the published float"
        " network, in"
        " points, with the paired 95 % interval over persons. `python -m ostiary.models.build compare` measures it.",
        "",
        "| | TAR at FMR 1e-3 | 1e-4 | 1e-5 | difference at 1e-4 |",
        "|---|---|---|---|---|",
    ]
    for row in found["rows"]:
        rates = " | ".join(f"{100 * rate:.2f} %" for rate in row["tar"].values())
        lines.append(f"| {row['way']} | {rates} | {_points(row['beside_float'])} |")
    lines += [
        "",
        f"The shipped probe beside the float network that makes it (centred, mirrored too): {_points(low)} points.",
        "",
        f"Milliseconds a run (lower decile, one thread, x86-64, ai-edge-litert): {speeds}; a probe takes two runs.",
    ]
    return "\n".join(lines)


def _parity(found: dict[str, Any]) -> str:
    runtimes = ", ".join(f"{name} {number}" for name, number in found["runtimes"].items())
    lines = [
        "## On a microcontroller's runtime",
        "",
        f"{runtimes}, on x86-64: no chip has run them. *Same* counts the pictures whose outputs are the same to"
        " the byte"
        " on TFLM and on LiteRT's reference kernels; the cosine is between TFLM and LiteRT's fast kernels. `python -m"
        " ostiary.models.build parity` measures it.",
        "",
        "| file | bytes | arena, KiB | same | cosine, mean | lowest |",
        "|---|---|---|---|---|---|",
    ]
    lines += [
        f"| `{row['file']}` | {row['bytes']:,} | {row['arena_kib']}"
        f" | {row['same_bytes_as_reference_kernels']} of {row['faces']} | {row['cosine_to_fast_kernels']:.4f}"
        f" | {row['lowest_cosine']:.4f} |"
        for row in found["files"]
    ]
    return "\n".join(lines)


def _crossed(found: dict[str, Any]) -> str:
    lines = [
        "## Enrolled on one runtime, verified on the other",
        "",
        f"One run a face, {found['pictures']:,} pictures of {found['persons']:,} held-out persons who have several, at"
        " the fast kernels' own threshold; TFLM's numbers come from LiteRT's reference kernels. `python -m"
        " ostiary.models.build"
        " crossed` measures it.",
        "",
        "| enrolled on | verified on | similarity | FMR | FNMR |",
        "|---|---|---|---|---|",
    ]
    lines += [
        f"| {row['enrolled']} | {row['verified']} | {row['similarity']:.3f}"
        f" | {row['fmr']:.2e} | {100 * row['fnmr']:.2f} % |"
        for row in found["rates"]
    ]
    return "\n".join(lines)


def _detectors(found: dict[str, Any]) -> str:
    lines = [
        "## The detector in fewer digits",
        "",
        "Held-out pictures, each searched in squares of three sizes; *found* means proposed by the detector and"
        " confirmed by the points network, and the points are those after it, beside the float detector's. `python -m"
        " ostiary.models.build detectors` measures it.",
        "",
        "| file | eyes apart, px of 128 | found | points off, median (99th percentile), eye distances |",
        "|---|---|---|---|",
    ]
    lines += [
        f"| `{row['file']}` | {row['eyes_px_of_128']} | {row['found']} of {row['pictures']}"
        f" | {row['points_off_in_eye_distances']['median']:.3f} ({row['points_off_in_eye_distances']['p99']:.3f}) |"
        for row in found["rows"]
    ]
    return "\n".join(lines)


def _points(figures: list[float]) -> str:
    middle, low, high = (100 * figure for figure in figures)
    return f"{middle:+.2f} ({low:+.2f} to {high:+.2f})"


_SECTIONS = {"compare": _compare, "parity": _parity, "crossed": _crossed, "detectors": _detectors}
