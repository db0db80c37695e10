"""`ostiary models`: measure the face models on your own pictures, attack them, and write that into their card."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from ostiary.models.measure.attacks import Attacked

models = typer.Typer(help="Measure the face models: error rates, operating points, attacks.", no_args_is_help=True)

IMAGES = Annotated[Path, typer.Option(help="A folder with one subfolder of pictures a person.", file_okay=False)]
MODELS = Annotated[Path | None, typer.Option("--models", help="A catalogue folder of your own.", file_okay=False)]
CARD = Annotated[bool, typer.Option("--card", help="Write the results into the model's card and catalogue entry.")]
JSON = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


@models.command()
def evaluate(
    images: IMAGES,
    pairs: Annotated[Path | None, typer.Option(help="Pairs in the format of LFW's pairs.txt.", dir_okay=False)] = None,
    all_pairs: Annotated[bool, typer.Option("--all-pairs", help="Compare every picture with every other.")] = False,
    card: CARD = False,
    plot: Annotated[
        Path | None,
        typer.Option(help="Write the DET curve as SVG; with --all-pairs. Left out, --card writes it beside the card."),
    ] = None,
    as_json: JSON = False,
    folder: MODELS = None,
) -> None:
    """Print the error rates of this pipeline on your pictures, in the terms of ISO/IEC 19795-1.

    Nothing of the pictures is kept. An operating point that fewer than 30 false matches stand behind is refused;
    likely label errors are listed with their reasons and left out.

        ostiary models evaluate --images lfw --pairs pairs.txt --json
        ostiary models evaluate --images lfw --all-pairs --card
    """
    if pairs is None and not all_pairs:
        raise typer.BadParameter("Say what to compare: --pairs FILE, --all-pairs, or both.")
    if plot is not None and not all_pairs:
        raise typer.BadParameter("A plot shows all pairs. Add --all-pairs.")
    with _three_parts():
        from ostiary.models.measure import embeddings, evaluation, folds
        from ostiary.models.measure import pairs as pairs_file
        from ostiary.models.measure.card import plot_of
        from ostiary.models.pipeline import FacePipeline

        pipeline = FacePipeline.load() if folder is None else FacePipeline.load(folder=folder)
        asked = pairs_file.read(pairs) if pairs is not None else None
        files = embeddings.pictures(images)
        if asked is not None and not all_pairs:
            named = {name for fold in asked for pair in fold for name in (pair.one, pair.other)}
            files = [file for file in files if file.stem in named]
        with _progress("looking at pictures") as told:
            found = embeddings.collect(pipeline, files, told)
        of_folds = None
        if asked is not None:
            of_folds = folds.judge(asked, dict(zip(found.files, found.vectors, strict=True)))
        of_all = None
        if all_pairs:
            with _progress("fusing frames") as told:
                of_all = evaluation.all_pairs(pipeline, found, files, told)
        if as_json:
            said = evaluation.as_json(pipeline, found, of_all, of_folds)
            typer.echo(json.dumps(said, ensure_ascii=False))
        if plot is None and card and of_all is not None:
            plot = plot_of(pipeline.model)
        if of_all is not None and plot is not None:
            from ostiary.models.measure.plot import svg

            points = [measured.point for measured in of_all.points]
            plot.write_text(svg(pipeline.model.name, of_all.curve, of_all.comparisons, points), encoding="utf-8")
        sections = {}
        if of_folds is not None:
            sections["pairs"] = evaluation.folds_markdown(pipeline, of_folds)
        if of_all is not None:
            shown = _from_card(pipeline.model, plot) if plot is not None else ""
            sections["all-pairs"] = evaluation.all_pairs_markdown(pipeline, found, of_all, shown)
        if not as_json:
            typer.echo("\n\n".join(sections.values()))
            for suspect in of_all.suspects if of_all is not None else ():
                one, other = found.persons[suspect.one], found.persons[suspect.other]
                typer.echo(f"left out: {one}, {other}: {suspect.reason}")
        if card:
            from ostiary.models.measure import card as cards

            for section, text in sections.items():
                cards.write(cards.path_of(pipeline.model), section, text)
            if of_all is not None:
                points = [measured.point for measured in of_all.points]
                on = evaluation.measured_on(pipeline, found, of_all)
                cards.write_points(pipeline.model.entry, on, points)


@models.command()
def pairs(
    images: IMAGES,
    seed: Annotated[int, typer.Option(help="The same seed draws the same pairs.")] = 1,
    folds: Annotated[int, typer.Option(min=1, max=100)] = 10,
    each: Annotated[int, typer.Option(help="Genuine, and as many impostor, pairs a fold.", min=1, max=10_000)] = 300,
) -> None:
    """Draw pairs from a folder, in the format of LFW's pairs.txt, for collections that come without them.

    ostiary models pairs --images faces --seed 1 > pairs.txt
    """
    with _three_parts():
        from ostiary.models.measure import embeddings
        from ostiary.models.measure import pairs as pairs_file

        typer.echo(pairs_file.made(embeddings.pictures(images), seed, folds, each), nl=False)


@models.command()
def attacks(
    images: IMAGES,
    count: Annotated[int, typer.Option(help="How many pictures to attack with.", min=1, max=100_000)] = 100,
    seed: Annotated[int, typer.Option(help="Chooses the pictures and every trembling of a hand.")] = 1,
    card: CARD = False,
    as_json: JSON = False,
    folder: MODELS = None,
) -> None:
    """Show the liveness level `motion` prints and still screens, made from your pictures, and count what passes.

    ostiary models attacks --images lfw --count 100
    """
    with _three_parts():
        import random

        from ostiary.models.measure import attacks as made
        from ostiary.models.measure import embeddings
        from ostiary.models.picture import decode
        from ostiary.models.pipeline import FacePipeline

        pipeline = FacePipeline.load() if folder is None else FacePipeline.load(folder=folder)
        files = embeddings.pictures(images)
        chosen = random.Random(seed).sample(files, min(count, len(files)))  # noqa: S311 - a sample, no secret
        pictures = [decode(file.read_bytes()) for file in chosen]
        with _progress("attacking") as told:
            found = made.attack(pipeline, pictures, seed, told)
        with _progress("turning heads") as told:
            heads = made.turning(pipeline, pictures, seed, told)
        text = made.markdown(found, heads)
        typer.echo(json.dumps(_as_json(found, heads), ensure_ascii=False) if as_json else text)
        if card:
            from ostiary.models.measure import card as cards

            cards.write(cards.path_of(pipeline.model), "attacks", text)


def _as_json(found: list[Attacked], heads: Attacked) -> dict[str, object]:
    from dataclasses import asdict

    from ostiary.models.measure.attacks import NO_RATE

    shown = {"attacks": [asdict(attack) for attack in found], "heads": asdict(heads)}
    return {"level": "motion", **shown, "living": NO_RATE}


def _from_card(model: object, plot: Path) -> str:
    """The plot's path as the card must write it."""
    import os

    from ostiary.models.catalog import Model
    from ostiary.models.measure import card as cards

    assert isinstance(model, Model)  # noqa: S101 - typed as object so that the command starts without the models
    return os.path.relpath(plot.resolve(), cards.path_of(model).resolve().parent)


@contextlib.contextmanager
def _three_parts() -> Iterator[None]:
    """Turns every error that a person can act on into its sentence and the exit status 1."""
    try:
        yield
    except ImportError as error:
        typer.echo(f"Faces cannot be measured here. {error}. Install the extra: pip install 'ostiary[face]'", err=True)
        raise typer.Exit(1) from error
    except (OSError, ValueError, LookupError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error


@contextlib.contextmanager
def _progress(what: str) -> Iterator[Callable[[int, int], None]]:
    """A bar on standard error, so that standard output stays what was asked for."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
