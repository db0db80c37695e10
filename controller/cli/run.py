"""`ostiary run`: open the site on this machine and keep its processes running until Ctrl+C."""

import asyncio
import signal
from pathlib import Path
from typing import Annotated

import typer

from ostiary.controller.cli.data import DATA

DOORS = ("front", "studio", "laser-room")


def run(
    data: DATA = Path("var"),
    port: Annotated[int, typer.Option(help="Where the web listens on 127.0.0.1.", min=1, max=65535)] = 8080,
    broker_port: Annotated[int, typer.Option(help="Where the broker listens on 127.0.0.1.", min=1, max=65535)] = 8883,
) -> None:
    """Open a site: broker, keeper, web, and three virtual doors under the sample policy.

    The first start makes keys, certificates and databases in the data directory; later starts find them there. Every
    process is its own; one that dies is started again. Ctrl+C closes the site and loses nothing.

        ostiary run
        ostiary run --data /srv/ostiary --port 9000
    """
    from ostiary.controller.cli.stopping import one_sentence

    with one_sentence():
        asyncio.run(keep_open(data, port, broker_port))


async def keep_open(data: Path, port: int, broker_port: int) -> None:
    from rich.console import Console

    from ostiary.controller.opening import opened
    from ostiary.controller.site import Site

    console = Console(stderr=True, highlight=False)
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    with console.status("Opening the site …") as status:

        def step(text: str) -> None:
            status.update(f"{text} …")
            if not console.is_terminal:
                console.print(f"{text} …")

        opening = opened(
            data,
            Site("northside", broker_port, port),
            DOORS,
            web=True,
            step=step,
            say=lambda text: console.print(text, style="dim"),
        )
        site = await opening.__aenter__()
    try:
        typer.echo(f"Ostiary is open at http://127.0.0.1:{site.site.web_port}   (Ctrl+C closes it)")
        await stop.wait()
        console.print("Closing …")
    finally:
        await opening.__aexit__(None, None, None)
