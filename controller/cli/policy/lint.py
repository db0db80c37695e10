"""`ostiary policy lint`: everything that is refused in a policy, each with its place, its reason and its cure."""

import json

import typer

from ostiary.controller.cli.data import JSON
from ostiary.controller.cli.policy.file import FILE


def lint(
    file: FILE,
    as_json: JSON = False,
) -> None:
    """Check a policy, and exit with 1 if publishing would refuse it.

    Tells everything at once, in the order of the page: what cannot be read, and what no policy may say.

        ostiary policy lint workshop.yaml
    """
    from ostiary.controller.cli.policy.file import linted

    reading = linted(file)
    refused, policy = reading.findings.sorted(), reading.policy
    if as_json:
        found = [error.as_document() for error in refused]
        sha256 = policy.sha256 if policy and not refused else None
        typer.echo(json.dumps({"file": file.name, "sha256": sha256, "refused": found}, ensure_ascii=False))
    elif policy and not refused:
        typer.echo(f"{file.name}: nothing to refuse. {len(policy.doors)} doors, sha256 {policy.sha256}")
    else:
        for error in refused:
            meant = f' Did you mean "{error.nearest}"?' if error.nearest else ""
            typer.echo(
                f"{file.name}:{error.line}:{error.column}: found {error.found}, expected {error.expected}.{meant}"
            )
            typer.echo(f"    Why: {error.why}")
            typer.echo(f"    Now: {error.cure}")
        typer.echo(f"{len(refused)} to mend in {file.name}.", err=True)
    if refused:
        raise typer.Exit(1)
