"""docs/log.md: every command that it tells a person to type is there, with the options that it names."""

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer.main
from typer.core import TyperGroup

from ostiary.controller.cli.main import app

PAGE = (Path(__file__).parents[2] / "docs" / "log.md").read_text(encoding="utf-8")
COMMANDS = sorted(
    set(re.findall(r"`(ostiary [a-z][^`]*)`", PAGE)) | set(re.findall(r"^(ostiary [a-z].*)$", PAGE, re.M))
)
# A receipt's first line begins with the same word.
TYPED = [command for command in COMMANDS if not command.startswith(("ostiary receipt v1", "ostiary log key"))]


@pytest.mark.parametrize("command", TYPED)
def test_every_command_is_there_with_its_options(command: str) -> None:
    words = shlex.split(command.partition(" > ")[0])[1:]
    found: Any = typer.main.get_command(app)
    while isinstance(found, TyperGroup):
        assert words[0] in found.commands, f"no {words[0]!r} in {found.name}"
        found = found.commands[words.pop(0)]
    known = {option for parameter in found.params for option in parameter.opts}
    assert {word for word in words if word.startswith("--")} <= known


def test_the_page_tells_of_commands() -> None:
    assert {"ostiary log fsck", "ostiary verify", "ostiary witness", "ostiary bench log"} <= {
        " ".join(command.split()[: 3 if command.split()[1] in ("log", "bench") else 2]) for command in TYPED
    }
