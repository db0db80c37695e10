"""`ostiary verify`: check a receipt on any machine, without a network and without the site's help."""

import time
from importlib import resources
from pathlib import Path
from typing import Annotated

import typer


def verify(
    file: Annotated[Path | None, typer.Argument(help="The receipt, as it came from the portal or from staff.")] = None,
    key: Annotated[
        str | None,
        typer.Option(help="The log's verifier key, from a place that you trust. Without it the receipt's own."),
    ] = None,
    witness: Annotated[
        list[str] | None, typer.Option(help="A witness's verifier key; one of those given must have signed.")
    ] = None,
    shown: Annotated[
        str | None,
        typer.Option(help="What the door's QR said (OSTIARY:…): the receipt must be the one that it showed."),
    ] = None,
    standalone: Annotated[
        bool, typer.Option("--standalone", help="Print a verifier in one file that needs no Ostiary, and stop.")
    ] = False,
) -> None:
    """Check that a receipt is whole, that the log holds it, and who saw it there; then say what was decided.

    Exit status 0: it holds; 1: it does not; 2: the file or the question could not be understood.

        ostiary verify receipt.txt --key ostiary/northside+1a2b3c4d+AZ…
        ostiary verify --standalone > verify_receipt.py
    """
    if standalone:
        source = resources.files("ostiary.controller.record").joinpath("standalone.py").read_text()
        typer.echo(source, nl=False)
        return
    from ostiary.controller.record.receipt import MAX_BYTES, is_as_shown
    from ostiary.controller.record.receipt import verify as check
    from ostiary.controller.record.receipt_words import in_words

    if file is None:
        raise typer.BadParameter("Name the receipt's file, or ask for --standalone.")
    try:
        with file.open("rb") as opened:
            data = opened.read(MAX_BYTES + 1)
    except OSError as error:
        raise typer.BadParameter(f"{file} cannot be read: {error.strerror}. Name another file.") from error
    checked = check(data, key, witness or (), int(time.time()))
    if checked.ok and shown is not None:
        checked = is_as_shown(checked, shown)
    for line in in_words(checked, key_known=key is not None):
        typer.echo(line)
    if not checked.ok:
        raise typer.Exit(1)
