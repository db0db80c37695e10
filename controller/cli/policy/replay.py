"""`ostiary policy replay`: a recorded decision judged again from its recorded facts, byte by byte."""

import json
from pathlib import Path
from typing import Annotated

import typer

from ostiary.controller.cli.data import DATA, JSON, OPERATOR, THE_ONLY_ONE


def replay(
    decision: Annotated[str, typer.Argument(help="The record's index in the log, or a receipt code.")],
    purpose: Annotated[str, typer.Option(help="Why you look at this decision; the person can read it.")],
    operator: OPERATOR = THE_ONLY_ONE,
    data: DATA = Path("var"),
    as_json: JSON = False,
) -> None:
    """Judge a decision again and hold the result against the record; exit with 1 unless every byte is the same.

    Taken again are the policy that ruled, the ledger, memberships and holdings as they stood, and the live state that
    the record keeps. A face is never compared again. A record whose key is gone is called erased.

        ostiary policy replay 1234 --purpose "contest 7"
        ostiary policy replay ABCD-EFGH-JKMN-PQRS --purpose "asked at the desk"
    """
    from ostiary.controller.acts.client import Keeper
    from ostiary.controller.cli.stopping import one_sentence
    from ostiary.controller.store.places import Places

    # A receipt code has 16 letters and digits; no log is that long.
    named = {"index": int(decision)} if decision.isdecimal() and len(decision) < 16 else {"receipt": decision}
    with one_sentence():
        keeper = Keeper(Places(data).keeper_socket)
        found = keeper.act_now("replay", named, operator=operator, purpose=purpose)
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False))
    else:
        typer.echo(f"Decision {found['index']} at {found['door']}: {found['outcome']}. {found['why']}")
        for part in found["differing"]:
            typer.echo(f"  {part}")
            typer.echo(f"    recorded: {json.dumps(found['recorded'][part], ensure_ascii=False)}")
            typer.echo(f"    replayed: {json.dumps(found['replayed'][part], ensure_ascii=False)}")
        if found["outcome"] == "same":
            typer.echo(f"  {found['recorded']['sentence']}")
    if found["outcome"] != "same":
        raise typer.Exit(1)
