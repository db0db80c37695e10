"""`ostiary policy prove`: what a policy can and cannot do, whoever comes and whenever."""

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from ostiary.controller.cli.data import JSON
from ostiary.controller.cli.policy.file import FILE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ostiary.controller.policy.prove.proof import Proof

MARKS = {"proved": "proved   ", "refuted": "refuted  ", "undecided": "undecided"}
SECONDS = Annotated[float, typer.Option(help="How long the solver may think about each statement.", min=0.1)]


def prove(
    file: FILE,
    statement: Annotated[str, typer.Argument(help="What to prove; without it, all that every policy should keep.")] = (
        "all"
    ),
    seconds: SECONDS = 10.0,
    as_json: JSON = False,
) -> None:
    """Prove a statement about a policy, or show a person, a door and a moment that refute it; exit with 1 unless all is
    proved.

    A statement is opens, matters, forbids, monotone or all; or "DOOR needs CLAUSE: NAME"; or "DOOR within DOOR".

        ostiary policy prove workshop.yaml
        ostiary policy prove workshop.yaml "laser-room needs holds: laser-induction"
        ostiary policy prove workshop.yaml "laser-room within front"
    """
    from ostiary.controller.cli.policy.file import policy_of
    from ostiary.controller.policy.prove.claims import UnknownClaim
    from ostiary.controller.policy.prove.claims import prove as proved
    from ostiary.controller.policy.prove.solver import SolverMissing

    policy = policy_of(file)
    try:
        told = tell(proved(policy, statement, datetime.now(UTC).date(), round(seconds * 1000)), as_json)
    except (UnknownClaim, SolverMissing) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error
    if not told:
        raise typer.Exit(1)


def tell(proofs: "Iterable[Proof]", as_json: bool) -> bool:
    """Print each proof as it comes; whether all of them were proved."""
    from ostiary.controller.policy.prove.proof import Outcome

    every = True
    for proof in proofs:
        every &= proof.outcome is Outcome.PROVED
        if as_json:
            typer.echo(json.dumps(proof.as_document(), ensure_ascii=False))
            continue
        typer.echo(f"{MARKS[proof.outcome]}  {proof.statement}")
        if proof.outcome is Outcome.PROVED:
            continue
        for line in proof.example.say if proof.example else ():
            typer.echo(f"             {line}")
        if proof.why:
            typer.echo(f"             {proof.why}")
    return every
