"""`ostiary pin`: a person's PIN beside their card or pass, typed at the terminal and never an argument."""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from ostiary.controller.cli.changing import now_ms, recorded, told
from ostiary.controller.cli.data import DATA, OPERATOR, THIS_MACHINE
from ostiary.controller.cli.stopping import one_sentence

pin = typer.Typer(help="A person's PIN, typed beside their card or pass.", no_args_is_help=True)

PERSON = Annotated[str, typer.Argument(help="The person's id: p-…")]


@pin.command("set")
def set_pin(
    person: PERSON,
    duress: Annotated[
        bool, typer.Option("--duress", help="Ask for a second PIN too, which opens as usual and raises a silent alarm.")
    ] = False,
    operator: OPERATOR = THIS_MACHINE,
    data: DATA = Path("var"),
) -> None:
    """The person's PIN from now on, in place of the one before: 6 to 12 digits, typed twice by the person.

    Without --duress a duress PIN that was set before is gone as well. From a pipe, each PIN is a line.

        ostiary pin set p-4afxnqx2kgbhi3vb
    """
    from ostiary.controller.acts.client import Keeper
    from ostiary.controller.people import pins
    from ostiary.controller.people.registry import person_here
    from ostiary.controller.store.people_db import NoPeopleDb, open_people
    from ostiary.controller.store.places import Places
    from ostiary.protocol import base64url

    typed = typed_twice("PIN")
    under_threat = typed_twice("Duress PIN") if duress else None
    with one_sentence():
        pins.check_fit(typed, under_threat)
        places = Places(data)
        if not places.people_db.exists():
            raise NoPeopleDb(places.people_db)
        keeper = Keeper(places.keeper_socket)
        engine = open_people(places.people_db)
        try:
            with engine.begin() as conn:
                # The person first: a PIN is sealed, and recorded, for somebody who is here.
                person_here(conn, person)
                asked = {"person": person, "pin": typed, "duress": under_threat}
                done = keeper.act_now("pin-set", asked, operator=operator, role="admin")
                pins.set_pin(conn, person, base64url.decode(done["sealed"]), operator, now_ms())
        finally:
            engine.dispose()
        told(keeper, operator, "admin")
        typer.echo(f"{person} has a PIN.")


@pin.command()
def clear(person: PERSON, operator: OPERATOR = THIS_MACHINE, data: DATA = Path("var")) -> None:
    """The person has no PIN any more, and no duress PIN. Doors that ask for one beside the card stay shut for them."""
    from ostiary.controller.people.pins import clear_pin

    def write(conn: Any) -> tuple[None, dict[str, Any]]:
        clear_pin(conn, person)
        return None, {"person": person}

    with one_sentence():
        recorded(data, operator, "admin", "pin-clear", write)
        typer.echo(f"{person} has no PIN any more.")


def typed_twice(name: str) -> str:
    """What was typed twice the same, unseen; from a pipe, one line. Raises `typer.BadParameter` where they differ."""
    if not sys.stdin.isatty():
        return _line()
    once, again = typed_once(name), typed_once(f"{name} again")
    if once != again:
        raise typer.BadParameter(f"The {name} was typed in two ways. Nothing was set; try again.")
    return once


def typed_once(name: str) -> str:
    """What was typed, unseen; from a pipe, one line."""
    from getpass import getpass

    return getpass(f"{name}: ") if sys.stdin.isatty() else _line()


def _line() -> str:
    return sys.stdin.readline().rstrip("\r\n")
