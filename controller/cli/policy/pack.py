"""`ostiary policy pack`: what a door's pack would hold, and for how long a change can stay unknown to that door."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from ostiary.controller.cli.data import DATA, JSON, OPERATOR, THE_ONLY_ONE

MINUTE_MS = 60_000


def pack(
    door: Annotated[str, typer.Option(help="The door's name.")],
    purpose: Annotated[str, typer.Option(help="Why you look; whoever is named can read it.")],
    days: Annotated[int, typer.Option(help="For how many days from now.", min=1, max=31)] = 7,
    every: Annotated[int, typer.Option(help="Minutes from one making of the pack to the next.", min=1)] = 15,
    operator: OPERATOR = THE_ONLY_ONE,
    data: DATA = Path("var"),
    as_json: JSON = False,
) -> None:
    """Make a door's pack from the policy and the people as they are now, and say what would be in it.

    Prints how many people and intervals there are, and names nobody; --json prints each person's intervals.

        ostiary policy pack --door front --purpose "before the network is changed"
    """
    from ostiary.controller.acts.client import Keeper
    from ostiary.controller.acts.pack import MOST_NAMED
    from ostiary.controller.cli.stopping import one_sentence
    from ostiary.controller.store.places import Places

    keeper = Keeper(Places(data).keeper_socket)
    args = {"door": door, "days": days, "every_ms": every * MINUTE_MS, "most": MOST_NAMED if as_json else 0}
    with one_sentence():
        made = more = keeper.act_now("pack", args, operator=operator, purpose=purpose)
        while more["next"] is not None:
            after = {**args, "after": more["next"]}
            more = keeper.act_now("pack", after, operator=operator, purpose=purpose)
            made["grants"] |= more["grants"]
    if as_json:
        typer.echo(json.dumps(made | {"next": None}))
        return
    until = datetime.fromtimestamp(made["until_ms"] // 1000, UTC)
    typer.echo(
        f"{made['people']} people in {made['intervals']} intervals may pass {door} until {until:%Y-%m-%d %H:%M} UTC."
    )
    window = made["revocation_window"]
    if made["offline"] == "deny":
        typer.echo(f"The policy says offline: deny, so {door} lets nobody in when it is alone.")
        return
    if made["unknown"]:
        typer.echo(f"Nobody knows there who is inside, so these never hold: {', '.join(made['unknown'])}.")
    typer.echo(
        f"With a pack every {every} min, a change stays unknown for {_long(window['connected_ms'])} at most while packs"
        f" arrive, and for {_long(window['cut_off_ms'])} at most when the door is cut off."
    )


def _long(ms: int) -> str:
    return f"{ms / 3_600_000:g} h" if ms >= 3_600_000 else f"{ms / MINUTE_MS:g} min"
