"""`ostiary alarms`: what somebody must look at, and that somebody has."""

import json
from pathlib import Path
from typing import Annotated

import typer

from ostiary.controller.cli.asking import asked, moment, say
from ostiary.controller.cli.data import DATA, JSON, OPERATOR, THE_ONLY_ONE

alarms = typer.Typer(help="Alarms that stand, and acknowledging one.", invoke_without_command=True)


@alarms.callback()
def list_alarms(
    context: typer.Context, operator: OPERATOR = THE_ONLY_ONE, data: DATA = Path("var"), as_json: JSON = False
) -> None:
    """List the alarms that stand, the oldest first.

    ostiary alarms
    ostiary alarms acknowledge 4711
    """
    if context.invoked_subcommand is not None:
        return
    found = asked("alarms", {}, operator, data)["alarms"]
    if as_json:
        typer.echo(json.dumps(found, indent=1))
        return
    if not found:
        typer.echo("No alarm stands.")
    for alarm in found:
        over = f", over since {moment(alarm['over_ms'])}" if alarm["over_ms"] else ""
        seen = f", seen by {alarm['by']}" if alarm["by"] else ""
        where = f"{alarm['door']} ({alarm['node']})" if alarm["node"] else "the site"
        typer.echo(f"{alarm['number']:>8}  {alarm['kind']}  {where}, since "
                   f"{moment(alarm['since_ms'])}{over}{seen}. {alarm['say']}")  # fmt: skip


@alarms.command()
def acknowledge(
    number: Annotated[int, typer.Argument(help="The alarm's number: ostiary alarms lists it.")],
    operator: OPERATOR = THE_ONLY_ONE,
    data: DATA = Path("var"),
    as_json: JSON = False,
) -> None:
    """Say that somebody has looked. The log keeps who.

    ostiary alarms acknowledge 4711
    """
    done = asked("acknowledge", {"number": number}, operator, data)
    say(done, as_json, f"The alarm {number} is acknowledged (record {done['index']}).")
