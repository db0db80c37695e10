"""`ostiary node`: add a node to a site, have one show where it hangs or start anew, run one on this machine."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from ostiary.controller.cli.asking import asked, say
from ostiary.controller.cli.data import DATA, JSON, OPERATOR, THE_ONLY_ONE

node = typer.Typer(help="The nodes at the doors.", no_args_is_help=True)

NAME = Annotated[str, typer.Argument(metavar="NODE", help="The node's name: ostiary door show names a door's.")]


@node.command()
def add(
    name: Annotated[str, typer.Argument(metavar="NODE", help="A new name, or one whose place changes.")],
    door: Annotated[str, typer.Option(help="The door at which it hangs.")],
    role: Annotated[list[str], typer.Option(help="reader (may hang outside), strike (always inside); twice for both.")],
    board: Annotated[
        str, typer.Option(help="What it is made of; virtual and virtual-esp32 have no hardware.")
    ] = "virtual",
    data: DATA = Path("var"),
) -> None:
    """Give a node its identity and its place. The site is closed meanwhile; its next start knows the node.

    A door whose reader hangs outside has two nodes, and only the one inside moves the lock:

        ostiary node add studio-outside --door studio --role reader
        ostiary node add studio-inside --door studio --role strike
    """
    from ostiary.controller.cli.stopping import one_sentence
    from ostiary.controller.fleet.nodes import FleetNode, is_virtual, strikeless
    from ostiary.controller.founding import add_node
    from ostiary.controller.store.places import Places

    with one_sentence():
        where, nodes = add_node(Places(data), FleetNode(name, door, tuple(role), board, is_virtual(board)))
    typer.echo(f"The node {name} hangs at {door} ({', '.join(role)}). Its identity: {where}")
    if (why := strikeless(nodes).get(door)) is not None:
        typer.echo(f"No grant can open {door} yet. {why} Give it one node with --role strike.", err=True)


@node.command()
def locate(
    name: NAME,
    seconds: Annotated[int, typer.Option(help="For how long.", min=1, max=600)] = 30,
    operator: OPERATOR = THE_ONLY_ONE,
    data: DATA = Path("var"),
    as_json: JSON = False,
) -> None:
    """Have a node show where it hangs, by its light and its buzzer.

    ostiary node locate front-1
    """
    done = asked("locate", {"node": name, "seconds": seconds}, operator, data)
    say(done, as_json, f"The node {name} at {done['door']} shows itself for {seconds} s (record {done['index']}).")


@node.command()
def reboot(
    name: NAME,
    purpose: Annotated[str, typer.Option(help="Why: 4 to 200 letters, which the log keeps.")],
    operator: OPERATOR = THE_ONLY_ONE,
    data: DATA = Path("var"),
    as_json: JSON = False,
) -> None:
    """Have a node start anew. Its strike is off meanwhile, and whoever is inside leaves as ever.

    ostiary node reboot front-1 --purpose "the camera hangs"
    """
    done = asked("reboot", {"node": name}, operator, data, purpose)
    say(done, as_json, f"The node {name} at {done['door']} is told to start anew (record {done['index']}).")


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


@node.command()
def esp32(
    directory: Annotated[
        Path,
        typer.Option(
            "--node",
            help="The node's directory: who it is and what proves it (made when the node is claimed).",
        ),
    ],
    doorstep: Annotated[Path, typer.Option(help="The virtual door to stand at: its board's socket.")],
    virtual: Annotated[bool, typer.Option("--virtual", help="Said for clearness: here it is always virtual.")] = True,
) -> None:
    """Run the ESP32's own program on a pretended chip: real MicroPython, with a flash, a watchdog, and new starts.

    The node's board is virtual-esp32. A chip itself runs what is flashed onto it (hardware/firmware.md).

        ostiary node esp32 --virtual --node var/nodes/store-1 --doorstep var/run/store.sock
    """
    command = [sys.executable, "-m", "ostiary.firmware.virtual.esp32"]
    # As with `pi`: the controller's code is not in the node's process.
    os.execv(sys.executable, [*command, "--node", str(directory), "--doorstep", str(doorstep)])  # noqa: S606
