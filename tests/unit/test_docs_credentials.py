"""docs/credentials.md: its commands are there, its reasons have sentences, and its numbers are those of the code."""

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer.main
from typer.core import TyperGroup

from ostiary.controller.access import pins as throttle
from ostiary.controller.cli.main import app
from ostiary.controller.people import pins
from ostiary.controller.policy.sentences import SENTENCES
from ostiary.controller.store.credential_tables import LONGEST_MS

PAGE = (Path(__file__).parents[2] / "docs" / "credentials.md").read_text(encoding="utf-8")
TYPED = sorted(set(re.findall(r"^(ostiary [a-z].*)$", PAGE, re.M)) | set(re.findall(r"`(ostiary [a-z][^`]*)`", PAGE)))


@pytest.mark.parametrize("command", TYPED)
def test_every_command_is_there_with_its_options(command: str) -> None:
    words = shlex.split(re.sub(r'"\$\(.*\)"', "TEXT", command))[1:]
    found: Any = typer.main.get_command(app)
    while isinstance(found, TyperGroup):
        assert words[0] in found.commands, f"no {words[0]!r} in {found.name}"
        found = found.commands[words.pop(0)]
    known = {option for parameter in found.params for option in parameter.opts}
    assert {word for word in words if word.startswith("--")} <= known


def test_every_reason_is_told_and_has_its_sentence() -> None:
    told = {code for row in re.findall(r"^\| (`.*?) \|", PAGE, re.M) for code in re.findall(r"`([a-z-]+)`", row)}
    assert told <= set(SENTENCES["en"])
    assert told >= {code for code in SENTENCES["en"] if code.startswith(("pass-", "pin-"))}


def test_its_numbers_are_those_of_the_code() -> None:
    assert f"{pins.SHORTEST} to {pins.LONGEST} digits" in PAGE
    assert f"at most {LONGEST_MS // 86_400_000} days" in PAGE
    assert f"After {throttle.FREE} wrong" in PAGE and f"waits {throttle.PAUSE_MS // 1000} s" in PAGE
    assert f"After {throttle.MOST}," in PAGE
    assert f"{pins.MEMORY_KIB // 1024} MiB" in PAGE
