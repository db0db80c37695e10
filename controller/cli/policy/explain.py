"""`ostiary policy explain`: what a door would answer a person, and why."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from ostiary.controller.cli.data import DATA, JSON, OPERATOR, THE_ONLY_ONE


def explain(
    person: Annotated[str, typer.Option(help="The person's id.")],
    door: Annotated[str, typer.Option(help="The door's name.")],
    purpose: Annotated[str, typer.Option(help="Why you look at this person; they can read it.")],
    at: Annotated[
        str | None, typer.Option(help="When, such as 2026-12-03T18:00+01:00; without it, now.", show_default=False)
    ] = None,
    language: Annotated[str, typer.Option(help="en or de.")] = "en",
    operator: OPERATOR = THE_ONLY_ONE,
    data: DATA = Path("var"),
    as_json: JSON = False,
) -> None:
    """Say what a door would answer a person, clause by clause, and what would change it.

    Of a time that is past, the policy and the facts of that time are asked; of one that is to come, those of now. Who
    is inside is known of this moment only, so at another time no clause about it holds.

        ostiary policy explain --person p-… --door laser-room --purpose "asked at the desk"
    """
    from ostiary.controller.acts.client import Keeper
    from ostiary.controller.cli.stopping import one_sentence
    from ostiary.controller.store.places import Places

    args: dict[str, object] = {"person": person, "door": door, "language": language}
    if at is not None:
        args["at_ms"] = _ms(at)
    with one_sentence():
        keeper = Keeper(Places(data).keeper_socket)
        said = keeper.act_now("explain", args, operator=operator, purpose=purpose)
    if as_json:
        typer.echo(json.dumps(said, ensure_ascii=False))
        return
    when = datetime.fromtimestamp(said["at_ms"] / 1000, UTC)
    typer.echo(f"{said['verdict']} at {door}, {when:%Y-%m-%d %H:%M} UTC ({said['reason']})")
    typer.echo(said["sentence"])
    for clause in said["clauses"]:
        typer.echo(f"  {'yes' if clause['held'] else 'no '}  {clause['clause']:12} {clause['say']}")
    for factor in said["factors"]:
        typer.echo(f"  {factor['points']:+4d}  {factor['say']}")
    if said["counterfactual"]:
        typer.echo(said["counterfactual"])


def _ms(at: str) -> int:
    try:
        moment = datetime.fromisoformat(at)
    except ValueError as error:
        raise typer.BadParameter(f"{at} is no time. Write it like 2026-12-03T18:00+01:00.") from error
    if moment.tzinfo is None:
        raise typer.BadParameter(f"{at} has no zone, so it could be two times. Write it like {at}+01:00.")
    return round(moment.timestamp() * 1000)
