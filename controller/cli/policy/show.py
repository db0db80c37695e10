"""`ostiary policy show`: the policy that rules, who published it, and whether that signature holds."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from ostiary.controller.cli.data import DATA, JSON, OPERATOR, THE_ONLY_ONE


def show(
    operator: OPERATOR = THE_ONLY_ONE,
    data: DATA = Path("var"),
    key: Annotated[
        str | None, typer.Option(help="The publishing key as you noted it; without it, the one the keeper tells.")
    ] = None,
    as_json: JSON = False,
) -> None:
    """Print the policy that rules and verify who published it; exit with 1 where the signature does not hold.

    The keeper tells its publishing key. Note it once, on paper, and hand it over with --key: then a keeper that was
    exchanged cannot vouch for itself.

        ostiary policy show
        ostiary policy show --key 'ostiary/northside/policy+…'
    """
    from ostiary.controller.acts.client import Keeper
    from ostiary.controller.cli.stopping import one_sentence
    from ostiary.controller.published import verified
    from ostiary.controller.store.places import Places

    with one_sentence():
        keeper = Keeper(Places(data).keeper_socket)
        published = keeper.act_now("policy", {}, operator=operator)
    if published["text"] is None:
        typer.echo(
            "No policy is published, so every door stays shut. Publish one: ostiary policy publish FILE", err=True
        )
        raise typer.Exit(1)
    said = verified(published, key or published["key"])
    if as_json:
        typer.echo(json.dumps(published | {"signature": said}, ensure_ascii=False))
    else:
        at = datetime.fromtimestamp(published["published_at_ms"] // 1000, UTC)
        typer.echo(published["text"], nl=False)
        typer.echo(f"# version {published['version']}, published {at:%Y-%m-%d %H:%M:%S} UTC", err=True)
        typer.echo(f"# sha256 {published['sha256']}", err=True)
        typer.echo(f"# key {published['key']}", err=True)
        typer.echo(f"# {said['words']}", err=True)
    if not said["holds"]:
        raise typer.Exit(1)
