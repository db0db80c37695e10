"""`ostiary node pi`: run a door node on this machine, on real pins or beside a virtual door."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

node = typer.Typer(help="Run a door node on this machine.", no_args_is_help=True)


@node.callback()
def _kinds() -> None:
    """Run a door node on this machine."""


@node.command()
def pi(
    directory: Annotated[
        Path,
        typer.Option(
            "--node",
            help="The node's directory: who it is and what proves it (made when the node is claimed).",
        ),
    ],
    doorstep: Annotated[
        Path | None,
        typer.Option(help="Stand at this virtual door (its board's socket) instead of on GPIO pins."),
    ] = None,
    camera: Annotated[str, typer.Option(help="pi, v4l2:/dev/video0, files:FOLDER or none.")] = "pi",
    display: Annotated[
        Path | None, typer.Option(help="A terminal that is the door's display, such as /dev/tty1.")
    ] = None,
) -> None:
    """Run the Raspberry Pi node: camera, card reader and strike on one side, the site's broker on the other.

    On a Raspberry Pi the pins are those of the board profile that the node's directory names. With --doorstep the
    same program runs on pretended hardware:

        ostiary node pi --node var/nodes/front-1 --doorstep /run/ostiary/front.sock
    """
    command = [sys.executable, "-m", "ostiary.firmware.pi", "--node", str(directory), "--camera", camera]
    if doorstep is not None:
        command += ["--doorstep", str(doorstep)]
    if display is not None:
        command += ["--display", str(display)]
    # The node is a program of its own: the controller's code is not in its process.
    os.execv(sys.executable, command)  # noqa: S606 - our own interpreter and module
