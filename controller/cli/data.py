"""The options that most commands share: where the site is, who asks, and for whom it is printed."""

from pathlib import Path
from typing import Annotated

import typer

DATA = Annotated[
    Path,
    typer.Option(help="The site's data directory: keys, people, log. `ostiary run` makes it when it is new."),
]
OPERATOR = Annotated[
    str,
    typer.Option(
        "--operator",
        help="The operator who asks; it is recorded. Without it, the site's only one.",
        envvar="OSTIARY_OPERATOR",
        show_envvar=True,
        show_default=False,
    ),
]
JSON = Annotated[bool, typer.Option("--json", help="Print JSON.")]
THE_ONLY_ONE = ""
