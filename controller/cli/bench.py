"""`ostiary bench`: measure this machine. Benchmarks are programs of their own in `tests/bench`, with the peers to
measure against; the command starts them and imports none, so it needs a checkout with its development environment."""

import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from ostiary import controller

BENCHES = ("policy", "log", "node", "offline", "web", "esp32")

bench = typer.Typer(help="Measure this machine, with ratios against peers in one run.", no_args_is_help=True)
AS_JSON = Annotated[bool, typer.Option("--json", help="Print one JSON object for each benchmark.")]
ROUNDS = Annotated[int, typer.Option(help="How often each case is timed; the median counts.", min=5, max=1000)]
SIZE = Annotated[int, typer.Option(help="How many records the log grows to.", min=1_000, max=100_000_000)]

ON = Annotated[
    Path | None,
    typer.Option(
        help="Where the files are written. /dev/shm leaves out what the disk costs.",
        exists=True, file_okay=False, writable=True,
    ),
]  # fmt: skip


@bench.callback()
def _kinds() -> None:
    """Measure this machine, with ratios against peers in one run."""


@bench.command()
def policy(rounds: ROUNDS = 5, as_json: AS_JSON = False) -> None:
    """Decisions and scores a second, packs, and the same decisions by Cedar.

    ostiary bench policy --json
    """
    raise typer.Exit(_start("policy", rounds, as_json))


@bench.command()
def log(rounds: ROUNDS = 5, size: SIZE = 10_000, on: ON = None, as_json: AS_JSON = False) -> None:
    """Durable decisions a second against bare SQLite, proofs, memory, what an append costs as the log grows, and fsck.

    ostiary bench log --size 1000000 --json
    """
    where = () if on is None else ("--on", str(on))
    raise typer.Exit(_start("log", rounds, as_json, "--size", str(size), *where))


@bench.command()
def esp32(rounds: ROUNDS = 5, as_json: AS_JSON = False) -> None:
    """The TFLite core beside tflite-micro, the MQTT line beside paho, an ask at a virtual ESP32, and heap by part.

    ostiary bench esp32 --json
    """
    raise typer.Exit(_start("esp32", rounds, as_json))


@bench.command()
def node(rounds: ROUNDS = 5, as_json: AS_JSON = False) -> None:
    """A door's node: from a movement to the ask, from the answer to the strike's edge, a search alone, idle, memory.

    ostiary bench node --json
    """
    raise typer.Exit(_start("node", rounds, as_json))


@bench.command()
def offline(rounds: ROUNDS = 5, as_json: AS_JSON = False) -> None:
    """Deciding alone by a pack, making packs for up to 10,000 people, and what a slow hash costs whom.

    ostiary bench offline --json
    """
    raise typer.Exit(_start("offline", rounds, as_json))


@bench.command()
def web(
    rounds: ROUNDS = 5,
    size: SIZE = 1_000_000,
    people: Annotated[int, typer.Option(help="How many people there are.", min=10, max=1_000_000)] = 10_000,
    on: ON = None,
    as_json: AS_JSON = False,
) -> None:
    """Pages with many people and a long log, reads a second, and what 200 viewers cost the doors.

    ostiary bench web --json
    """
    where = () if on is None else ("--on", str(on))
    raise typer.Exit(_start("web", rounds, as_json, "--size", str(size), "--people", str(people), *where))


@bench.command(name="all")
def every(rounds: ROUNDS = 5, as_json: AS_JSON = False) -> None:
    """Every benchmark, one after the other.

    ostiary bench all --json
    """
    raise typer.Exit(max(_start(name, rounds, as_json) for name in BENCHES))


def _start(name: str, rounds: int, as_json: bool, *more: str) -> int:
    """Runs one benchmark and gives back its exit status."""
    program = Path(controller.__file__).resolve().parents[1] / "tests" / "bench" / f"{name}.py"
    if not program.is_file():
        typer.echo(
            "Nothing was measured: benchmarks and the peers that they measure against come with the source, and this "
            "is an installed package. Run `make bench` in a checkout.",
            err=True,
        )
        return 1
    command = [sys.executable, str(program), "--rounds", str(rounds), *(["--json"] if as_json else []), *more]
    return subprocess.run(command, check=False).returncode  # noqa: S603 - our own program
