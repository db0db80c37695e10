"""`ostiary policy compare`: who gains and who loses by a new policy, over what was really asked of the doors."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from ostiary.controller.cli.data import DATA, JSON, OPERATOR, THE_ONLY_ONE
from ostiary.controller.cli.policy.prove import SECONDS, tell

SHOWN = 40


def compare(
    old: Annotated[Path, typer.Argument(help="The policy as it is, a YAML file.", show_default=False)],
    new: Annotated[Path, typer.Argument(help="The policy as it would be.", show_default=False)],
    purpose: Annotated[str, typer.Option(help="Why you look at people's requests; recorded.")] = "policy preview",
    days: Annotated[int, typer.Option(help="How many days of requests.", min=1, max=366)] = 30,
    prove: Annotated[bool, typer.Option("--prove", help="Prove that NEW is nowhere wider than OLD.")] = False,
    seconds: SECONDS = 10.0,
    operator: OPERATOR = THE_ONLY_ONE,
    data: DATA = Path("var"),
    as_json: JSON = False,
) -> None:
    """Compare two policies.

    Asks the keeper of the running site to judge the requests of the last days by both, for people as they are known
    today. With --prove a solver is asked instead, which needs no site and no requests: whether NEW lets nobody in whom
    OLD would not have let in, whoever comes and whenever; exit with 1 unless it is proved.

        ostiary policy compare workshop.yaml new.yaml
        ostiary policy compare workshop.yaml new.yaml --prove
    """
    from ostiary.controller.cli.policy.file import policy_of

    before, after = policy_of(old), policy_of(new)
    if prove:
        from ostiary.controller.policy.prove.no_wider import prove_no_wider
        from ostiary.controller.policy.prove.solver import SolverMissing

        today = datetime.now(UTC).date()
        try:
            proved = tell(prove_no_wider(before, after, today, round(seconds * 1000)), as_json)
        except SolverMissing as error:
            typer.echo(str(error), err=True)
            raise typer.Exit(1) from error
        if not proved:
            raise typer.Exit(1)
        return
    found = _asked(data, old, new, days, operator, purpose, quiet=as_json)
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False))
        return
    typer.echo(f"{found['requests']} requests in {days} days, {found['unchanged']} answered as before.")
    for kind, words in (("loses", "would be kept out"), ("gains", "would be let in"), ("other-reason", "other reason")):
        if found[kind]:
            typer.echo(f"{found[kind]} × {words}:")
            for one in [one for one in found["differences"] if one["kind"] == kind][:SHOWN]:
                last = datetime.fromtimestamp(one["last_ms"] // 1000, UTC)
                typer.echo(
                    f"  {one['door']:16} {one['person']}  {one['before']} → {one['after']}, {one['requests']} times,"
                    f" last {last:%Y-%m-%d %H:%M} UTC"
                )
            if found[kind] > SHOWN:
                typer.echo(f"  … and {found[kind] - SHOWN} more; --json names {len(found['differences'])}.")
    if found["unknown_live"] or found["erased"]:
        typer.echo(f"{found['erased']} records are erased; {found['unknown_live']} keep no live state.")


def _asked(data: Path, old: Path, new: Path, days: int, operator: str, purpose: str, *, quiet: bool) -> dict[str, Any]:
    from rich.console import Console
    from rich.progress import Progress

    from ostiary.controller.acts.client import Keeper
    from ostiary.controller.cli.policy.file import text_of
    from ostiary.controller.cli.stopping import one_sentence
    from ostiary.controller.store.places import Places

    args = {
        "old_text": text_of(old).decode(),
        "old_name": old.name,
        "text": text_of(new).decode(),
        "name": new.name,
        "days": days,
    }
    with one_sentence(), Progress(console=Console(stderr=True), disable=quiet, transient=True) as bar:
        task = bar.add_task("Judging what was asked", total=None)
        return Keeper(Places(data).keeper_socket).act_now(
            "compare",
            args,
            operator=operator,
            purpose=purpose,
            progress=lambda done, of: bar.update(task, completed=done, total=of),
        )
