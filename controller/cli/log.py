"""`ostiary log`: judge a site's log, export it, show a record, and rotate its key."""

from pathlib import Path

import typer

from ostiary.controller.cli.data import DATA

log = typer.Typer(help="The decision log: judge it, export it, look into it.", no_args_is_help=True)


@log.callback()
def _commands() -> None:
    """The decision log: judge it, export it, look into it."""


@log.command()
def fsck(data: DATA = Path("var")) -> None:
    """Derive the whole log again from the bytes on the disk, and say what does not fit.

    Records, keys, positions, tree, checkpoints, published tiles, journals. The site may be running. Names the first
    broken record and its neighbours; exit status 1 when anything is wrong.

        ostiary log fsck --data /srv/ostiary
    """
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

    from ostiary.controller import site as settings
    from ostiary.controller.cli.stopping import one_sentence
    from ostiary.controller.record.fsck import check
    from ostiary.controller.record.fsck_words import in_words
    from ostiary.controller.store.places import Places

    places = Places(data)
    with one_sentence():
        site = settings.read_existing(places.site_toml)
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
            stages: dict[str, TaskID] = {}

            def tell(stage: str, done: int, total: int) -> None:
                if stage not in stages:
                    stages[stage] = progress.add_task(stage, total=total)
                progress.update(stages[stage], completed=done, total=total)

            report = check(places, site.name, settings.log_place(places), tell)
    for line in in_words(report):
        typer.echo(line)
    if report.findings:
        raise typer.Exit(1)
