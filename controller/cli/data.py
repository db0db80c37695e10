"""The options that most commands share: where the site is, who asks, and for whom it is printed."""

from pathlib import Path
from typing import Annotated

import typer

DATA = Annotated[
    Path,
    typer.Option(help="The site's data directory: keys, people, log. `ostiary run` makes it when it is new."),
]
OPERATOR = Annotated[
    str, typer.Option("--operator", help="Who you are; it is recorded.", envvar="OSTIARY_OPERATOR", show_envvar=True)
]
JSON = Annotated[bool, typer.Option("--json", help="Print JSON.")]
THIS_MACHINE = "this machine"
