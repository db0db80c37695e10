"""Ask the keeper of a site for one act, and say in one sentence of three parts why it was not done."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import typer


def asked(act: str, args: dict[str, Any], operator: str, data: Path, purpose: str | None = None) -> dict[str, Any]:
    """The reply of the act. Where it is not done, says why on standard error and ends with 1."""
    from ostiary.controller.acts.client import Keeper
    from ostiary.controller.acts.errors import ActError
    from ostiary.controller.store.places import Places

    try:
        return Keeper(Places(data).keeper_socket).act_now(act, args, operator=operator, role="admin", purpose=purpose)
    except ActError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error


def say(done: dict[str, Any], as_json: bool, text: str) -> None:
    typer.echo(json.dumps(done) if as_json else text)


def moment(at_ms: int) -> str:
    """A moment to the second, in UTC."""
    return f"{datetime.fromtimestamp(at_ms / 1000, UTC):%d %B %Y %H:%M:%S} UTC"
