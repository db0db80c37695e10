"""`ostiary`: the command line. Each command is a file; this one only names them."""

from typing import Annotated

import typer

from ostiary.controller import __version__
from ostiary.controller.cli.alarms import alarms
from ostiary.controller.cli.ask import ask
from ostiary.controller.cli.backup import backup, restore
from ostiary.controller.cli.bench import bench
from ostiary.controller.cli.board import board
from ostiary.controller.cli.contest import contest
from ostiary.controller.cli.demo import demo
from ostiary.controller.cli.door import door
from ostiary.controller.cli.ledger import ledger
from ostiary.controller.cli.lockdown import lockdown, resume
from ostiary.controller.cli.log import log
from ostiary.controller.cli.mail import mail
from ostiary.controller.cli.models import models
from ostiary.controller.cli.node import node
from ostiary.controller.cli.operator import operator
from ostiary.controller.cli.passes import passes
from ostiary.controller.cli.person import person
from ostiary.controller.cli.pin import pin
from ostiary.controller.cli.play import play
from ostiary.controller.cli.policy import policy
from ostiary.controller.cli.run import run
from ostiary.controller.cli.standing import standing
from ostiary.controller.cli.token import token
from ostiary.controller.cli.verify import verify
from ostiary.controller.cli.witness import witness

app = typer.Typer(
    name="ostiary",
    help="A keeper of doors that can be asked why. Start with: ostiary run",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
)
app.command()(run)
app.command()(demo)
app.command()(ask)
app.command()(play)
app.command()(lockdown)
app.command()(resume)
app.add_typer(door, name="door")
app.add_typer(node, name="node")
app.add_typer(alarms, name="alarms")
app.add_typer(mail, name="mail")
app.add_typer(board, name="board")
app.add_typer(contest, name="contest")
app.add_typer(ledger, name="ledger")
app.add_typer(standing, name="standing")
app.add_typer(passes, name="pass")
app.add_typer(pin, name="pin")
app.add_typer(models, name="models")
app.add_typer(policy, name="policy")
app.add_typer(bench, name="bench")
app.command()(verify)
app.command()(backup)
app.command()(restore)
app.command()(witness)
app.add_typer(log, name="log")
app.add_typer(person, name="person")
app.add_typer(operator, name="operator")
app.add_typer(token, name="token")


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"ostiary {__version__}")
        raise typer.Exit


@app.callback()
def _start(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and stop.")
    ] = False,
) -> None:
    """A keeper of doors that can be asked why."""
