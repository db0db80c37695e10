"""`ostiary standing`: keep a person out at once in immediate danger, let them in again, or give them more time."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ostiary.controller.cli.changing import now_ms, recorded
from ostiary.controller.cli.data import DATA, JSON, OPERATOR, THE_ONLY_ONE
from ostiary.controller.cli.stopping import one_sentence

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from ostiary.controller.people.standing import Standing

standing = typer.Typer(
    help="How a person stands: suspended in immediate danger, or with more time at a door.", no_args_is_help=True
)

PERSON = Annotated[str, typer.Argument(help="The person's id.")]
HOUR_MS = 3_600_000


@standing.command()
def suspend(
    person: PERSON,
    why: Annotated[str, typer.Option(help="What the danger is, in words for the person.")],
    hours: Annotated[float, typer.Option(help="How long; at most 72.", min=0.01)] = 24,
    operator: OPERATOR = THE_ONLY_ONE,
    data: DATA = Path("var"),
    as_json: JSON = False,
) -> None:
    """No door lets the person in for so many hours. It ends by itself, and no contest waits for it.

    ostiary standing suspend p-… --hours 24 --why "Threatened somebody at the saw."
    """
    from ostiary.controller.people import standing as stands

    def write(conn: "Connection", who: str) -> tuple["Standing", dict[str, Any]]:
        at_ms = now_ms()
        until_ms = at_ms + round(hours * HOUR_MS)
        done = stands.suspend(conn, person, until_ms, who, why, at_ms)
        return done, {"person": person, "until_ms": until_ms, "why": why}

    with one_sentence():
        done, _ = recorded(data, operator, "suspend-danger", write)
        until = datetime.fromtimestamp((done.suspended_until_ms or 0) / 1000, UTC)
        _tell(done, as_json, f"{person} is suspended until {until:%d %B %Y %H:%M} UTC.")


@standing.command()
def lift(person: PERSON, operator: OPERATOR = THE_ONLY_ONE, data: DATA = Path("var"), as_json: JSON = False) -> None:
    """The danger is over: the suspension ends now."""
    from ostiary.controller.people import standing as stands

    def write(conn: "Connection", who: str) -> tuple["Standing", dict[str, Any]]:
        return stands.lift(conn, person, who, now_ms()), {"person": person}

    with one_sentence():
        done, _ = recorded(data, operator, "lift-suspension", write)
        _tell(done, as_json, f"{person} is not suspended any more.")


@standing.command("more-time")
def more_time(
    person: PERSON,
    off: Annotated[bool, typer.Option("--off", help="As for everybody again.")] = False,
    operator: OPERATOR = THE_ONLY_ONE,
    data: DATA = Path("var"),
    as_json: JSON = False,
) -> None:
    """Doors stay open longer for this person. Nobody asks why, and no door and no explanation says so."""
    from ostiary.controller.people import more_time as longer

    def write(conn: "Connection", who: str) -> tuple[bool, dict[str, Any]]:
        (longer.end_more_time if off else longer.give_more_time)(conn, person, who, now_ms())
        return not off, {"person": person, "more_time": not off}

    with one_sentence():
        given, _ = recorded(data, operator, "more-time", write)
        said = f"{person} has {'more time at a door' if given else 'as much time as everybody'}."
        typer.echo(json.dumps({"person": person, "more_time": given}) if as_json else said)


def _tell(shown: "Standing", as_json: bool, said: str) -> None:
    at_ms = now_ms()
    told = {
        "person": shown.person,
        "suspended": shown.suspended(at_ms),
        "suspended_until_ms": shown.suspended_until_ms,
        "revoked": shown.revoked,
    }
    typer.echo(json.dumps(told, ensure_ascii=False) if as_json else said)
