"""docs/scenarios.md: what is shown as a page is played and goes well, what is refused is refused as said."""

import asyncio
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ostiary.controller.cli.main import app
from ostiary.firmware.virtual.quick.world import QuickWorld
from ostiary.scenarios.play import page as pages
from ostiary.scenarios.play.errors import NoScenario
from ostiary.scenarios.play.language import DISPLAYS, OPERATIONS, PINS, PLUGS, TAKES
from ostiary.scenarios.play.player import play

PAGE = (Path(__file__).parents[2] / "docs" / "scenarios.md").read_text(encoding="utf-8")
SNIPPETS = re.findall(r"^```yaml *([^\n]*)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
CONSOLES = re.findall(r"^```console\n\$ ([^\n]*)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize(("said", "snippet"), SNIPPETS, ids=[str(number) for number in range(len(SNIPPETS))])
def test_a_snippet_is_what_the_page_says(said: str, snippet: str) -> None:
    if not said:
        done = asyncio.run(play(pages.parse(snippet.encode(), "page.yaml"), QuickWorld()))
        assert done.well, (str(done.unmet), done.findings)
        return
    with pytest.raises(NoScenario) as refused:
        pages.parse(snippet.encode(), "page.yaml")
    assert [str(one) for one in refused.value.mistakes] == [str(one) for one in refused.value.mistakes][:1]
    assert str(refused.value).startswith(f"page.yaml:{said.removeprefix('refused ')}")


@pytest.mark.parametrize(("command", "output"), CONSOLES, ids=[command for command, _ in CONSOLES])
def test_a_command_prints_what_the_page_says(command: str, output: str) -> None:
    # A process of its own: in virtual time the command becomes another program.
    words = [sys.executable, "-m", "ostiary.controller.cli", *shlex.split(command)[1:]]
    printed = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)
    assert (printed.stdout + printed.stderr).strip() == output.strip()


def test_the_page_shows_both_kinds() -> None:
    assert sum(not said for said, _ in SNIPPETS) >= 2
    assert sum(bool(said) for said, _ in SNIPPETS) >= 2
    assert len(CONSOLES) >= 2


def test_every_word_of_the_language_is_explained() -> None:
    for word in (*DISPLAYS, *PINS, *PLUGS, *OPERATIONS, *TAKES, *pages.VERBS, *pages.EXPECTED):
        assert re.search(rf"`[^`\n]*\b{re.escape(word)}\b[^`\n]*`", PAGE), word


def test_every_option_of_the_page_is_one() -> None:
    known = CliRunner().invoke(app, ["play", "--help"], env={"COLUMNS": "200", "NO_COLOR": "1"}).stdout
    for option in set(re.findall(r"--[a-z][a-z-]+", PAGE)):
        assert option in known, option
