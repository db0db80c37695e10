"""docs/offline.md: its policy is one, its commands are there, and its times and rounds are those of the code."""

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer.main
from typer.core import TyperGroup

from ostiary.controller.access import offline
from ostiary.controller.cli.main import app
from ostiary.controller.policy.document import load
from ostiary.controller.policy.door import DEFAULT_PACK_AGE_MS
from ostiary.controller.policy.pack import revocation_window
from ostiary.protocol import packs

PAGE = (Path(__file__).parents[2] / "docs" / "offline.md").read_text(encoding="utf-8")
TYPED = sorted(set(re.findall(r"`(ostiary [a-z][^`]*)`", PAGE.replace("\n", " "))))
(SNIPPET,) = re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("command", TYPED)
def test_every_command_is_there_with_its_options(command: str) -> None:
    words = shlex.split(command)[1:]
    found: Any = typer.main.get_command(app)
    while isinstance(found, TyperGroup):
        assert words[0] in found.commands, f"no {words[0]!r} in {found.name}"
        found = found.commands[words.pop(0)]
    known = {option for parameter in found.params for option in parameter.opts}
    assert {word for word in words if word.startswith("--")} <= known


def test_the_policy_of_the_page_is_one_and_says_what_the_page_says() -> None:
    policy = load("policy: page\n" + SNIPPET, "page.yaml")
    said = {name: (door.offline, door.pack_age_ms) for name, door in policy.doors.items()}
    assert said["front"] == ("pack", 12 * 3_600_000)
    assert said["studio"] == ("pack", DEFAULT_PACK_AGE_MS)
    assert said["laser-room"][0] == "deny"


def test_times_rounds_and_sizes_are_those_of_the_code() -> None:
    window = revocation_window(DEFAULT_PACK_AGE_MS, offline.EVERY_MS, offline.DELIVERY_MS)
    assert f"**connected** ({window.connected_ms // 60_000} minutes)" in PAGE
    assert f"every {offline.EVERY_MS // 60_000} minutes" in PAGE
    assert window.cut_off_ms == 86_400_000
    assert f"{offline.ROUNDS:,} rounds" in PAGE
    assert f"{offline.ROUNDS_SMALL} on\n  an ESP32" in PAGE
    assert f"at most {packs.MAX_BYTES // 2**20} MiB" in PAGE
    assert len(TYPED) >= 4
