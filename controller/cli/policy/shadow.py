"""`ostiary policy shadow`: let a policy judge beside the one that rules, and read what it would have said."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from ostiary.controller.cli.data import DATA, JSON, OPERATOR, THE_ONLY_ONE


def shadow(
    file: Annotated[
        Path | None, typer.Argument(help="The policy to put in the shadow; without it, the report.", show_default=False)
    ] = None,
    off: Annotated[bool, typer.Option("--off", help="Take it out of the shadow.")] = False,
    operator: OPERATOR = THE_ONLY_ONE,
    data: DATA = Path("var"),
    as_json: JSON = False,
) -> None:
    """Put a policy in the shadow: from the next request on it is asked too, recorded, and moves nothing.

    ostiary policy shadow new.yaml
    ostiary policy shadow
    ostiary policy shadow --off
    """
    from ostiary.controller.acts.client import Keeper
    from ostiary.controller.cli.policy.file import policy_of, text_of
    from ostiary.controller.cli.stopping import one_sentence
    from ostiary.controller.store.places import Places

    if file is not None and off:
        raise typer.BadParameter("Either put a policy in the shadow or take it out with --off.")
    keeper = Keeper(Places(data).keeper_socket)
    if file is not None or off:
        args: dict[str, str | None] = {"text": None}
        if file is not None:
            policy_of(file)
            args = {"text": text_of(file).decode(), "name": file.name}
        with one_sentence():
            done = keeper.act_now("shadow", args, operator=operator)
        words = "No policy is in the shadow." if file is None else f"{file.name} judges in the shadow."
        typer.echo(json.dumps(done) if as_json else words)
        return
    with one_sentence():
        found = keeper.act_now("shadow-report", {}, operator=operator)
    if as_json:
        typer.echo(json.dumps(found))
    elif found["sha256"] is None:
        typer.echo("No policy is in the shadow. Put one there: ostiary policy shadow FILE")
    else:
        since = datetime.fromtimestamp(found["since_ms"] / 1000, UTC)
        typer.echo(
            f"Since {since:%Y-%m-%d %H:%M} UTC: {found['decisions']} decisions, {found['same']} with the same reason."
        )
        for reasons, count in found["differing"].items():
            typer.echo(f"  {count:6}  {reasons}")
        if found["newest"]:
            typer.echo(f"  newest: {', '.join(str(position) for position in found['newest'][:10])}")
