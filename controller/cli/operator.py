"""`ostiary operator`: who may do what at this site, and the links by which they set their sign-in up."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ostiary.controller.cli.data import DATA, JSON
from ostiary.controller.cli.stopping import one_sentence

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from ostiary.controller.people.operators import Operator

operator = typer.Typer(help="Operators: who may do what, and how they come to sign in.", no_args_is_help=True)

NAME = Annotated[str, typer.Argument(help="The operator's name: one word, given out once.")]
ROLE = Annotated[
    list[str], typer.Option("--role", help="admin, enroller, reviewer, auditor or installer; may be given again.")
]
BY = Annotated[
    str,
    typer.Option(
        "--operator",
        help="The admin who asks; it is recorded. Without it, the site's own machine is recorded.",
        envvar="OSTIARY_OPERATOR",
        show_default=False,
    ),
]


@operator.command()
def add(name: NAME, role: ROLE, by: BY = "", data: DATA = Path("var"), as_json: JSON = False) -> None:
    """Add an operator, and print the one-time link by which they set their sign-in up; it is good for a day.

    ostiary operator add anna --role admin
    ostiary operator add ben --role reviewer --role enroller
    """
    from ostiary.controller.appointing import appoint, link

    with one_sentence():
        made = appoint(data, name, role, by=_by(by))
        _tell_link(data, made.name, link(data, made.name, by=_by(by)), as_json)


@operator.command("list")
def list_(data: DATA = Path("var"), as_json: JSON = False) -> None:
    """List all operators, those who are disabled among them."""
    from ostiary.controller.people.operators import operators

    with one_sentence():
        found = _reading(data, operators)
        if as_json:
            told = [{"name": one.name, "roles": sorted(one.roles), "active": one.active} for one in found]
            typer.echo(json.dumps(told))
            return
        for one in found:
            typer.echo(f"{one.name:20} {', '.join(sorted(one.roles)):30} {'' if one.active else 'disabled'}".rstrip())
        if not found:
            typer.echo("This site has no operator yet. Make a link for the first one: ostiary operator link")


@operator.command()
def roles(name: NAME, role: ROLE, by: BY = "", data: DATA = Path("var")) -> None:
    """Give an operator these roles and no others; they count from the next page on.

    ostiary operator roles ben --role reviewer
    """
    from ostiary.controller.people.operators import set_roles

    with one_sentence():
        changed = _changed(data, by, "operator-roles", lambda conn: set_roles(conn, name, role), roles=True)
        typer.echo(f"{changed.name} is {', '.join(sorted(changed.roles))} now.")


@operator.command()
def disable(name: NAME, by: BY = "", data: DATA = Path("var")) -> None:
    """An operator may do nothing from now on: sessions end, tokens and links are dead. What they did stays."""
    from ostiary.controller.cli.changing import now_ms
    from ostiary.controller.people.operators import disable as write

    with one_sentence():
        changed = _changed(data, by, "operator-disable", lambda conn: write(conn, name, now_ms()))
        typer.echo(f"{changed.name} is disabled. Let them in again with: ostiary operator enable {changed.name}")


@operator.command()
def enable(name: NAME, by: BY = "", data: DATA = Path("var")) -> None:
    """An operator who was disabled may act again, and signs in as before."""
    from ostiary.controller.people.operators import enable as write

    with one_sentence():
        changed = _changed(data, by, "operator-enable", lambda conn: write(conn, name))
        typer.echo(f"{changed.name} may act again.")


@operator.command()
def reset(name: NAME, by: BY = "", data: DATA = Path("var"), as_json: JSON = False) -> None:
    """Remove all that an operator signs in with, end their sessions, and print a new one-time link.

    For somebody whose passkey, password and recovery codes are lost, or in the hands of somebody else.
    """
    from ostiary.controller.appointing import link
    from ostiary.controller.cli.changing import now_ms
    from ostiary.controller.people.credentials import forget_all
    from ostiary.controller.people.operators import acting

    def write(conn: "Connection") -> "Operator":
        known = acting(conn, name)
        forget_all(conn, known.id, now_ms())
        return known

    with one_sentence():
        changed = _changed(data, by, "operator-reset", write)
        _tell_link(data, changed.name, link(data, changed.name, by=_by(by)), as_json)


@operator.command("link")
def link_(
    name: Annotated[str, typer.Argument(help="Whose; without it, the first operator's of a new site.")] = "",
    by: BY = "",
    data: DATA = Path("var"),
    as_json: JSON = False,
) -> None:
    """Print a new one-time link; the one before is good no more."""
    from ostiary.controller.appointing import link
    from ostiary.controller.people.operators import has_admin

    with one_sentence():
        if not name and _reading(data, has_admin):
            raise typer.BadParameter("This site has an admin already. Say whose link it is: ostiary operator link NAME")
        _tell_link(data, name or "The first operator", link(data, name or None, by=_by(by)), as_json)


def _by(given: str) -> str:
    from ostiary.controller.people.roles import CONSOLE

    return given or CONSOLE


def _changed(data: Path, by: str, act: str, write, *, roles: bool = False) -> "Operator":
    from ostiary.controller.cli.changing import recorded

    def written(conn: "Connection", who: str) -> tuple["Operator", dict[str, Any]]:
        done = write(conn)
        return done, {"subject": done.name, **({"given": " ".join(sorted(done.roles))} if roles else {})}

    return recorded(data, _by(by), act, written)[0]


def _reading(data: Path, ask):
    from ostiary.controller.store.people_db import follow_people
    from ostiary.controller.store.places import Places

    engine = follow_people(Places(data).people_db)
    try:
        with engine.begin() as conn:
            return ask(conn)
    finally:
        engine.dispose()


def _tell_link(data: Path, name: str, token: str, as_json: bool) -> None:
    from ostiary.controller import site as settings
    from ostiary.controller.store.places import Places

    site = settings.read_existing(Places(data).site_toml)
    address = f"{site.address}/setup/{token}"
    said = f"{name} sets the sign-in up here, once, within a day:\n{address}"
    typer.echo(json.dumps({"operator": name, "link": address}) if as_json else said)
