"""`ostiary board`: the boards that a node may be made of, their pins, and a check of a profile of your own."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from ostiary.hardware.mistake import BadProfile
from ostiary.hardware.profile import Profile, names, read, shipped
from ostiary.hardware.rules import problems

board = typer.Typer(help="Boards that a node may be made of, and their pins.", no_args_is_help=True)
JSON = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@board.command(name="list")
def list_boards(as_json: JSON = False) -> None:
    """Name every board that comes with the house.

    ostiary board list
    """
    boards = [shipped(name) for name in names()]
    if as_json:
        typer.echo(json.dumps([{"board": one.board, "title": one.title, **_place(one)} for one in boards], indent=1))
        return
    table = Table(box=None, pad_edge=False)
    for title in ("board", "", "hangs", "camera", "roles"):
        table.add_column(title)
    for one in boards:
        table.add_row(one.board, one.title, one.hangs, one.camera, ", ".join(_roles(one)))
    Console().print(table)


@board.command()
def show(
    name: Annotated[str, typer.Argument(help="A board: ostiary board list names them.")], as_json: JSON = False
) -> None:
    """Print a board's wires, pin by pin, and where each pin was looked up.

    ostiary board show pi-4
    """
    try:
        profile = shipped(name)
    except BadProfile as mistake:
        raise typer.Exit(_told([mistake])) from mistake
    _print(profile, as_json)


@board.command()
def check(
    file: Annotated[Path, typer.Argument(help="A board profile, such as a board.toml of your own.")],
    as_json: JSON = False,
) -> None:
    """Say everything that a profile must not say; exit status 1 where there is such a thing.

    A node with wiring of its own has the checked file as board.toml in its directory.

        ostiary board check board.toml
    """
    roles: tuple[str, ...] = ()
    try:
        profile = read(file)
        found, roles = problems(profile), _roles(profile)
    except BadProfile as mistake:
        found = [mistake]
    if as_json:
        typer.echo(json.dumps([{"what": one.what, "why": one.why, "now": one.now} for one in found], indent=1))
        raise typer.Exit(1 if found else 0)
    if found:
        raise typer.Exit(_told(found))
    typer.echo(f"{file}: a board that may be used ({', '.join(roles)}).")


def _roles(profile: Profile) -> tuple[str, ...]:
    return ("reader", "strike") if profile.hangs == "inside" and "strike" in profile.wires else ("reader",)


def _place(profile: Profile) -> dict[str, Any]:
    return {"hangs": profile.hangs, "camera": profile.camera, "roles": list(_roles(profile))}


def _told(found: list[BadProfile]) -> int:
    for one in found:
        typer.echo(f"{one.what} {one.why} {one.now}", err=True)
    return 1


def _print(profile: Profile, as_json: bool) -> None:
    if as_json:
        wires = {function: asdict(wire) for function, wire in profile.wires.items()}
        told = {"board": profile.board, "title": profile.title, "chip": profile.chip, **_place(profile), "wires": wires}
        typer.echo(json.dumps({**told, "sources": list(profile.sources)}, indent=1))
        return
    console = Console()
    console.print(f"[bold]{profile.title}[/] ({profile.chip}), hangs {profile.hangs}, camera {profile.camera}")
    table = Table(box=None, pad_edge=False)
    for title in ("wire", "pin", "active", "while it boots", "resistor"):
        table.add_column(title)
    for function, wire in profile.wires.items():
        down, up = wire.pull_down_ohm, wire.pull_up_ohm
        resistor = f"{down} ohm to ground" if down else f"{up} ohm to 3.3 V" if up else ""
        table.add_row(function, str(wire.pin), wire.active, profile.boot.get(wire.pin, "?"), resistor)
    console.print(table)
    console.print("Looked up in:")
    for source in profile.sources:
        console.print(f"  {source}", highlight=False, markup=False)
