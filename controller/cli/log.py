"""`ostiary log`: judge a site's log, export it, show a record, and rotate its key."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from ostiary.controller.cli.data import DATA, OPERATOR, THE_ONLY_ONE

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


PURPOSE = Annotated[str, typer.Option(help="Why; it is recorded, and the person concerned can read it.")]
INDEX = ("index", "kind", "at_ms", "door", "verdict", "code", "erased")


@log.command()
def show(
    record: Annotated[str, typer.Argument(help="A position in the log, or a receipt code.")],
    purpose: PURPOSE,
    operator: OPERATOR = THE_ONLY_ONE,
    data: DATA = Path("var"),
) -> None:
    """Open one record. That is a look-up, and recorded as one.

    ostiary log show 17 --purpose "complaint of 3 March"
    """
    typer.echo(json.dumps(_act(data, "look-up", _named(record), purpose, operator), indent=2, ensure_ascii=True))


@log.command()
def receipt(
    record: Annotated[str, typer.Argument(help="A position in the log, or a receipt code.")],
    purpose: PURPOSE,
    out: Annotated[Path, typer.Option(help="The file to write.")] = Path("receipt.txt"),
    operator: OPERATOR = THE_ONLY_ONE,
    data: DATA = Path("var"),
) -> None:
    """Write the receipt that a person takes home, after they have shown who they are.

    ostiary log receipt K7RQ-02MX-9TBA-H41C --purpose "asked at the desk" --out receipt.txt
    """
    done = _act(data, "receipt", _named(record), purpose, operator)
    out.write_text(done["file"])
    typer.echo(f"{out} is the receipt of record {done['index']}. Anybody can check it with: ostiary verify {out}")


@log.command()
def export(
    purpose: PURPOSE,
    out: Annotated[Path, typer.Option(help="A new directory for records.jsonl, index.csv and the proofs.")],
    first: Annotated[int, typer.Option(help="The first position.", min=0)] = 0,
    upto: Annotated[int, typer.Option(help="The position after the last one.", min=0)] = 2**53,
    operator: OPERATOR = THE_ONLY_ONE,
    data: DATA = Path("var"),
) -> None:
    """Write records with their proofs into a directory. The export is itself a record, with its purpose.

    `records.jsonl` has each record's own bytes, `index.csv` the index columns, and `receipts/` a file for each record
    that anybody can check with `ostiary verify`. Records that were erased stand in the index alone.

        ostiary log export --out /tmp/audit --purpose "audit of March, order 12/26"
    """
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    try:
        (out / "receipts").mkdir(mode=0o700, parents=True)
    except OSError as error:
        raise typer.BadParameter(f"{out} cannot be made ({error.strerror}). Name a new directory.") from error
    columns = (TextColumn("Records"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    number = 0
    with (
        (out / "records.jsonl").open("w") as lines,
        (out / "index.csv").open("w", newline="") as table,
        Progress(*columns, console=Console(stderr=True), transient=True) as progress,
    ):
        index = csv.writer(table)
        index.writerow(INDEX)
        bar = progress.add_task("Records", total=None)
        for told, left in _exported(data, first, upto, purpose, operator):
            index.writerow([told[name] for name in INDEX])
            if not told["erased"]:
                lines.write(told["record"] + "\n")
                (out / "receipts" / f"{told['index']:010d}.txt").write_text(told["file"])
            number += 1
            progress.update(bar, completed=number, total=number + left)
    typer.echo(
        f"{number} records are in {out}. It holds personal data: keep it as safe as the log, and delete it after."
    )


@log.command("rotate-key")
def rotate_key(purpose: PURPOSE, operator: OPERATOR = THE_ONLY_ONE, data: DATA = Path("var")) -> None:
    """Let the log sign with a new key from now on; the old one signs the new one first, and its secret is destroyed.

    Tell every witness the new key: ostiary witness --log NEWKEY --log OLDKEY …

        ostiary log rotate-key --purpose "yearly change"
    """
    done = _act(data, "rotate-log-key", {}, purpose, operator)
    typer.echo(f"The log signs with {done['to']} now. Who knows {done['from']} can follow; tell the witnesses.")


def _named(record: str) -> dict[str, Any]:
    return {"index": int(record)} if record.isascii() and record.isdigit() and len(record) < 16 else {"receipt": record}


def _exported(data: Path, first: int, upto: int, purpose: str, operator: str) -> Iterator[tuple[dict[str, Any], int]]:
    """Each record of an export, and how many follow it."""
    asked: dict[str, Any] = {"first": first, "upto": max(first, upto)}
    while True:
        done = _act(data, "export", asked, purpose, operator)
        for told in done["records"]:
            yield told, done["upto"] - told["index"] - 1
        if done["next"] >= done["upto"]:
            return
        asked = {"first": done["next"], "upto": done["upto"], "begun": done["begun"]}


def _act(data: Path, name: str, asked: dict[str, Any], purpose: str, operator: str) -> dict[str, Any]:
    from ostiary.controller.acts.client import Keeper
    from ostiary.controller.acts.errors import ActError
    from ostiary.controller.store.places import Places

    try:
        return Keeper(Places(data).keeper_socket).act_now(name, asked, purpose=purpose, operator=operator)
    except ActError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error
