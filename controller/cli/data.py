"""The one option that most commands share: where the site is."""

from pathlib import Path
from typing import Annotated

import typer

DATA = Annotated[
    Path,
    typer.Option(help="The site's data directory: keys, people, log. `ostiary run` makes it when it is new."),
]
