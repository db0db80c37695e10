"""`ostiary run`: open the site on this machine and keep its processes running until Ctrl+C."""

import asyncio
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ostiary.controller.cli.data import DATA

if TYPE_CHECKING:
    from ostiary.controller.reach import Reach
    from ostiary.controller.store.places import Places

DOORS = ("front", "studio", "laser-room")


def run(
    data: DATA = Path("var"),
    port: Annotated[int, typer.Option(help="Where the web listens.", min=1, max=65535)] = 8080,
    broker_port: Annotated[int, typer.Option(help="Where the broker listens on 127.0.0.1.", min=1, max=65535)] = 8883,
    host: Annotated[str | None, typer.Option(help="The name that browsers use, such as door.example: HTTPS.")] = None,
    listen: Annotated[str, typer.Option(help="The address to listen on with --host: 0.0.0.0 is every one.")] = "",
    certificate: Annotated[str | None, typer.Option(help="Your own certificate (PEM), with --key.")] = None,
    key: Annotated[str | None, typer.Option(help="The certificate's key (PEM).")] = None,
    behind_proxy: Annotated[
        list[str] | None, typer.Option(help="The address of a reverse proxy that holds the certificate.")
    ] = None,
    loopback: Annotated[bool, typer.Option("--loopback", help="Go back to this machine alone.")] = False,
) -> None:
    """Open a site: broker, keeper, web, and three virtual doors under the sample policy.

    The first start makes keys, certificates and databases in the data directory; later starts find them there. Every
    process is its own; one that dies is started again. Ctrl+C closes the site and loses nothing.

        ostiary run
        ostiary run --data /srv/ostiary --port 9000

    Without --host the web is reached on this machine alone. With it, it is served over HTTPS, and the settings are kept
    for later starts: see docs/https.md.

        ostiary run --host door.example --listen 0.0.0.0 --port 443
        ostiary run --host door.example --certificate door.pem --key door.key
        ostiary run --host door.example --behind-proxy 127.0.0.1
    """
    from ostiary.controller.cli.stopping import one_sentence

    reach = None if host is None else _reach(host, listen, certificate, key, behind_proxy)
    if host is None and (listen or certificate or key or behind_proxy):
        raise typer.BadParameter("The web leaves this machine over HTTPS only, under a name: --host door.example")
    with one_sentence():
        asyncio.run(keep_open(data, port, broker_port, reach, loopback=loopback))


def _reach(host: str, listen: str, certificate: str | None, key: str | None, proxies: list[str] | None) -> "Reach":
    from ostiary.controller.reach import LOOPBACK, BadReach, Reach

    near = bool(proxies) and all(proxy in ("127.0.0.1", "::1") for proxy in proxies or ())
    certificate, key = (None if file is None else str(Path(file).absolute()) for file in (certificate, key))
    try:
        return Reach(host, listen or (LOOPBACK if near else "0.0.0.0"), certificate, key, tuple(proxies or ()))  # noqa: S104
    except BadReach as error:
        raise typer.BadParameter(str(error)) from error


async def keep_open(
    data: Path, port: int, broker_port: int, reach: "Reach | None" = None, *, loopback: bool = False
) -> None:
    from rich.console import Console

    from ostiary.controller.opening import first_link, opened
    from ostiary.controller.site import Site
    from ostiary.controller.store.places import Places

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
            Site("northside", broker_port, port, reach=_kept(Places(data), reach, loopback=loopback)),
            DOORS,
            web=True,
            step=step,
            say=lambda text: console.print(text, style="dim"),
        )
        site = await opening.__aenter__()
    try:
        if first := await first_link(site.places, site.site):
            typer.echo(f"Set up the first operator here, once, within a day:\n  {first}")
        for line in reached(site.site.reach, site.places):
            console.print(line, style="yellow")
        typer.echo(f"Ostiary is open at {site.site.address}   (Ctrl+C closes it)")
        await stop.wait()
        console.print("Closing …")
    finally:
        await opening.__aexit__(None, None, None)


def _kept(places: "Places", reach: "Reach | None", *, loopback: bool) -> "Reach":
    """How the web is reached: as it is wanted now, else as the site's settings say."""
    from ostiary.controller import site as settings
    from ostiary.controller.reach import Reach

    if reach is not None or loopback or not places.site_toml.exists():
        return reach or Reach()
    return settings.read(places.site_toml).reach


def reached(reach: "Reach", places: "Places") -> list[str]:
    """What whoever installs the site must know about how it is reached."""
    said = []
    if not reach.by_phone:
        said.append(
            "A visitor's phone cannot open the address of a receipt here: "
            f"{reach.host or 'this machine'} is no name that it can find. Give receipts as files: on a person's page, "
            "or with ostiary log receipt. With a public name it can: see docs/https.md"
        )
    if reach.own_certificate:
        said.append(f"Browsers trust this site once they know its authority: {places.tls / 'ca.pem'}")
    return said
