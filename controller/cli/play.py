"""`ostiary play`: scripted people at doors, on real processes or in virtual time, and a judge at the end."""

import asyncio
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from ostiary.scenarios.play.language import Scenario
    from ostiary.scenarios.play.player import Played


def play(
    scenarios: Annotated[
        list[str] | None, typer.Argument(help="Pages to play: files, or names of shipped ones.", show_default=False)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a scenario, a summary in the last.")] = False,
    virtual_time: Annotated[
        bool, typer.Option("--virtual-time", help="The door's mind alone in a simulated world, as fast as it goes.")
    ] = False,
    patient: Annotated[
        bool, typer.Option("--long", help="Play those that take minutes on real processes too.")
    ] = False,
    esp32: Annotated[
        bool, typer.Option("--esp32", help="Every node is an ESP32 (real MicroPython), not a Pi.")
    ] = False,
    names: Annotated[bool, typer.Option("--list", help="Print the shipped scenarios and stop.")] = False,
) -> None:
    """Play what people do at doors, and hold every expectation of the page against what happened.

    Boards, nodes, broker and keeper are processes of their own in a directory that is thrown away; with
    --virtual-time a thousand hours take seconds. At the end a judge holds the pins' edges, the node's journal and the
    log against each other. Exit status: 0 when all went well, 1 when not, 2 for a page that cannot be played.

        ostiary play --list
        ostiary play a-card-opens
        ostiary play my-door.yaml --json
    """
    from ostiary.scenarios.play.errors import CannotPlay, NoScenario
    from ostiary.scenarios.play.page import read
    from ostiary.scenarios.shipped import shipped

    known = shipped()
    if names:
        for name, path in known.items():
            typer.echo(f"{name:28} {read(path).title}")
        return
    if not scenarios:
        raise typer.BadParameter("Name a page to play, or one of those that --list prints.")
    paths = [known.get(name, Path(name)) for name in scenarios]
    try:
        pages = [read(path) for path in paths]
    except NoScenario as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from error
    except OSError as error:
        raise typer.BadParameter(
            f"{error.filename} cannot be read: {error.strerror}. See: ostiary play --list"
        ) from error
    if virtual_time:
        # A program of its own, as a node is: the door's mind runs there, and this room never imports it.
        module = [sys.executable, "-m", "ostiary.firmware.virtual.quick", *(["--json"] if as_json else [])]
        os.execv(sys.executable, [*module, *map(str, paths)])  # noqa: S606 - our own interpreter and module
    from ostiary.controller.cli.stopping import one_sentence

    with one_sentence():
        try:
            well = asyncio.run(_on_processes(pages, as_json, patient, esp32))
        except CannotPlay as error:
            typer.echo(str(error), err=True)
            raise typer.Exit(2) from error
    raise typer.Exit(0 if well else 1)


async def _on_processes(pages: "list[Scenario]", as_json: bool, patient: bool, esp32: bool) -> bool:
    from ostiary.controller.cli.demo import free_port
    from ostiary.controller.opening import opened
    from ostiary.controller.playing.site_world import CAN, CAN_ON_CHIPS, SiteWorld
    from ostiary.controller.programs import VIRTUAL_CHIP
    from ostiary.controller.samples import portrait, portraits
    from ostiary.controller.site import Site
    from ostiary.scenarios.play.player import check, play
    from ostiary.scenarios.play.telling import line, summary

    can = CAN_ON_CHIPS if esp32 else CAN
    for page in pages:
        check(page, can | {"long"} if patient else can, SiteWorld.name)
    doors, apart = _doors(pages)
    boards = dict.fromkeys((*doors, *apart), VIRTUAL_CHIP) if esp32 else {}
    done: list[Played] = []
    with tempfile.TemporaryDirectory(prefix="ostiary-play-") as directory:
        site = Site("rehearsal", free_port(), free_port())
        quiet = lambda text: None  # noqa: E731 - processes are meant to die here
        async with opened(
            Path(directory), site, doors, web=False, step=quiet, say=quiet, apart=apart, boards=boards
        ) as house:
            world = SiteWorld(house, {name: portrait(name).read_bytes() for name in portraits()}, can, patient)
            for page in pages:
                done.append(await play(page, world))
                typer.echo(json.dumps(done[-1].as_document()) if as_json else line(done[-1]))
    typer.echo(summary(done, as_json))
    return all(one.well for one in done)


def _doors(pages: "list[Scenario]") -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The doors of one node, and those of two. Raises `CannotPlay` where a name is both on different pages."""
    from ostiary.scenarios.play.errors import CannotPlay

    every = [door for page in pages for door in page.doors.values()]
    one, two = ({door.name for door in every if door.apart is apart} for apart in (False, True))
    if both := one & two:
        raise CannotPlay(
            f"These pages cannot be played together. The door {', '.join(sorted(both))} has one node on one page and "
            "two on another. Play them one after the other, or call one of the doors something else."
        )
    return tuple(sorted(one)), tuple(sorted(two))
