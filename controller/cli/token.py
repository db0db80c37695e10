"""`ostiary token`: tokens by which programs use the JSON API, each for the deeds that it names."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ostiary.controller.cli.data import DATA, JSON, OPERATOR, THE_ONLY_ONE
from ostiary.controller.cli.stopping import one_sentence

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from ostiary.controller.people.tokens import Token

token = typer.Typer(help="Tokens for programs that use the JSON API under /api/v1.", no_args_is_help=True)


@token.command()
def new(
    label: Annotated[str, typer.Argument(help="What the token is for.")],
    scope: Annotated[list[str], typer.Option(help="A deed that it is for, such as read-log; may be given again.")],
    days: Annotated[int, typer.Option(help="How long it is good.", min=1, max=366)] = 90,
    operator: OPERATOR = THE_ONLY_ONE,
    data: DATA = Path("var"),
    as_json: JSON = False,
) -> None:
    """Make a token and print it, this once. It may do what it names, as far as its operator may.

    ostiary token new "backup script" --scope read-log --scope export
    """
    from ostiary.controller.cli.changing import now_ms, recorded
    from ostiary.controller.people import operators, tokens

    def write(conn: "Connection", who: str) -> tuple[tuple["Token", str], dict[str, Any]]:
        owner = operators.operator_named(conn, who)
        made, text = tokens.add(conn, owner, label, scope, days, os.urandom(32), now_ms())
        return (made, text), {"label": made.label, "scopes": " ".join(sorted(made.scopes))}

    with one_sentence():
        (made, text), _ = recorded(data, operator, "token-new", write)
        said = f"{text}\nShown this once. Send it as: Authorization: Bearer … It is good until {_day(made.until_ms)}."
        typer.echo(json.dumps({"id": made.id, "token": text, "until_ms": made.until_ms}) if as_json else said)


@token.command("list")
def list_(operator: OPERATOR = THE_ONLY_ONE, data: DATA = Path("var"), as_json: JSON = False) -> None:
    """List an operator's tokens that are good; the tokens themselves are shown to nobody again."""
    from dataclasses import asdict

    from ostiary.controller.cli.changing import now_ms
    from ostiary.controller.people import operators, tokens
    from ostiary.controller.store.people_db import follow_people
    from ostiary.controller.store.places import Places

    with one_sentence():
        engine = follow_people(Places(data).people_db)
        try:
            with engine.begin() as conn:
                held = tokens.tokens(conn, operators.acting(conn, operator).id)
        finally:
            engine.dispose()
        found = [one for one in held if one.live(now_ms())]
        if as_json:
            typer.echo(json.dumps([{**asdict(one), "scopes": sorted(one.scopes)} for one in found]))
            return
        for one in found:
            typer.echo(f"{one.id:>5}  {one.label}: {', '.join(sorted(one.scopes))}, until {_day(one.until_ms)}")
        if not found:
            typer.echo("No token is good.")


@token.command()
def revoke(
    number: Annotated[int, typer.Argument(help="The token's number, as `ostiary token list` shows it.")],
    operator: OPERATOR = THE_ONLY_ONE,
    data: DATA = Path("var"),
) -> None:
    """A token is good for nothing from now on."""
    from ostiary.controller.cli.changing import now_ms, recorded
    from ostiary.controller.people import operators, tokens

    def write(conn: "Connection", who: str) -> tuple["Token", dict[str, Any]]:
        gone = tokens.revoke(conn, operators.operator_named(conn, who).id, number, now_ms())
        return gone, {"label": gone.label}

    with one_sentence():
        gone, _ = recorded(data, operator, "token-revoke", write)
        typer.echo(f"{gone.label} is good for nothing any more.")


def _day(at_ms: int) -> str:
    return f"{datetime.fromtimestamp(at_ms / 1000, UTC):%d %B %Y}"
