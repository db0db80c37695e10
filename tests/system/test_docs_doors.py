"""docs/doors.md: what it says that a command prints is what the command prints, at a running site."""

import asyncio
import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ostiary.controller.cli.main import app
from tests.system.bare_node import BareNode
from tests.system.obedient_node import obedient_nodes
from tests.system.running_site import WHO, RunningSite, running_site

pytestmark = pytest.mark.system

PAGE = (Path(__file__).parents[2] / "docs" / "doors.md").read_text(encoding="utf-8")
FORCED = "<!-- the door front is forced open here -->"


def _told(block: str) -> list[tuple[str, list[str]]]:
    """Each command of a block and the lines that follow it."""
    found: list[tuple[str, list[str]]] = []
    for line in block.strip().splitlines():
        if line.startswith("$ "):
            found.append((line.removeprefix("$ "), []))
        else:
            found[-1][1].append(line)
    return found


def _fits(expected: str, line: str) -> bool:
    """`…` stands for anything, and a run of spaces for any other."""
    parts = [re.escape(part) for part in " ".join(expected.split()).split("…")]
    return re.fullmatch(".*".join(parts), " ".join(line.split())) is not None


async def _typed(site: RunningSite, command: str) -> list[str]:
    if "NUMBER" in command:
        [alarm] = (await site.keeper.act("alarms", {}, **WHO))["alarms"]
        command = command.replace("NUMBER", str(alarm["number"]))
    words = [*shlex.split(command)[1:], "--data", str(site.places.data)]
    # In this process: a page has many commands, and starting each of them is tested elsewhere.
    done = await asyncio.to_thread(CliRunner().invoke, app, words)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.output.splitlines()


async def _read_on(site: RunningSite, front: BareNode) -> None:
    for part in re.split(r"(```console\n.*?```)", PAGE, flags=re.DOTALL):
        if FORCED in part:
            await front.tells("forced")
        if not part.startswith("```console"):
            continue
        for command, lines in _told(part.removeprefix("```console\n").removesuffix("```")):
            printed = await _typed(site, command)
            assert len(printed) == len(lines), (command, printed)
            for expected, line in zip(lines, printed, strict=True):
                assert _fits(expected, line), (command, line)


def test_every_command_prints_what_the_page_says(tmp_path: Path) -> None:
    async def story() -> None:
        async with running_site(tmp_path / "site") as site, obedient_nodes(site) as nodes:
            async with asyncio.timeout(60):
                while not all(node["acknowledged"] for node in (await site.keeper.act("standing", {}, **WHO))["nodes"]):
                    pass
            await _read_on(site, nodes["front-1"])

    asyncio.run(story())


def test_the_page_tells_of_every_command() -> None:
    for command in ("door show", "lockdown", "resume", "door release", "door face-off", "door face-on", "node locate"):
        assert f"$ ostiary {command}" in PAGE
