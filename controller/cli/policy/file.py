"""A policy file from the command line: its text, and what it is held against on this machine."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from ostiary.controller.policy.around import Around
    from ostiary.controller.policy.document import Policy, Reading

FILE = Annotated[Path, typer.Argument(help="The policy, a YAML file.", show_default=False)]


def text_of(file: Path) -> bytes:
    """The file's bytes; `typer.BadParameter` for what cannot be read."""
    try:
        with file.open("rb") as opened:
            return opened.read(1 << 20)  # a policy is far smaller, and a device file has no end
    except OSError as error:
        raise typer.BadParameter(f"{file} cannot be read: {error.strerror}. Name another file.") from error


def around_now() -> "Around":
    """Today, and what this version's models and readers can do."""
    from ostiary.controller.policy.around import PRESENTABLE, Around
    from ostiary.models.operating import largest_gallery_of_all

    return Around(datetime.now(UTC).date(), largest_gallery_of_all, PRESENTABLE)


def linted(file: Path) -> "Reading":
    """The file, read and checked."""
    from ostiary.controller.policy.lint import lint

    return lint(text_of(file), file.name, around_now())


def policy_of(file: Path) -> "Policy":
    """The policy of the file. Ends the command with everything that is refused in it, where anything is."""
    reading = linted(file)
    refused, policy = reading.findings.sorted(), reading.policy
    if policy is None or refused:
        for error in refused:
            typer.echo(str(error), err=True)
        raise typer.Exit(1)
    return policy
