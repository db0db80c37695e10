"""`ostiary lockdown` and `ostiary resume`: let nobody in, at one door or at the whole site, until it is ended."""

from pathlib import Path
from typing import Annotated

import typer

from ostiary.controller.cli.acknowledged import WAIT, waited
from ostiary.controller.cli.asking import asked, say
from ostiary.controller.cli.data import DATA, JSON, OPERATOR, THIS_MACHINE

DOOR = Annotated[str | None, typer.Option(help="One door; without it, the whole site.")]
PURPOSE = Annotated[str, typer.Option(help="Why: 4 to 200 letters, which the log keeps.")]


def lockdown(
    purpose: PURPOSE,
    door: DOOR = None,
    wait_s: WAIT = 5.0,
    operator: OPERATOR = THIS_MACHINE,
    data: DATA = Path("var"),
    as_json: JSON = False,
) -> None:
    """Let nobody in from now on, whoever they are. Leaving is never locked.

    The keeper decides by it at once. The nodes learn it too, so that none lets anybody in alone; this command waits for
    their word and names those that have not said it.

    ostiary lockdown --purpose "smoke in the hall"
    ostiary lockdown --door laser-room --purpose "the laser is being repaired"
    """
    done, told = waited(asked("lockdown", {"door": door}, operator, data, purpose), operator, data, wait_s)
    say(done, as_json, f"{_named(door)} is locked down. End it with: ostiary resume{_of(door)}\n{told}")


def resume(
    purpose: PURPOSE,
    door: DOOR = None,
    wait_s: WAIT = 5.0,
    operator: OPERATOR = THIS_MACHINE,
    data: DATA = Path("var"),
    as_json: JSON = False,
) -> None:
    """End a lockdown: that of the site, or with --door that of one door."""
    done, told = waited(asked("resume", {"door": door}, operator, data, purpose), operator, data, wait_s)
    say(done, as_json, f"{_named(door)} decides by its policy again.\n{told}")


def _named(door: str | None) -> str:
    return "The whole site" if door is None else f"The door {door}"


def _of(door: str | None) -> str:
    return " --purpose …" if door is None else f" --door {door} --purpose …"
