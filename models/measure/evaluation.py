"""Both evaluations as values and in words: what the command prints, writes as JSON and puts into the card."""

from __future__ import annotations

import platform
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from ostiary.models import operating, picture
from ostiary.models.measure import duplicates, gain, names, rates
from ostiary.models.measure.embeddings import Collection
from ostiary.models.measure.folds import FoldResult
from ostiary.models.pipeline import FacePipeline

SEED = 19795  # so that a second run prints the same
RATES = (1e-2, 3e-3, 1e-3, 3e-4, 1e-4, 3e-5, 1e-5, 6e-6, 3e-6, 1e-6)
BUDGETS = (0.01, 0.003, 0.001, 0.0003)
GAIN_FMR, FUSED_FMR = 1e-4, 1e-3
FUSED_PERSONS = 400


@dataclass(frozen=True, slots=True, eq=False)
class AllPairs:
    """All against all: `points` where 30 false matches stand behind them; `refused`, by FMR, where not, and why."""

    comparisons: rates.Comparisons
    curve: rates.Curve
    points: list[rates.Measured]
    refused: dict[float, str]
    suspects: list[names.Suspect]
    copies: int
    alike: list[tuple[int, int, float, int]]
    templates: gain.Gain | None
    fused: gain.Gain | None


def all_pairs(
    pipeline: FacePipeline, found: Collection, files: list[Path], told: Callable[[int, int], None]
) -> AllPairs:
    """Raises TooFewPictures. `told` hears of the progress of fusing frames, which takes longest."""
    same = duplicates.same_photograph(found.prints)
    suspects = names.suspects(found.persons, same, found.person)
    left_out = {(suspect.one, suspect.other) for suspect in suspects}
    comparisons = rates.compare(found.vectors, found.person, len(found.persons), left_out, set(same))
    rng = np.random.default_rng(SEED)
    points, refused = [], {}
    for fmr in RATES:
        try:
            points.append(rates.operating_point(comparisons, fmr, rng))
        except rates.TooFewFalseMatches as error:
            refused[fmr] = str(error)
    return AllPairs(
        comparisons,
        rates.curve(comparisons),
        points,
        refused,
        suspects,
        sum(bool(found.person[one] == found.person[other]) for one, other in same),
        names.most_alike(comparisons.high, comparisons.high_persons, 12),
        gain.templates(found.vectors, found.person, left_out, GAIN_FMR, np.random.default_rng(SEED)),
        _fused(pipeline, found, files, told),
    )


def as_json(pipeline: FacePipeline, found: Collection, of_all: AllPairs | None, of_folds: FoldResult | None) -> Any:
    """Everything that was measured, as one JSON object; `ms` are milliseconds of one look at one picture."""
    said: dict[str, Any] = {
        "model": {"name": pipeline.model.name, "sha256": pipeline.model.sha256, "runtime": pipeline.runtime},
        "machine": platform.machine(),
        "pictures": found.pictures,
        "persons": len(found.persons),
        "failure_to_enrol": len(found.failed) / found.pictures,
        "failed": dict(Counter(found.failed.values()).most_common()),
        "ms": {"median": round(float(np.median(found.ms)), 2), "p95": round(float(np.percentile(found.ms, 95)), 2)},
    }
    if of_folds is not None:
        said["pairs"] = asdict(of_folds)
    if of_all is not None:
        said["all_pairs"] = {
            "genuine": len(of_all.comparisons.genuine),
            "impostor": of_all.comparisons.impostors,
            "operating_points": [
                {**asdict(measured.point), "tar_low": measured.tar_low, "tar_high": measured.tar_high}
                for measured in of_all.points
            ],
            "refused": {f"{fmr:g}": why for fmr, why in of_all.refused.items()},
            "left_out": [
                {"persons": [found.persons[suspect.one], found.persons[suspect.other]], "reason": suspect.reason}
                for suspect in of_all.suspects
            ],
            "copies_left_out": of_all.copies,
            "most_alike": [
                {"persons": [found.persons[one], found.persons[other]], "similarity": round(top, 3), "above": times}
                for one, other, top, times in of_all.alike
            ],
            "several_templates": asdict(of_all.templates) if of_all.templates else None,
            "fused_frames": asdict(of_all.fused) if of_all.fused else None,
            "curve": asdict(of_all.curve),
        }
    return said


def measured_on(pipeline: FacePipeline, found: Collection, of_all: AllPairs) -> str:
    """The catalogue entry's sentence about its operating points."""
    size, _ = next(iter(found.sizes.items()))
    return (
        f"{found.pictures:,} pictures (most of them {size}) of {len(found.persons):,} persons, all against all on "
        f"{pipeline.runtime}, {platform.machine()}: {len(found.files):,} usable, "
        f"{len(of_all.comparisons.genuine):,} genuine and {of_all.comparisons.impostors:,} impostor comparisons. "
        "At a door with its own camera the rates differ, and no rate was measured for groups of persons."
    )


def all_pairs_markdown(pipeline: FacePipeline, found: Collection, of_all: AllPairs, plot: str) -> str:
    """The card's section; persons are counted and not named."""
    failed = ", ".join(f"{why} {count}" for why, count in Counter(found.failed.values()).most_common()) or "none"
    reasons = Counter(suspect.reason for suspect in of_all.suspects)
    lines = [
        "### All against all",
        "",
        f"{found.pictures:,} pictures of {len(found.persons):,} persons through the whole pipeline on "
        f"{pipeline.runtime}, {platform.machine()}: failure to enrol {100 * len(found.failed) / found.pictures:.2f} % "
        f"({failed}); {len(of_all.comparisons.genuine):,} genuine and {of_all.comparisons.impostors:,} impostor "
        "comparisons of the others. Left out as likely label errors: "
        + (", ".join(f"{reason} {count}" for reason, count in reasons.most_common()) or "none")
        + f" (pairs of names); and copies of one photograph under one name: {of_all.copies}. Intervals are of 95 %, "
        "over persons.",
        "",
        "| FMR | similarity | TAR | false matches | interval of the FMR | interval of the TAR |",
        "|---|---|---|---|---|---|",
    ]
    for measured in of_all.points:
        point = measured.point
        lines.append(
            f"| {point.fmr:g} | {point.similarity:.3f} | {100 * point.tar:.2f} % | {point.false_matches} | "
            f"{point.fmr_low:.2g} to {point.fmr_high:.2g} | "
            f"{100 * measured.tar_low:.2f} to {100 * measured.tar_high:.2f} % |"
        )
    refused = ", ".join(f"{fmr:g}" for fmr in of_all.refused)
    if refused:
        lines += ["", f"Refused, because fewer than 30 false matches would stand behind them: FMR {refused}."]
    if plot:
        lines += ["", f"![DET curve and distribution of scores]({plot})"]
    lines += ["", *_galleries(pipeline, of_all)]
    for heading, result, text in (
        (
            "Several templates a person",
            of_all.templates,
            "The best of a person's templates counts. The same probes for each row",
        ),
        (
            "Several frames of one visit",
            of_all.fused,
            "Frames were made from one picture (noise, motion blur, poor and changing light); the template is another "
            "picture of the person. A real camera's frames may gain less",
        ),
    ):
        if result is None:
            continue
        lines += [
            "",
            f"**{heading}.** {text}: {result.persons} persons, {result.impostors:,} impostor comparisons.",
            "",
            f"| | TAR at FMR {result.fmr:g} | difference, 95 % interval over persons |",
            "|---|---|---|",
        ]
        for way, tar in result.tar.items():
            more = result.more.get(way)
            said = "" if more is None else f"{100 * more[0]:+.2f} ({100 * more[1]:+.2f} to {100 * more[2]:+.2f}) points"
            lines.append(f"| {way} | {100 * tar:.2f} % | {said} |")
    return "\n".join(lines)


def folds_markdown(pipeline: FacePipeline, result: FoldResult) -> str:
    """The card's section for a file of pairs."""
    tars = [f"{100 * tar:.2f} % at FMR {fmr:g}" for fmr, tar in result.tar.items() if tar is not None]
    few = [f"{100 * tar:.2f} % at FMR {fmr:g}" for fmr, tar in result.few.items()]
    lines = [
        "### Pairs",
        "",
        f"{result.folds} folds, {result.genuine:,} genuine and {result.impostor:,} impostor pairs, on "
        f"{pipeline.runtime}, {platform.machine()}. Failure to enrol: {result.failed} of {result.pictures:,} pictures, "
        f"in {result.not_compared:,} of the pairs.",
        "",
        f"Of the pairs that could be compared, rightly judged with the threshold of the other folds "
        f"{100 * result.accuracy:.2f} ± {100 * result.standard_error:.2f} % (standard error over folds), EER "
        f"{100 * result.eer:.2f} %, TAR {', '.join(tars) or 'at no FMR that 30 false matches stand behind'}.",
    ]
    if few:
        lines += ["", f"Of fewer than 30 false matches, so of little weight: TAR {', '.join(few)}."]
    return "\n".join(lines)


def _galleries(pipeline: FacePipeline, of_all: AllPairs) -> list[str]:
    model = replace(pipeline.model, operating_points=tuple(measured.point for measured in of_all.points))
    lines = [
        f"**Identification.** A budget is what a stranger's whole series of {operating.ATTEMPTS} attempts may cost. "
        "The largest gallery that each allows, by the strictest point above and by the upper end of its interval:",
        "",
        "| FPIR a series | templates | templates, cautiously |",
        "|---|---|---|",
    ]
    for fpir in BUDGETS:
        most = operating.largest_gallery(model, fpir)
        cautious = operating.largest_gallery(model, fpir, cautious=True)
        lines.append(f"| {fpir:g} | {most} | {cautious} |")
    return [*lines, "", "Beyond that a door refuses to identify and asks for a card or pass first."]


def _fused(
    pipeline: FacePipeline, found: Collection, files: list[Path], told: Callable[[int, int], None]
) -> gain.Gain | None:
    by_name = {file.stem: file for file in files}
    first = [int(np.flatnonzero(found.person == who)[0]) for who in np.flatnonzero(np.bincount(found.person) > 1)]
    pictures = []
    for done, at in enumerate(first[:FUSED_PERSONS]):
        other = int(np.flatnonzero(found.person == found.person[at])[1])
        pictures.append((found.vectors[at], picture.decode(by_name[found.files[other]].read_bytes())))
        told(done + 1, min(len(first), FUSED_PERSONS))
    return gain.fused(pipeline, pictures, FUSED_FMR, np.random.default_rng(SEED))
