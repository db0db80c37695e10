"""`ostiary policy schema`: the language as JSON Schema, for editors that complete words and mark mistakes."""

import json

import typer


def schema() -> None:
    """Print the JSON Schema (draft 2020-12) of policies.

    An editor with a YAML language server uses it when a policy's first line names the file:

        ostiary policy schema > policy.schema.json
        # yaml-language-server: $schema=policy.schema.json

    The schema knows words, shapes and bounds. What a policy must not say is known to `ostiary policy lint`.
    """
    from ostiary.controller.policy.schema import schema as made

    typer.echo(json.dumps(made(), indent=2, ensure_ascii=False))
