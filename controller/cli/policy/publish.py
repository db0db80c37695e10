"""`ostiary policy publish`: make a policy the one that rules, signed by the site's publishing key."""

import json
from pathlib import Path

import typer

from ostiary.controller.cli.data import DATA, JSON, OPERATOR, THE_ONLY_ONE
from ostiary.controller.cli.policy.file import FILE


def publish(
    file: FILE,
    operator: OPERATOR = THE_ONLY_ONE,
    data: DATA = Path("var"),
    as_json: JSON = False,
) -> None:
    """Publish a policy: from the next request on, it decides.

    The keeper of the running site checks it as `ostiary policy lint` does, signs and records who published it as which
    version, and refuses it whole where anything is refused in it.

        ostiary policy publish workshop.yaml
    """
    from ostiary.controller.acts.client import Keeper
    from ostiary.controller.cli.policy.file import text_of
    from ostiary.controller.cli.stopping import one_sentence
    from ostiary.controller.policy.errors import PolicyError
    from ostiary.controller.policy.yaml_text import decode
    from ostiary.controller.store.places import Places

    with one_sentence():
        try:
            text = decode(text_of(file), file.name)
        except PolicyError as error:
            typer.echo(str(error), err=True)
            raise typer.Exit(1) from error
        keeper = Keeper(Places(data).keeper_socket)
        done = keeper.act_now("publish", {"text": text, "name": file.name}, operator=operator)
    if as_json:
        typer.echo(json.dumps(done))
    else:
        typer.echo(f"{file.name} rules as version {done['version']}, sha256 {done['sha256']}")
