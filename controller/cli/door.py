"""`ostiary door`: show a door as it is now, release it once, switch its face off and on."""

import json
from pathlib import Path
from typing import Annotated

import typer

from ostiary.controller.cli.acknowledged import WAIT, waited
from ostiary.controller.cli.asking import asked, say
from ostiary.controller.cli.data import DATA, JSON, OPERATOR, THIS_MACHINE
from ostiary.controller.cli.door_words import words

door = typer.Typer(help="Doors as they are now, and what an operator may have them do.", no_args_is_help=True)

NAME = Annotated[str, typer.Argument(metavar="DOOR", help="The door's name in the policy.")]
PURPOSE = Annotated[str, typer.Option(help="Why: 4 to 200 letters, which the log keeps.")]


@door.command()
def show(name: NAME, operator: OPERATOR = THIS_MACHINE, data: DATA = Path("var"), as_json: JSON = False) -> None:
    """Show the settings in force, the door's nodes and how they are, what is locked or off, and alarms.

    ostiary door show front
    """
    found = asked("door", {"door": name}, operator, data)
    typer.echo(json.dumps(found, indent=1) if as_json else "\n".join(words(found)))


@door.command()
def release(
    name: NAME, purpose: PURPOSE, operator: OPERATOR = THIS_MACHINE, data: DATA = Path("var"), as_json: JSON = False
) -> None:
    """Release the strike once, for as long as the door's rule says, whoever stands there.

    ostiary door release front --purpose "a parcel for the studio"
    """
    done = asked("release", {"door": name}, operator, data, purpose)
    pulse_s = done["pulse_ms"] / 1000
    text = (
        f"The node {done['node']} is told to release the door {name} for {pulse_s:g} s (record {done['index']}).\n"
        "What the door does stands in its journal: released-once, or refused with the reason."
    )
    say(done, as_json, text)


@door.command(name="face-off")
def face_off(
    name: NAME,
    purpose: PURPOSE,
    wait_s: WAIT = 5.0,
    operator: OPERATOR = THIS_MACHINE,
    data: DATA = Path("var"),
    as_json: JSON = False,
) -> None:
    """Look at no face at this door for now; its other ways in go on.

    ostiary door face-off front --purpose "the camera is dirty"
    """
    done = asked("face-off", {"door": name}, operator, data, purpose)
    done, told = waited(done, operator, data, wait_s)
    say(done, as_json, f"No face is looked at at {name}. Undo it with: ostiary door face-on {name} --purpose …\n{told}")


@door.command(name="face-on")
def face_on(
    name: NAME,
    purpose: PURPOSE,
    wait_s: WAIT = 5.0,
    operator: OPERATOR = THIS_MACHINE,
    data: DATA = Path("var"),
    as_json: JSON = False,
) -> None:
    """Look at faces again, as the policy says."""
    done = asked("face-on", {"door": name}, operator, data, purpose)
    done, told = waited(done, operator, data, wait_s)
    say(done, as_json, f"Faces are looked at at {name} again, where the policy says so.\n{told}")
