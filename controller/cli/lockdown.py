"""`ostiary lockdown` and `ostiary resume`: let nobody in, at one door or at the whole site, until it is ended."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from ostiary.controller.cli.data import DATA, OPERATOR, THE_ONLY_ONE

DOOR = Annotated[str | None, typer.Option(help="One door; without it, the whole site.")]
PURPOSE = Annotated[str, typer.Option(help="Why: 4 to 200 letters, which the log keeps.")]
JSON = Annotated[bool, typer.Option("--json", help="Print the record's number as one JSON object.")]


def lockdown(
    purpose: PURPOSE,
    door: DOOR = None,
    operator: OPERATOR = THE_ONLY_ONE,
    data: DATA = Path("var"),
    as_json: JSON = False,
) -> None:
    """Let nobody in from now on, whoever they are. Leaving is never locked.

    ostiary lockdown --purpose "smoke in the hall"
    ostiary lockdown --door laser-room --purpose "the laser is being repaired"
    """
    done = _asked("lockdown", door, purpose, operator, data)
    typer.echo(
        json.dumps(done) if as_json else f"{_named(door)} is locked down. End it with: ostiary resume{_of(door)}"
    )


def resume(
    purpose: PURPOSE,
    door: DOOR = None,
    operator: OPERATOR = THE_ONLY_ONE,
    data: DATA = Path("var"),
    as_json: JSON = False,
) -> None:
    """End a lockdown: that of the site, or with --door that of one door."""
    done = _asked("resume", door, purpose, operator, data)
    typer.echo(json.dumps(done) if as_json else f"{_named(door)} decides by its policy again.")


def _asked(act: str, door: str | None, purpose: str, operator: str, data: Path) -> dict[str, Any]:
    from ostiary.controller.acts.client import Keeper
    from ostiary.controller.acts.errors import ActError
    from ostiary.controller.store.places import Places

    keeper = Keeper(Places(data).keeper_socket)
    try:
        return keeper.act_now(act, {"door": door}, operator=operator, purpose=purpose)
    except ActError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error


def _named(door: str | None) -> str:
    return "The whole site" if door is None else f"The door {door}"


def _of(door: str | None) -> str:
    return " --purpose …" if door is None else f" --door {door} --purpose …"
