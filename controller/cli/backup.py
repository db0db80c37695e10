"""`ostiary backup` and `ostiary restore`: a whole site into one sealed file, and back."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ostiary.controller.cli.data import DATA, OPERATOR, THE_ONLY_ONE
from ostiary.controller.cli.stopping import one_sentence

if TYPE_CHECKING:
    from ostiary.controller.backup import Tell
    from ostiary.controller.sealed_archive import Secret

PASSPHRASE = "OSTIARY_BACKUP_PASSPHRASE"  # noqa: S105 - the name of the variable
KEY_FILE = Annotated[Path | None, typer.Option(help="A file of 32 random bytes or more, instead of a passphrase.")]


def backup(
    file: Annotated[Path, typer.Argument(help="The new file to write.")],
    key_file: KEY_FILE = None,
    operator: OPERATOR = THE_ONLY_ONE,
    data: DATA = Path("var"),
) -> None:
    """Copy the site, while it runs, into one file: log, people, keys, certificates, settings.

    The file is sealed, for it holds every key: with --key-file, with the passphrase in OSTIARY_BACKUP_PASSPHRASE, or
    with one that is asked for. It can be restored for as long as site.toml says (backups_days); what is erased
    later is erased again by the restore, which needs the list of erasures: keep the newest beside your backups.

        ostiary backup /mnt/backup/site-2026-03-14.ostiary
        curl -o /mnt/backup/erasures http://SITE/log/NAME/erasures
    """
    from ostiary.controller.acts.client import Keeper
    from ostiary.controller.acts.errors import ActError
    from ostiary.controller.backup import backup as made
    from ostiary.controller.store.places import Places

    with one_sentence(), _on_the_disk(file):
        secret = _secret(key_file, new=True)
        places = Places(data)
        try:
            Keeper(places.keeper_socket).act_now("backup", {}, operator=operator, purpose="backup")
        except ActError as error:
            if error.code != "keeper-away":
                raise
            typer.echo("The site does not run, so the backup is not recorded in its log.", err=True)
        with _bars() as tell:
            head = made(places, file, secret, time.time_ns() // 1_000_000, tell)
        good = time.strftime("%Y-%m-%d", time.gmtime(head.expires_ms / 1000))
        typer.echo(f"{file} holds {head.site} with {head.size} records. It can be restored until {good}.")


def restore(
    file: Annotated[Path, typer.Argument(help="A file that `ostiary backup` made.")],
    data: Annotated[Path, typer.Option(help="The new directory of the site.")],
    erasures: Annotated[Path | None, typer.Option(help="The newest list of erasures: /log/NAME/erasures.")] = None,
    nothing_erased: Annotated[
        bool, typer.Option("--nothing-erased", help="There is no list, and nothing was erased since. It is recorded.")
    ] = False,
    key_file: KEY_FILE = None,
    log: Annotated[str | None, typer.Option(help="The address of an empty database for the log.")] = None,
) -> None:
    """Make a site from a backup. What was erased after the backup is erased again before anything is served.

    That needs the newest list of erasures, from the old site's log/erasures, from whoever mirrors what it publishes,
    or from beside the backups. The restored log ends earlier than the old one: witnesses and nodes will notice.

        ostiary restore site-2026-03-14.ostiary --data /srv/ostiary --erasures erasures
    """
    from ostiary.controller.restore import restore as made

    if (erasures is None) != nothing_erased:
        raise typer.BadParameter("Give the newest list with --erasures FILE, or say --nothing-erased; one of the two.")
    with one_sentence(), _on_the_disk(data):
        secret = _secret(key_file, new=False)
        with _bars() as tell:
            done = made(file, data, secret, erasures, time.time_ns() // 1_000_000, tell, log)
        upto = "" if done.known_upto is None else f" The list of erasures goes up to record {done.known_upto}."
        typer.echo(
            f"{data} is {done.head.site} again, as of {done.head.size} records.{upto} "
            f"{done.keys} keys and {done.persons} persons were erased again. Judge it: ostiary log fsck --data {data}"
        )


@contextmanager
def _on_the_disk(path: Path) -> Iterator[None]:
    from ostiary.controller.store.errors import StoreUnavailable, ThreePartError

    try:
        yield
    except ThreePartError:
        raise
    except OSError as error:
        said = f"The system says: {error}."
        raise StoreUnavailable("It was not done; nothing is left of it.", said, f"Check the disk of {path}.") from error


def _secret(key_file: Path | None, *, new: bool) -> "Secret":
    from ostiary.controller import sealed_archive

    if key_file is not None:
        return sealed_archive.key_file(key_file)
    said = os.environ.get(PASSPHRASE)
    if said is None:
        said = typer.prompt("Passphrase", hide_input=True, confirmation_prompt=new)
    return sealed_archive.passphrase(said)


@contextmanager
def _bars() -> "Iterator[Tell]":
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        stages: dict[str, TaskID] = {}

        def tell(stage: str, done: int, total: int) -> None:
            if stage not in stages:
                stages[stage] = progress.add_task(stage, total=total)
            progress.update(stages[stage], completed=done, total=total)

        yield tell
