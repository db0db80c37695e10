"""docs/mail.md: its sections can be used, its commands are there, and its numbers are those of the code."""

import re
import tomllib
from pathlib import Path

import pytest
import typer.main
from typer.core import TyperGroup

from ostiary.controller.cli.main import app
from ostiary.controller.fleet.alarms import MAIL_FAILED
from ostiary.controller.mail import account, outbox, post

PAGE = (Path(__file__).parents[2] / "docs" / "mail.md").read_text(encoding="utf-8")
SECTIONS = re.findall(r"```toml\n(.*?)```", PAGE, re.S)


@pytest.mark.parametrize("section", SECTIONS)
def test_every_section_can_be_used(section: str) -> None:
    account.read(tomllib.loads(section)["mail"])


def test_every_setting_is_told() -> None:
    assert SECTIONS
    told = {name for row in re.findall(r"^\| (`.*?) \|", PAGE, re.M) for name in re.findall(r"`(\w+)`", row)}
    assert told == {"from" if name == "sender" else name for name in account.Account.__slots__}
    assert account.PASSWORD in PAGE


def test_its_commands_are_there() -> None:
    mail = typer.main.get_command(app).commands["mail"]  # type: ignore[attr-defined]
    assert isinstance(mail, TyperGroup)
    typed = set(re.findall(r"ostiary mail (\w+)", PAGE))
    assert typed == set(mail.commands)


def test_its_numbers_are_those_of_the_code() -> None:
    assert f"`{MAIL_FAILED}`" in PAGE
    assert f"after {outbox.FIRST_PAUSE_MS // 1000} seconds" in PAGE
    assert outbox.LONGEST_PAUSE_MS == 3_600_000 and "an hour at the most" in PAGE
    assert outbox.KEEP_MS == 3 * 86_400_000 and "three days" in PAGE
    assert outbox.GAP_MS == 60_000 and "one mail a minute" in PAGE
    assert f"{post.SILENCE_S:.0f} seconds" in PAGE and f"{post.WHOLE_S:.0f} seconds" in PAGE
