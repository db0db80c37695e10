"""`ostiary witness`: remember somebody's log on a second machine, and cosign what continues what was seen."""

import os
import sys
import time
from pathlib import Path
from typing import Annotated

import typer


def witness(
    name: Annotated[str, typer.Option(help="What this witness is called, like an address: library.example/w1")],
    log: Annotated[list[str], typer.Option(help="The verifier key of a log to follow; may be given several times.")],
    data: Annotated[Path, typer.Option(help="Where the witness keeps its key and its memory.")] = Path("witness"),
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="The port to listen on.", min=0, max=65535)] = 8899,
) -> None:
    """Be the second party that makes a site's log [b]witnessed[/b].

    Run it on a machine that the site does not administer, and give the site the line that it prints. It needs the log's
    verifier key, which the site publishes at /log/SITE/keys. It signs only what continues what it saw; two histories
    are kept as evidence, and it then ends with status 1 when it is stopped.

        ostiary witness --name library.example/w1 --log ostiary/northside+1a2b3c4d+AZ… --host 192.0.2.7
    """
    from ostiary.controller.cli.stopping import one_sentence
    from ostiary.controller.record.checkpoint import BadKey, Cosigner
    from ostiary.controller.record.witness import Witness
    from ostiary.controller.record.witness_http import serve

    def alarm(sentence: str) -> None:
        typer.echo(f"ALARM {time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime())} {sentence}", err=True)
        with (data / "alarms.txt").open("a") as file:
            file.write(f"{int(time.time())} {sentence}\n")

    with one_sentence():
        try:
            cosigner = Cosigner(name, _secret(data))
            held = Witness(data, cosigner, log, lambda: int(time.time()), alarm)
        except BadKey as error:
            raise typer.BadParameter(f"{error} Copy the key as the site publishes it.") from error
        except OSError as error:
            typer.echo(f"The witness did not start. {data}: {error.strerror}. Choose another --data.", err=True)
            raise typer.Exit(1) from error

        def ready(address: str) -> None:
            typer.echo(f"{cosigner.verifier_key} {address}")
            typer.echo(
                "Give the site this line; it belongs in its file `witnesses`. Ctrl+C ends the witness.", err=True
            )
            sys.stdout.flush()

        serve(held, host, port, ready)
    if held.evidence():
        typer.echo(f"Two histories were shown; the evidence is in {data / 'evidence'}.", err=True)
        raise typer.Exit(1)


def _secret(data: Path) -> bytes:
    """The witness's own key, made at the first start. Raises BadMemory, OSError."""
    from ostiary.controller.record.witness import BadMemory
    from ostiary.controller.store.sqlite_file import sync_directory

    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = data / "witness.key"
    if not path.exists():
        beside = path.with_name("witness.key.new")
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(os.urandom(32))
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
        sync_directory(data)
    secret = path.read_bytes()
    if len(secret) != 32:
        raise BadMemory(
            "The witness did not start.",
            f"{path} is not a key of 32 bytes.",
            "Put it back from a backup; a new key would be another witness.",
        )
    return secret
